import { ExactNumber, type JsonSchema } from '../../../singer/tap/index.ts';
import { literal, qualified } from '../../../clients/postgres/quote.ts';
import { TEXT, type Mapper, type Mapping } from './mapping.ts';
import type { TypeOptions } from './options.ts';

/** `atttypmod` of types with a length has the four bytes of a header in it. */
const HEADER = 4;

const integer =
  (minimum: string, maximum: string): Mapper =>
  () => ({
    schema: { type: 'integer', minimum: number(minimum), maximum: number(maximum) },
    wire: { kind: 'number', special: 'fail' },
  });

/** A number that JSON text keeps to the last digit. */
function number(text: string): number | ExactNumber {
  return String(Number(text)) === text ? Number(text) : new ExactNumber(text);
}

/** A type of numbers that also has NaN and infinities. Where these are strings, the schema says which type holds both: `sql`. */
function withSpecials(special: TypeOptions['special'], sql: string): Mapping {
  return {
    schema: special === 'string' ? { type: ['number', 'string'], 'x-sql-datatype': sql } : { type: 'number' },
    wire: { kind: 'number', special },
  };
}

const float: Mapper = ({ text }, { special }) => withSpecials(special, text);

const numeric: Mapper = ({ modifier, text }, { decimals, special }) => {
  if (decimals === 'number') return withSpecials(special, text);
  const schema = decimals === 'string' ? { type: 'string' } : { type: 'string', format: 'singer.decimal', ...digitsOf(modifier) };
  return { schema, wire: { kind: 'number', special, as: 'string' } };
};

/** Precision and scale of a `numeric(p,s)`; nothing of one without. A scale may be negative since Postgres 15: 11 bits. */
export function digitsOf(modifier: number): { readonly precision?: number; readonly scale?: number } {
  if (modifier < HEADER) return {};
  const bits = modifier - HEADER;
  return { precision: (bits >> 16) & 0xffff, scale: ((bits & 0x7ff) ^ 1024) - 1024 };
}

const money: Mapper = (_, { money, special }) =>
  money === 'string'
    ? TEXT
    : {
        schema: { type: 'number' },
        wire: { kind: 'number', special },
        expression: (value) => `${value}::pg_catalog.numeric`,
        arrayOf: 'pg_catalog.numeric[]',
        // How it is written depends on the locale of the database.
        inside: TEXT,
      };

/** Texts with a length: as many characters at most. */
const sized: Mapper = ({ modifier }) => ({ ...TEXT, schema: lengthSchema(modifier) });

function lengthSchema(modifier: number): JsonSchema {
  return modifier > HEADER ? { type: 'string', maxLength: modifier - HEADER } : { type: 'string' };
}

const padded: Mapper = ({ modifier }, { trimChar }) => ({
  schema: lengthSchema(modifier),
  wire: { kind: trimChar ? 'trimmed' : 'text' },
});

const temporal =
  (kind: 'date' | 'timestamptz', format: string): Mapper =>
  (_, { datesAsString, outOfRange }) =>
    datesAsString ? TEXT : { schema: { type: 'string', format }, wire: { kind, outOfRange } };

const timestamp: Mapper = (_, { datesAsString, outOfRange, zone }) => {
  if (datesAsString) return TEXT;
  const schema = { type: 'string', format: 'date-time' };
  if (zone === 'UTC') return { schema, wire: { kind: 'timestamp', outOfRange } };
  return {
    schema,
    wire: { kind: 'timestamptz', outOfRange },
    expression: (value) => `(${value} AT TIME ZONE ${literal(zone)})`,
    // Without its zone, a text that says nothing of one.
    inside: TEXT,
  };
};

const interval: Mapper = (_, { intervals, special }) =>
  intervals === 'seconds'
    ? { ...withSpecials(special, 'numeric'), expression: (value) => `extract(epoch FROM ${value})`, inside: TEXT }
    : TEXT;

const ANY: readonly string[] = ['null', 'object', 'array', 'string', 'number', 'integer', 'boolean'];

/** A JSON null is a value too, so that null is allowed even where SQL's is not. */
const json: Mapper = (_, { json }) => {
  if (json === 'string') return TEXT;
  return { schema: { type: json === 'object' ? ['null', 'object'] : ANY }, wire: { kind: 'json' } };
};

const bytea: Mapper = (_, { binary }) => {
  if (binary === 'hex') return { schema: { type: 'string' }, wire: { kind: 'bytea', form: 'hex' } };
  const mapping: Mapping = {
    schema: { type: 'string', contentEncoding: 'base64' },
    wire: { kind: 'bytea', form: 'base64' },
  };
  return binary === 'omit' ? { ...mapping, omitted: 'binary_handling is omit' } : mapping;
};

const bit: Mapper = ({ modifier }, { bit }) =>
  modifier === 1 && bit === 'boolean' ? { schema: { type: 'boolean' }, wire: { kind: 'boolean' } } : TEXT;

/** Types of the server itself, by `pg_type.typname`; what stands in none of these tables is read as the text the server writes. */
export const BASE_TYPES: Readonly<Record<string, Mapper>> = {
  int2: integer('-32768', '32767'),
  int4: integer('-2147483648', '2147483647'),
  int8: integer('-9223372036854775808', '9223372036854775807'),
  oid: integer('0', '4294967295'),
  xid: integer('0', '4294967295'),
  cid: integer('0', '4294967295'),
  numeric,
  float4: float,
  float8: float,
  money,
  bool: () => ({ schema: { type: 'boolean' }, wire: { kind: 'boolean' } }),
  varchar: sized,
  bpchar: padded,
  uuid: () => ({ schema: { type: 'string', format: 'uuid' }, wire: { kind: 'text' } }),
  json,
  jsonb: json,
  bytea,
  date: temporal('date', 'date'),
  timestamp,
  timestamptz: temporal('timestamptz', 'date-time'),
  time: () => ({ schema: { type: 'string', format: 'time' }, wire: { kind: 'text' } }),
  interval,
  bit,
};

const vector: Mapper = () => ({ schema: { type: 'array', items: { type: 'number' } }, wire: { kind: 'json' } });

const geometry: Mapper = ({ schema }, { geometry }) => {
  if (geometry === 'hex') return TEXT;
  // The functions of PostGIS are where its types are.
  const call = (name: string) => (value: string) => `${qualified(schema, name)}(${value})`;
  if (geometry === 'ewkt') return { ...TEXT, expression: call('st_asewkt'), inside: TEXT };
  return { schema: { type: 'object' }, wire: { kind: 'json' }, expression: call('st_asgeojson'), inside: TEXT };
};

/** Types of extensions, by name, whatever schema they were put in. */
export const EXTENSION_TYPES: Readonly<Record<string, Mapper>> = {
  hstore: () => ({
    schema: { type: 'object', additionalProperties: { type: ['null', 'string'] } },
    wire: { kind: 'hstore' },
  }),
  geometry,
  geography: geometry,
  vector,
  halfvec: vector,
};
