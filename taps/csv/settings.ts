import type { Config, Settings } from '../../singer/index.ts';

/** The settings of one entry of `files`. Names and meanings of the first ten are those of MeltanoLabs' tap-csv. */
export const fileSettings = {
  entity: {
    type: 'string',
    required: true,
    description: 'Name of the stream. Several entries may feed one stream.',
    examples: ['customers'],
  },
  path: {
    type: ['string', 'array'],
    required: true,
    items: { type: 'string', description: 'A file, folder, pattern or file: URL.' },
    description:
      'A file, a folder (read with its sub-folders: names ending in .csv or .csv.gz), a pattern (*, ?, [..], {a,b}, **), a file: URL, - for standard input, or a list of these.',
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
      'Text encoding of the files, by its usual or its Python name (utf-8, utf-8-sig, utf-16, latin-1, cp1252, shift_jis and so on). A byte order mark is recognised by itself and dropped.',
  },
  delimiter: {
    type: 'string',
    description:
      'Text between cells: one or more characters, or one of tab, \\t, comma, semicolon, pipe, space. Unset: a comma, and a tab for names ending in .tsv.',
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
  comment: {
    type: 'string',
    description: 'Lines that begin with this text are no rows. Reading is slower with it.',
    examples: ['#'],
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
    description: 'What to do when a path does not exist or matches no file: end the run, or warn and go on with the others.',
  },
  ragged_rows: {
    type: 'string',
    options: ['fail', 'pad', 'extra', 'skip'],
    description:
      'Rows with too few or too many cells: fail (malformed, see on_error), pad (missing cells become null, surplus cells are cut off), extra (as pad, and surplus cells go to the list _sdc_extra), skip. Rows are counted and told. Unset: pad, with strict fail.',
  },
  on_error: {
    type: 'string',
    options: ['fail', 'skip', 'quarantine'],
    default: 'fail',
    description:
      'Malformed rows: end the run, leave the row out and count it, or write it to reject_file with file, line and reason and go on.',
  },
  reject_file: {
    type: 'string',
    description: 'File that malformed rows are appended to as JSON lines, with on_error quarantine. It holds the rows in clear.',
    examples: ['rejects/customers.jsonl'],
  },
  max_field_bytes: {
    type: 'integer',
    default: 67_108_864,
    minimum: 1,
    description:
      'Longest cell that is read, in bytes; a row with a longer one is malformed. Memory grows to about five times the longest row.',
  },
  nul_bytes: {
    type: 'string',
    options: ['fail', 'keep', 'remove'],
    default: 'fail',
    description:
      'Rows with a NUL byte: malformed (most databases cannot store it), kept as \\u0000, or the NULs are taken out and the rows counted.',
  },
  empty_as_null: {
    type: 'boolean',
    default: false,
    description:
      'Send an empty cell as null instead of an empty text; a quoted empty cell stays an empty text, as in Postgres COPY.',
  },
  duplicate_headers: {
    type: 'string',
    options: ['suffix', 'fail', 'last'],
    default: 'suffix',
    description: 'Columns of the same name in one file: name them a, a_2, a_3, refuse the file, or keep the last one only.',
  },
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
