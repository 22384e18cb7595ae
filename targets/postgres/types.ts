import type { Column, LogicalType } from '../../singer/index.ts';

/** The Postgres types that this target makes columns of, and the encoder writes COPY text for. */
export type PgType = 'bigint' | 'boolean' | 'bytea' | 'date' | 'jsonb' | 'numeric' | 'text' | 'time' | 'timestamptz' | 'uuid';

/**
 * Logical type to Postgres type. Wide types from the start (bigint, text, unconstrained numeric, timestamptz), because
 * widening a column later copies the whole table under an exclusive lock. `null` has no column until a type is seen.
 */
export const PG_TYPES: Readonly<Record<LogicalType, PgType | undefined>> = {
  string: 'text',
  integer: 'bigint',
  number: 'numeric',
  decimal: 'numeric',
  boolean: 'boolean',
  date: 'date',
  time: 'time',
  datetime: 'timestamptz',
  duration: 'text',
  uuid: 'uuid',
  binary: 'bytea',
  json: 'jsonb',
  object: 'jsonb',
  array: 'jsonb',
  null: undefined,
};

/** The metadata columns of the Meltano SDK, in its order, with our types. */
export const METADATA_TYPES = {
  _sdc_extracted_at: 'timestamptz',
  _sdc_received_at: 'timestamptz',
  _sdc_batched_at: 'timestamptz',
  _sdc_deleted_at: 'timestamptz',
  _sdc_sequence: 'bigint',
  _sdc_table_version: 'bigint',
  _sdc_sync_started_at: 'bigint',
} as const satisfies Readonly<Record<string, PgType>>;

export type MetadataColumn = keyof typeof METADATA_TYPES;

export const METADATA_COLUMNS = Object.keys(METADATA_TYPES) as readonly MetadataColumn[];

/** What a column becomes. */
export interface ColumnType {
  readonly type: PgType;
  /** As DDL, for example `numeric(12,2)`. */
  readonly sql: string;
}

const INT64_MAX = 9_223_372_036_854_775_807n;
/** Most digits that a declared numeric may have. */
const MAX_PRECISION = 1000;

/** The Postgres type of a column; undefined when only null was ever announced for it. */
export function columnType(column: Column): ColumnType | undefined {
  const type = PG_TYPES[column.type];
  if (type === undefined) return undefined;
  if (column.type === 'integer' && exceedsInt64(column)) return { type: 'numeric', sql: 'numeric' };
  const { precision, scale = 0 } = column;
  if (column.type !== 'decimal' || precision === undefined) return { type, sql: type };
  const fits = precision >= 1 && precision <= MAX_PRECISION && scale >= 0 && scale <= precision;
  return { type, sql: fits ? `numeric(${precision},${scale})` : 'numeric' };
}

/** True when the schema's own bounds allow integers that bigint cannot hold. */
function exceedsInt64({ schema }: Column): boolean {
  const bounds = ['maximum', 'minimum', 'exclusiveMaximum', 'exclusiveMinimum'].map((keyword) => Number(schema[keyword] ?? 0));
  // 2^63 as a double is what "up to int64" looks like after JSON.parse, so it still counts as fitting.
  return bounds.some((bound) => Math.abs(bound) > Number(INT64_MAX));
}

/** How values of one of our types get into a column that has another type. */
export type Fit =
  /** COPY text of our type is read by the column's type with the same meaning. */
  | 'direct'
  /** By way of a stage of our own types and an assignment cast, which fails rather than cuts. */
  | 'cast'
  /** Like `cast`, but a value may lose digits; the run says so once. */
  | 'lossy';

const TEXTS = { text: 'direct', varchar: 'direct', bpchar: 'cast', citext: 'direct' } as const;

/**
 * What may be written into existing columns, by our type and the column's base type (`pg_type.typname`, domains resolved).
 * Absent pairs are refused. A timestamp without zone is written in UTC, as peers' tables have it.
 */
const FITS: Readonly<Record<PgType, Readonly<Record<string, Fit>>>> = {
  bigint: { int8: 'direct', int4: 'direct', int2: 'direct', numeric: 'cast', ...castTo('text', 'varchar') },
  numeric: { numeric: 'direct', float8: 'lossy', ...castTo('text', 'varchar') },
  text: TEXTS,
  boolean: { bool: 'direct', ...castTo('text', 'varchar') },
  date: { date: 'direct', ...castTo('timestamp', 'timestamptz', 'text', 'varchar') },
  time: { time: 'direct', ...castTo('text', 'varchar') },
  timestamptz: { timestamptz: 'direct', ...castTo('timestamp', 'text', 'varchar') },
  uuid: { uuid: 'direct', ...castTo('text', 'varchar') },
  bytea: { bytea: 'direct' },
  jsonb: { jsonb: 'direct', json: 'direct', ...castTo('text', 'varchar') },
};

function castTo(...names: readonly string[]): Record<string, Fit> {
  return Object.fromEntries(names.map((name) => [name, 'cast' as const]));
}

/**
 * How values of `type` get into an existing column; undefined when they cannot.
 * @param base the column's base type as `pg_type.typname`
 * @param modifier `pg_attribute.atttypmod`; -1 for none
 */
export function fitOf(type: ColumnType, base: string, modifier: number): Fit | undefined {
  const fit = Object.hasOwn(FITS[type.type], base) ? FITS[type.type][base] : undefined;
  // numeric(p,s) rounds without a word what has more digits.
  if (base === 'numeric' && modifier >= 0 && modifier !== numericModifier(type.sql))
    return type.type === 'bigint' ? fit : 'lossy';
  return fit;
}

/** `atttypmod` of a `numeric(p,s)`; -1 for plain numeric. */
function numericModifier(sql: string): number {
  const match = /^numeric\((\d+),(\d+)\)$/.exec(sql);
  return match === null ? -1 : ((Number(match[1]) << 16) | Number(match[2])) + 4;
}
