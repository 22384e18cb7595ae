import type { Settings } from '../../singer/index.ts';

/** Settings about tables and columns: what they become, and what happens when a stream and its table differ. */
export const columnSettings = {
  on_new_stream: {
    type: 'string',
    default: 'evolve',
    options: ['evolve', 'discard', 'fail'],
    perStream: true,
    description:
      'When a stream has no table yet. evolve makes it. discard leaves the stream out: its records are counted, not loaded. fail ends the run.',
  },
  on_new_column: {
    type: 'string',
    default: 'evolve',
    options: ['evolve', 'json', 'discard', 'fail'],
    perStream: true,
    description:
      'When a stream has a property that its table, made before, lacks. evolve adds the column. json keeps such values together in the jsonb column _sdc_extra, as it does with columns beyond the 1600 that a table may have. discard leaves them out, told and counted. fail ends the run. With json, records take the slower way.',
  },
  on_type_change: {
    type: 'string',
    default: 'evolve',
    options: ['evolve', 'variant', 'json', 'discard', 'fail'],
    perStream: true,
    description:
      'When values no longer fit the type of their column. evolve widens the column (integer to numeric, anything to text): at once where that costs nothing, otherwise by writing the table anew under a lock if it has at most max_rewrite_rows rows; beyond that, and for variant always, new values go into a column beside it, named column__type. json keeps such values in _sdc_extra, discard leaves the property out, fail ends the run. Types that the column can hold load in any case.',
  },
  max_rewrite_rows: {
    type: 'integer',
    default: 1_000_000,
    minimum: 0,
    perStream: true,
    description:
      'Largest table, in rows, that may be written anew to widen a column: nobody can read it meanwhile (about a second for a million narrow rows).',
  },
  on_missing_column: {
    type: 'string',
    default: 'keep',
    options: ['keep', 'fail'],
    perStream: true,
    description:
      'When a stream no longer has a property that its table has. keep leaves the column; new rows have null in it. fail ends the run before anything is loaded.',
  },
  on_key_change: {
    type: 'string',
    default: 'fail',
    options: ['fail', 'rebuild', 'append'],
    perStream: true,
    description:
      'With upsert, when the key of a stream is another one than its table was made for. fail ends the run: rows would silently double or vanish. rebuild drops the old key and makes a unique index on the new one, if the rows that are there allow it. append adds the records as rows without looking for equal keys; the old key stays.',
  },
  number_type: {
    type: 'string',
    default: 'numeric',
    options: ['numeric', 'double'],
    perStream: true,
    description:
      'Type of new columns for numbers: numeric keeps every digit, double is smaller and faster but keeps 15 to 17 of them.',
  },
  integer_width: {
    type: 'string',
    default: 'bigint',
    options: ['bigint', 'auto'],
    perStream: true,
    description:
      'Type of new columns for integers: bigint, or with auto smallint or integer where minimum and maximum in the schema allow it. A wider range later then costs a rewrite of the table.',
  },
  string_type: {
    type: 'string',
    default: 'text',
    options: ['text', 'varchar'],
    perStream: true,
    description:
      'Type of new columns for strings with maxLength: text, or varchar of that length. In Postgres both are equally fast.',
  },
  arrays: {
    type: 'string',
    default: 'json',
    options: ['json', 'native'],
    perStream: true,
    description:
      'Type of new columns for arrays: jsonb, or with native an array type where the items are strings, integers, numbers or booleans; loading then takes one step more.',
  },
  column_types: {
    type: 'object',
    default: {},
    members: { type: 'string', description: 'Type as in SQL.' },
    perStream: true,
    description:
      'Types of new columns by property, as in SQL: any type that the database has (enum, inet, vector, interval). It must be able to read the values. A schema may ask for a known type by x-sql-datatype; this setting comes first.',
    examples: [{ ip: 'inet', embedding: 'vector(384)' }],
  },
  assume_timezone: {
    type: 'string',
    default: 'UTC',
    perStream: true,
    description:
      'Time zone of date-times that name none, for example Europe/Berlin. With another one than UTC such records take the slower way.',
  },
} as const satisfies Settings;
