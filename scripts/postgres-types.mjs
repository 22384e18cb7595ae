// @ts-check
// What tap-postgres makes of each type, for docs/types.md: schemas from its type table, values by its reader of COPY text.

const ROOT = new URL('../', import.meta.url);

/** @typedef {import('../taps/postgres/model.ts').PgType} PgType */
/**
 * A line of the table: a type, settings that are not the defaults, and what the server writes of a value (with the session's settings of the
 * tap, and after the cast or function that the tap selects, if there is one).
 * @typedef {readonly [type: PgType, text: string, settings?: Readonly<Record<string, unknown>>]} Line
 */

const VARIABLE = -1;
/** Lengths and sizes as `pg_attribute.atttypmod` has them. */
const length = (/** @type {number} */ characters) => characters + 4;
const digits = (/** @type {number} */ precision, /** @type {number} */ scale) => ((precision << 16) | scale) + 4;

/** @param {string} text as SQL has it @param {string} [name] of `pg_type` @param {number} [modifier] @param {string} [schema] @returns {PgType} */
const base = (text, name = text, modifier = VARIABLE, schema = 'pg_catalog') => ({
  oid: 0,
  schema,
  name,
  text,
  modifier,
  kind: 'base',
});
/** @param {string} text @param {PgType['kind']} kind @param {Partial<PgType>} parts @returns {PgType} */
const made = (text, kind, parts) => ({ ...base(text), kind, ...parts });
/** @param {PgType} element @param {number} [dimensions] @returns {PgType} */
const array = (element, dimensions = 1) =>
  made(`${element.text}${'[]'.repeat(dimensions)}`, 'array', { element, dimensions, delimiter: ',' });

const NUMERIC = base('numeric(12,2)', 'numeric', digits(12, 2));
const FLOAT = base('double precision', 'float8');
const MONEY = base('money');
const TEXT = base('text');
const CHAR = base('char(5)', 'bpchar', length(5));
const ENUM = made('an enum', 'enum', { labels: ['sad', 'glad'] });
const JSONB = base('jsonb');
const BYTEA = base('bytea');
const DATE = base('date');
const TIMESTAMP = base('timestamp');
const TIMESTAMPTZ = base('timestamptz');
const INTERVAL = base('interval');
const BIT = base('bit(1)', 'bit', 1);
const COMPOSITE = made('a composite type', 'composite', {
  fields: [
    { name: 'street', type: TEXT },
    { name: 'number', type: base('integer', 'int4') },
  ],
});
const RANGE = made('int4range', 'range', { element: base('integer', 'int4') });
const MULTIRANGE = made('int4multirange', 'multirange', { element: base('integer', 'int4') });
const GEOMETRY = base('geometry', 'geometry', VARIABLE, 'public');
const POINT = '0101000000000000000000F03F0000000000000040';

/** @type {readonly Line[]} */
export const LINES = [
  [base('smallint', 'int2'), '12'],
  [base('integer', 'int4'), '12'],
  [base('bigint', 'int8'), '9007199254740993'],
  [base('oid'), '16384'],
  [base('xid8'), '4294967296'],
  [NUMERIC, '1234.50'],
  [NUMERIC, '1234.50', { decimal_handling: 'string' }],
  [NUMERIC, '1234.50', { decimal_handling: 'singer.decimal' }],
  [NUMERIC, 'NaN'],
  [NUMERIC, 'NaN', { special_numbers: 'string' }],
  [base('real', 'float4'), '1.1'],
  [FLOAT, '1e-300'],
  [FLOAT, '-Infinity', { special_numbers: 'string' }],
  [MONEY, '1234.50'],
  [MONEY, '$1,234.50', { money_handling: 'string' }],
  [base('boolean', 'bool'), 't'],
  [TEXT, 'é "x"'],
  [base('varchar(20)', 'varchar', length(20)), 'x'],
  [CHAR, 'ab   '],
  [CHAR, 'ab   ', { trim_char: true }],
  [base('uuid'), '7d444840-9dc0-11d1-b245-5ffdce74fad2'],
  [ENUM, 'sad'],
  [ENUM, 'sad', { enum_labels: true }],
  [JSONB, '{"a": 1.10}'],
  [JSONB, '{"a": 1.10}', { json_handling: 'object' }],
  [JSONB, '{"a": 1.10}', { json_handling: 'string' }],
  [BYTEA, String.raw`\x00ff`],
  [BYTEA, String.raw`\x00ff`, { binary_handling: 'hex' }],
  [BYTEA, String.raw`\x00ff`, { binary_handling: 'omit' }],
  [DATE, '2026-01-31'],
  [DATE, '2026-01-31', { dates_as_string: true }],
  [TIMESTAMP, '2026-01-31 12:00:00.123456'],
  [TIMESTAMP, '2026-01-31 11:00:00.123456+00', { timestamp_zone: 'Europe/Berlin' }],
  [TIMESTAMPTZ, '2026-01-31 11:00:00+00'],
  [TIMESTAMPTZ, '2026-01-31 11:00:00+00', { dates_as_string: true }],
  [TIMESTAMPTZ, '0044-03-15 12:00:00+00 BC'],
  [TIMESTAMPTZ, '0044-03-15 12:00:00+00 BC', { temporal_out_of_range: 'null' }],
  [TIMESTAMPTZ, 'infinity', { temporal_out_of_range: 'clamp' }],
  [base('time'), '24:00:00'],
  [base('timetz'), '10:00:00+02'],
  [INTERVAL, 'P1Y2M3DT4H5M6S'],
  [INTERVAL, '37015506.000000', { interval_handling: 'seconds' }],
  [BIT, '1'],
  [BIT, '1', { bit_handling: 'string' }],
  [base('bit(8)', 'bit', 8), '00000101'],
  [array(TEXT), '{a,NULL,"b,c"}'],
  [array(base('integer', 'int4'), 2), '{{1,2},{3,4}}'],
  [array(TIMESTAMPTZ), '{"2026-01-31 11:00:00+00"}'],
  [COMPOSITE, '("High Street",5)'],
  [COMPOSITE, '("High Street",5)', { composite_handling: 'string' }],
  [RANGE, '[1,10)'],
  [RANGE, '[1,10)', { range_handling: 'object' }],
  [MULTIRANGE, '{[1,3),[5,7)}'],
  [MULTIRANGE, '{[1,3)}', { range_handling: 'object' }],
  [base('hstore', 'hstore', VARIABLE, 'public'), '"a"=>"1", "b"=>NULL'],
  [GEOMETRY, POINT],
  [GEOMETRY, 'POINT(1 2)', { geometry_handling: 'ewkt' }],
  [GEOMETRY, '{"type":"Point","coordinates":[1,2]}', { geometry_handling: 'geojson' }],
  [base('vector', 'vector', VARIABLE, 'public'), '[1,2.5]'],
  [base('inet'), '10.0.0.1/8'],
  [base('any other type'), 'as Postgres writes it'],
];

/**
 * The table's lines: type, settings, schema of a column that is NOT NULL, what Postgres writes, value, what target-postgres makes of it.
 * @returns {Promise<string[][]>}
 */
export async function postgresTypes() {
  const load = (/** @type {string} */ file) => import(new URL(`dist/${file}.js`, ROOT).href);
  const { planColumn } = await load('taps/postgres/types/column-plan');
  const { typeOptions } = await load('taps/postgres/types/options');
  const { typeSettings } = await load('taps/postgres/types/settings');
  const { valueReader } = await load('taps/postgres/wire/values');
  const { Changes } = await load('taps/postgres/wire/changes');
  const { checkConfig } = await load('singer/shell/config');
  const { stringifyExact } = await load('singer/json-text');
  const { columnOf } = await load('singer/target/schema');
  const { columnType } = await load('targets/postgres/types/types');
  return LINES.map(([type, text, settings = {}]) => {
    const { config, problems } = checkConfig(typeSettings, settings);
    if (problems.length > 0) throw new Error(JSON.stringify(problems));
    const column = { name: 'c', type, notNull: true, readable: true };
    const { plan, omitted } = planColumn(column, typeOptions(config));
    const set = Object.entries(settings).map(([name, value]) => `\`${name}: ${String(value)}\``);
    const value = omitted === undefined ? code(stringifyExact(valueReader(plan.wire, 'c', new Changes('s'))(text))) : 'left out';
    const target = omitted === undefined ? columnType(columnOf('c', plan.schema)).sql : '';
    return [type.text, set.join(', '), code(stringifyExact(plan.schema)), code(text), value, target];
  });
}

const code = (/** @type {string} */ text) => `\`${text}\``;
