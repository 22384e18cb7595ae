// @ts-check
// Writes docs/types.md from the tables in the code: what a schema becomes in each destination, what widens to what, and
// what tap-postgres makes of the types of its source.
import { postgresTypes } from './postgres-types.mjs';

const ROOT = new URL('../', import.meta.url);
export const TYPES_FILE = 'docs/types.md';

/** Schemas as taps write them; each line of the first table is what the code makes of one. */
export const SCHEMAS = [
  { type: 'string' },
  { type: 'string', maxLength: 20 },
  { type: 'string', format: 'email' },
  { type: 'integer' },
  { type: 'integer', maximum: 1e30 },
  { type: 'number' },
  { type: 'number', multipleOf: 0.01 },
  { type: 'string', format: 'singer.decimal' },
  { type: 'string', format: 'x-singer.decimal', precision: 12, scale: 2 },
  { type: 'boolean' },
  { type: 'string', format: 'date' },
  { type: 'string', format: 'time' },
  { type: 'string', format: 'date-time' },
  { type: 'string', format: 'duration' },
  { type: 'string', format: 'uuid' },
  { type: 'string', contentEncoding: 'base64' },
  { type: 'string', contentMediaType: 'application/json' },
  { type: 'object' },
  { type: 'array' },
  { enum: ['a', 'b'] },
  { const: 5 },
  {},
  { type: ['integer', 'string'] },
  { type: ['string', 'object'] },
  { anyOf: [{ type: 'string', format: 'date-time' }, { type: 'null' }] },
  { oneOf: [{ type: 'integer' }, { type: 'number' }] },
  { allOf: [{ type: 'string' }, { maxLength: 5 }] },
  { anyOf: [{ type: 'integer' }, { type: 'boolean' }] },
  { type: 'string', nullable: true },
  { properties: { a: { type: 'string' } } },
  { type: 'null' },
];

/** Objects and lists, for target-bigquery with `nested: struct`. */
export const NESTED = [
  { type: 'object', properties: { a: { type: 'integer' }, b: { type: 'string', format: 'date' } } },
  { type: 'object', properties: { a: { type: 'object', properties: { b: { type: 'boolean' } } } } },
  { type: 'object', properties: { a: { type: 'string' } }, additionalProperties: true },
  { type: 'object' },
  { type: 'array', items: { type: 'string' } },
  { type: 'array', items: { type: 'number', multipleOf: 0.01 } },
  { type: 'array', items: { type: 'object', properties: { a: { type: 'array', items: { type: 'integer' } } } } },
  { type: 'array', items: { type: 'array', items: { type: 'integer' } } },
  { type: 'array' },
];

/** @returns {Promise<string>} */
export async function typesText() {
  const { columnOf } = await import(new URL('dist/singer/target/schema.js', ROOT).href);
  const { WIDER } = await import(new URL('dist/singer/target/lattice.js', ROOT).href);
  const { columnType } = await import(new URL('dist/targets/postgres/types/types.js', ROOT).href);
  const { columnType: bigqueryType, typeText } = await import(new URL('dist/targets/bigquery/types/types.js', ROOT).href);
  const rows = SCHEMAS.map((schema) => {
    const column = columnOf('c', schema);
    const bigquery = bigqueryType(column);
    const none = 'no column until a type is seen';
    return [`\`${JSON.stringify(schema)}\``, column.type, columnType(column)?.sql ?? none, bigquery ? typeText(bigquery) : none];
  });
  const { nestedType } = await import(new URL('dist/targets/bigquery/types/nested.js', ROOT).href);
  const nested = NESTED.map((schema) => {
    const column = columnOf('c', schema);
    const type = nestedType(column, { casing: 'keep', types: { numberType: 'float64' } }) ?? bigqueryType(column);
    return [`\`${JSON.stringify(schema)}\``, `\`${typeText(type).replaceAll('`', '')}\``];
  });
  const widening = Object.entries(WIDER).filter(([type]) => type !== 'null' && type !== 'json');
  return [
    '# Types',
    '',
    'Written by `npm run generate` from the tables in the code.',
    '',
    'A property may allow null everywhere; that changes nothing here. target-jsonl keeps each record as it came and needs no types.',
    '',
    ...table(['schema', 'logical type', 'target-postgres', 'target-bigquery (denormalized)'], rows),
    '',
    'Objects and lists of target-bigquery with `nested: struct`:',
    '',
    ...table(['schema', 'target-bigquery'], nested),
    '',
    '## Widening',
    '',
    'Where a schema allows several types, the column gets the narrowest one that holds them all.',
    '',
    ...table(
      ['type', 'widens to'],
      widening.map(([type, wider]) => [type, wider.join(', ')]),
    ),
    '',
    '## tap-postgres',
    '',
    'Schemas are those of columns that are NOT NULL; others allow null as well, and so does every column whose values may have to be sent as null.',
    'A domain is read as the type below it. Texts are those of the settings that the tap makes its sessions have, whatever the defaults of roles and databases are.',
    '',
    ...table(
      ['Postgres type', 'settings, if not the defaults', 'schema', 'Postgres writes', 'value', 'target-postgres'],
      await postgresTypes(),
    ),
    '',
  ].join('\n');
}

/** @type {(head: readonly string[], rows: readonly (readonly string[])[]) => string[]} */
function table(head, rows) {
  return [head, head.map(() => '---'), ...rows].map(
    (cells) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`,
  );
}
