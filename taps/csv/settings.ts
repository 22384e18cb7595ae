import type { Config, Settings } from '../../singer/tap/index.ts';
import { rowSettings } from './row-settings.ts';

/** The settings of one entry of `files`. Names and meanings of the first ten are those of MeltanoLabs' tap-csv. */
export const fileSettings = {
  entity: {
    type: 'string',
    required: true,
    description:
      'Name of the stream. Several entries may feed one stream, and one entry may feed several: {stem} stands for the file name without its endings, {name} for the whole file name, {dir} or {dir1} for the folder it is in, {dir2} for the one above, {1} or {year} for groups of entity_pattern.',
    examples: ['customers', '{stem}', '{dir2}_{dir}'],
  },
  path: {
    type: ['string', 'array'],
    required: true,
    items: { type: 'string', description: 'A file, folder, pattern or file: URL.' },
    description:
      'A file, a folder (read with its sub-folders: names ending in .csv, perhaps with .gz, .zst, .bz2 or .zip after it; with format jsonl in .jsonl or .ndjson), a pattern (*, ?, [..], {a,b}, **), a file: URL, - for standard input, or a list of these.',
    examples: ['data/customers.csv', 'data/**/orders-*.{csv,tsv}.gz'],
  },
  keys: {
    type: 'array',
    items: { type: 'string', description: 'A column name.' },
    description:
      'Columns that identify a row. ["_sdc_row_hash"] makes a key for files that have none: a SHA-256 of the file, the row and a count of identical rows before it; the counting costs about 32 bytes of memory for each different row of a file.',
    examples: [['id']],
  },
  encoding: {
    type: 'string',
    default: 'utf-8',
    description:
      'Text encoding of the files, by its usual or its Python name (utf-8, utf-8-sig, utf-16, latin-1, cp1252, shift_jis and so on), or detect: told for each file by its first 256 KiB (byte order mark, zeros of UTF-16, valid UTF-8, otherwise the single-byte encoding whose letters make words; where nothing fits the run ends). What was detected is logged; where several would do, windows-1252 is taken with a warning. With a Unicode encoding or detect a byte order mark is recognised by itself and dropped.',
  },
  delimiter: {
    type: 'string',
    description:
      'Text between cells: one or more characters, or one of tab, \\t, comma, semicolon, pipe, space; or detect: told for each file, with the quote character, by its first rows (comma, semicolon, tab or pipe, by which they have as many cells as the header) and logged. Unset: a comma, and a tab for names ending in .tsv.',
    examples: [';', 'tab'],
  },
  doublequote: {
    type: 'boolean',
    default: true,
    description: 'Two quotes inside a quoted cell stand for one quote.',
  },
  escapechar: {
    type: 'string',
    description: 'Character that takes the special meaning from the one after it. Unset: none. Reading is slower with it.',
    examples: ['\\'],
  },
  quotechar: {
    type: 'string',
    default: '"',
    description: 'Character around cells that hold delimiters, quotes or line breaks. Empty: quotes have no special meaning.',
  },
  skipinitialspace: {
    type: 'boolean',
    default: false,
    description: 'Drop spaces between a delimiter and the cell after it. Reading is slower with it.',
  },
  strict: {
    type: 'boolean',
    default: false,
    description:
      'Treat text after a closing quote, quotes inside an unquoted cell and rows with too few or too many cells as malformed, instead of reading them as Python does.',
  },
  trim: {
    type: 'boolean',
    default: false,
    description: 'Drop spaces and tabs around cells, outside of quotes. Reading is slower with it.',
  },
  record_delimiter: {
    type: 'string',
    description:
      'Text between rows; line numbers count it as a line break. Unset: any of LF, CRLF and CR. Reading is slower with it.',
    examples: ['\\u001e'],
  },
  entity_pattern: {
    type: 'string',
    description:
      'Regular expression that is looked for in the path of each file; its groups can stand in entity. Files that it does not match are left out and told.',
    examples: ['(\\w+)-\\d{4}\\.csv$', '(?<region>eu|us)/'],
  },
  encoding_errors: {
    type: 'string',
    options: ['fail', 'replace', 'skip_row'],
    default: 'fail',
    description:
      'Bytes that are no text in the encoding: fail (in UTF-8 the row is malformed, see on_error; in other encodings the run ends), replace (by U+FFFD, counted and told), skip_row (rows with such bytes are left out, counted and told).',
  },
  format: {
    type: 'string',
    options: ['auto', 'csv', 'jsonl'],
    default: 'auto',
    description:
      'How files are written: csv, or jsonl for one JSON object a line, whose properties are the columns; auto: jsonl for names ending in .jsonl or .ndjson (before an ending of compression), otherwise csv. Types of JSON lines are told by the first infer_rows records of each file; a property that comes later, and that a catalog does not name, goes to the object _sdc_extra (see extra_columns), a value of another type to _sdc_misfits (see on_type_error), each counted and told. Settings of delimiters, headers and cells say nothing there.',
  },
  zip_members: {
    type: ['string', 'array'],
    items: { type: 'string', description: 'A pattern.' },
    description:
      'Patterns of the files that are read from ZIP archives; one without a slash is matched against the file name. Unset: all but hidden ones.',
    examples: ['*.csv', 'data/**'],
  },
  path_columns: {
    type: ['boolean', 'array', 'object'],
    default: false,
    items: { type: 'string', description: 'A name.' },
    members: { type: 'string', options: ['string', 'integer', 'date'], description: 'Type of the column.' },
    description:
      'Folders named like date=2026-01-01 become columns: true for all of them, a list of names, or an object of names and types. A file whose path lacks one has null there, as for __HIVE_DEFAULT_PARTITION__; a column of the file with the same name gets a suffix.',
    examples: [true, ['date'], { date: 'date', hour: 'integer' }],
  },
  mode: {
    type: 'string',
    options: ['mtime', 'hash', 'append'],
    default: 'mtime',
    description:
      'When a file that was read before is looked into again: mtime (its size or time is another), hash (always: what was read is compared by its hash, for tools that set times back; every run reads every file), append (as mtime, for files that are written while they are read: a last line without its line break waits for the next run, and a file that did not only grow is warned of). In each mode reading goes on where it stopped if what was read is still the same, otherwise from the beginning.',
  },
  exclude: {
    type: ['string', 'array'],
    items: { type: 'string', description: 'A pattern.' },
    description:
      'Patterns of files to leave out. One without a slash is matched against the file name, any other against the whole path.',
    examples: ['*-draft.csv'],
  },
  if_no_files: {
    type: 'string',
    options: ['fail', 'warn'],
    default: 'fail',
    description:
      'What to do when a path does not exist, or matches no file that can be used: end the run, or warn and go on with the others. After a warning no ACTIVATE_VERSION is sent for the stream.',
  },
  ...rowSettings,
} as const satisfies Settings;

/** The settings of tap-csv. */
export const settings = {
  files: {
    type: 'array',
    items: { type: 'object', properties: fileSettings, description: 'One file or group of files.' },
    description: 'The files to read, each with the stream it feeds.',
    examples: [[{ entity: 'customers', path: 'data/customers.csv', keys: ['id'] }]],
  },
  csv_files_definition: {
    type: 'string',
    description: 'Path of a JSON file that holds a list like files. Both may be present; their entries are taken together.',
    examples: ['files.json'],
  },
  add_metadata_columns: {
    type: 'boolean',
    default: false,
    description:
      'Add _sdc_source_file, _sdc_source_file_mtime and _sdc_source_lineno (the physical line on which the row begins; the header is line 1) to each record.',
  },
} as const satisfies Settings;

export type CsvConfig = Config<typeof settings>;
export type FileConfig = Config<typeof fileSettings>;
