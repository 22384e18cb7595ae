import type { Config, Settings } from '../../singer/tap/index.ts';
import { TYPE_NAMES } from './types/column-type.ts';

/** How one column is read, with `types`. */
const typeSettings = {
  type: { type: 'string', required: true, options: TYPE_NAMES, description: 'Type of the column.' },
  format: {
    type: ['string', 'array'],
    items: { type: 'string', description: 'A form of dates.' },
    description:
      'How dates and times are written, in the tokens of luxon (dd.MM.yyyy, LLL d yyyy, HH:mm) or of strptime (%d.%m.%Y); of several the first that fits. Unset: ISO 8601.',
    examples: ['dd.MM.yyyy', '%d/%m/%Y'],
  },
  zone: {
    type: 'string',
    description: 'Time zone of times that name none, as in the setting zone of the entry.',
    examples: ['Europe/Berlin'],
  },
  decimal: { type: 'string', default: '.', description: 'Character before the fraction of a number.', examples: [','] },
  thousands: {
    type: 'string',
    description: 'Character between groups of three digits; a group of another size does not fit.',
    examples: ['.'],
  },
  strip: {
    type: ['string', 'array'],
    items: { type: 'string', description: 'A text.' },
    description: 'Texts around a number that do not count, or currency for the usual signs and codes.',
    examples: ['currency', '%'],
  },
  null_values: {
    type: 'array',
    items: { type: 'string', description: 'A text.' },
    description: 'Texts that mean null in this column, instead of those of the entry.',
    examples: [['n/a', '-']],
  },
} as const satisfies Settings;

/** The settings of one entry of `files` that are about its rows: header, malformed and ragged rows, nulls, types. */
export const rowSettings = {
  header: {
    type: ['boolean', 'integer'],
    default: true,
    minimum: 1,
    description:
      'Whether the file has a header, or the number of the line it stands on (after skip_rows; the lines before are passed over). false: columns gives the names, otherwise they are column_1, column_2 and so on, as many as the first row has cells.',
    examples: [false, 3],
  },
  header_rows: {
    type: 'integer',
    default: 1,
    minimum: 1,
    maximum: 10,
    description: 'Rows that make up the header: the parts of a name are joined by _, empty ones left out.',
  },
  columns: {
    type: 'array',
    items: { type: 'string', description: 'A column name.' },
    description:
      'Names of the columns by position. With a header they take the place of its names, and a header with another number of cells ends the run.',
    examples: [['id', 'name']],
  },
  skip_rows: { type: 'integer', default: 0, minimum: 0, description: 'Lines at the beginning of a file to pass over, unread.' },
  skip_footer: {
    type: 'integer',
    default: 0,
    minimum: 0,
    description:
      'Lines at the end of a file to leave out, empty ones not counted. They are held in memory until the end is known.',
  },
  skip_blank_lines: {
    type: 'boolean',
    default: true,
    description: 'Pass over empty lines. false: an empty line is a row with one empty cell.',
  },
  comment: {
    type: 'string',
    description: 'Lines that begin with this text are no rows. They are counted.',
    examples: ['#'],
  },
  column_names: {
    type: 'string',
    options: ['keep', 'snake', 'lower'],
    default: 'keep',
    description:
      'How columns are named: as in the header, in snake_case (letters and digits, joined by _), or in lower case. Two that become the same are treated as duplicate_headers says, and told.',
  },
  rename: {
    type: 'object',
    members: { type: 'string', description: 'The new name.' },
    description:
      'New names of columns, by the name in the header; they stand as they are given, before column_names. keys and types use the new names.',
    examples: [{ 'Cust. No.': 'customer_id' }],
  },
  extra_columns: {
    type: 'string',
    options: ['evolve', 'ignore', 'extra', 'fail'],
    default: 'evolve',
    description:
      'Columns that a file has and the files before it have not: evolve (the stream gets them), ignore (left out and told), extra (their cells go to the list _sdc_extra), fail. A column that comes while the tap runs cannot evolve: it is left out and told, and is there in the next run.',
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
  max_errors: {
    type: 'integer',
    minimum: 0,
    description:
      'With on_error skip or quarantine: end the run when a stream has more malformed rows than this in one run. Unset: any number.',
    examples: [100],
  },
  max_error_rate: {
    type: 'number',
    minimum: 0,
    maximum: 1,
    description:
      'With on_error skip or quarantine: end the run when a larger part of a file than this is malformed. It is judged at the end of each file.',
    examples: [0.01],
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
  null_values: {
    type: 'array',
    items: { type: 'string', description: 'A text.' },
    description: 'Texts that mean null, quoted or not, upper and lower case apart. types may say otherwise for a column.',
    examples: [['NULL', '\\N', 'n/a']],
  },
  null_keys: {
    type: 'string',
    options: ['send', 'malformed'],
    default: 'send',
    description:
      'Rows without a value in a key column: send them, counted and told (most targets refuse them), or treat them as malformed, see on_error.',
  },
  duplicate_headers: {
    type: 'string',
    options: ['suffix', 'fail', 'last', 'extra'],
    default: 'suffix',
    description:
      'Columns of the same name in one file: name them a, a_2, a_3, refuse the file, keep the last one only, or keep the first and put the others into the list _sdc_extra.',
  },
  infer_types: {
    type: 'string',
    options: ['none', 'sample'],
    default: 'none',
    description:
      'none: every column is text. sample: the first rows of each file tell integers, numbers, booleans, dates and times with a zone (others with the setting zone). Numbers with leading zeros or a plus sign stay text. What does not fit later: see on_type_error. Other files may tell other types in the next run: types says what must not change. A catalog from before keeps the types it has.',
  },
  infer_rows: {
    type: 'integer',
    default: 10_000,
    minimum: 1,
    description:
      'Rows of each file that infer_types looks at, and no more than 4 MiB; with more than ten files each gives its part of ten times as many. They are read again at every discovery.',
  },
  types: {
    type: 'object',
    members: {
      type: ['string', 'object'],
      properties: typeSettings,
      description: 'A type, or a type with how its values are written.',
    },
    description: `Types of columns by name: ${TYPE_NAMES.join(', ')}; or an object with type and how its values are written. An empty cell is null, except in strings.`,
    examples: [{ amount: { type: 'decimal', decimal: ',', thousands: '.' }, day: { type: 'date', format: 'dd.MM.yyyy' } }],
  },
  on_type_error: {
    type: 'string',
    options: ['keep', 'null', 'malformed'],
    description:
      'Cells that do not fit the type of their column: keep (null, and the text goes to the object _sdc_misfits), null, or malformed (the row, see on_error). Counted and told per column. Unset: keep for inferred types, malformed for those in types.',
  },
  zone: {
    type: 'string',
    description:
      'Time zone of times that name none, for example UTC or Europe/Berlin: they get its offset. Unset: such times are not taken for times. Of a time that a change of clocks brings twice the first is meant, one that it leaves out does not fit.',
    examples: ['UTC'],
  },
} as const satisfies Settings;

/** What is wrong with the row settings of an entry beyond their form: the setting and why. */
export function rowProblems(entry: Config<typeof rowSettings>): { setting: string; message: string }[] {
  const problems: { setting: string; message: string }[] = [];
  const columns = entry.columns ?? [];
  if (entry.columns?.length === 0) problems.push({ setting: 'columns', message: 'must name at least one column' });
  if (columns.includes('')) problems.push({ setting: 'columns', message: 'must not hold an empty name' });
  if (Object.values(entry.rename ?? {}).includes(''))
    problems.push({ setting: 'rename', message: 'must not give an empty name' });
  if (entry.header === false && entry.header_rows !== 1) {
    problems.push({ setting: 'header_rows', message: 'means nothing with header false' });
  }
  return problems;
}
