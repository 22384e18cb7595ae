import type { Column, JsonSchema, LogicalType } from '../../../singer/index.ts';

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

/** Columns that are ours: those of the Meltano SDK in its order with our types, and two that are made only when they are needed. */
export const METADATA_TYPES = {
  /** Properties that get no column of their own, as one JSON object. */
  _sdc_extra: 'jsonb',
  _sdc_extracted_at: 'timestamptz',
  _sdc_received_at: 'timestamptz',
  _sdc_batched_at: 'timestamptz',
  _sdc_deleted_at: 'timestamptz',
  _sdc_sequence: 'bigint',
  _sdc_table_version: 'bigint',
  _sdc_sync_started_at: 'bigint',
  /** What was changed in a row's values, a JSON array of notes. */
  _sdc_changes: 'jsonb',
} as const satisfies Readonly<Record<string, PgType>>;

export type MetadataColumn = keyof typeof METADATA_TYPES;

export const EXTRA = '_sdc_extra' satisfies MetadataColumn;
export const CHANGES = '_sdc_changes' satisfies MetadataColumn;

/** Those that every table has, metadata being on. */
export const METADATA_COLUMNS: readonly MetadataColumn[] = (Object.keys(METADATA_TYPES) as MetadataColumn[]).filter(
  (name) => name !== EXTRA && name !== CHANGES,
);

/** What a column becomes. */
export interface ColumnType {
  /** What the encoder writes and a stage has. */
  readonly type: PgType;
  /** As DDL, for example `numeric(12,2)`. */
  readonly sql: string;
  /** The user or the schema has named the type. */
  readonly asked?: true;
}

/** What the settings say of column types. */
export interface TypeOptions {
  readonly binaryAs: 'bytea' | 'text';
  readonly numberType: 'numeric' | 'double';
  readonly integerWidth: 'bigint' | 'auto';
  readonly stringType: 'text' | 'varchar';
  readonly arrays: 'json' | 'native';
  /** By property: types that the user has named. */
  readonly columnTypes: Readonly<Record<string, string>>;
}

export const DEFAULT_TYPES: TypeOptions = {
  binaryAs: 'bytea',
  numberType: 'numeric',
  integerWidth: 'bigint',
  stringType: 'text',
  arrays: 'json',
  columnTypes: {},
};

const INT64_MAX = 9_223_372_036_854_775_807n;
/** Most digits that a declared numeric may have. */
const MAX_PRECISION = 1000;
/** Most characters that a declared varchar may have. */
const MAX_VARCHAR = 10_485_760;

/** The Postgres type of a column; undefined when only null was ever announced for it. */
export function columnType(column: Column, options: TypeOptions = DEFAULT_TYPES): ColumnType | undefined {
  const type = column.type === 'binary' && options.binaryAs === 'text' ? 'text' : PG_TYPES[column.type];
  if (type === undefined) return undefined;
  const asked = askedType(column, options);
  if (asked !== undefined) return { type, sql: asked, asked: true };
  return SIZED[column.type]?.(column, options) ?? { type, sql: type };
}

/** Types whose size depends on the schema; undefined: the plain type. */
const SIZED: Readonly<Partial<Record<LogicalType, (column: Column, options: TypeOptions) => ColumnType | undefined>>> = {
  integer: ({ schema }, { integerWidth }) => {
    if (!within(schema, INT64_MAX)) return { type: 'numeric', sql: 'numeric' };
    if (integerWidth === 'bigint' || !isBounded(schema)) return undefined;
    return within(schema, 32_767n)
      ? { type: 'bigint', sql: 'smallint' }
      : within(schema, 2_147_483_647n)
        ? { type: 'bigint', sql: 'integer' }
        : undefined;
  },
  number: (_, { numberType }) =>
    numberType === 'double' ? { type: 'numeric', sql: 'double precision', asked: true } : undefined,
  decimal: ({ precision, scale = 0 }) => {
    const fits = precision !== undefined && precision >= 1 && precision <= MAX_PRECISION && scale >= 0 && scale <= precision;
    return fits ? { type: 'numeric', sql: `numeric(${precision},${scale})` } : undefined;
  },
  string: ({ schema }, { stringType }) => {
    const length = schema['maxLength'];
    if (stringType === 'text' || !Number.isInteger(length)) return undefined;
    return Number(length) >= 1 && Number(length) <= MAX_VARCHAR
      ? { type: 'text', sql: `character varying(${Number(length)})` }
      : undefined;
  },
  array: ({ schema }, { arrays }) => {
    const item = arrays === 'native' ? itemType(schema['items']) : undefined;
    return item === undefined ? undefined : { type: 'jsonb', sql: `${item}[]` };
  },
};

const BOUNDS = ['maximum', 'minimum', 'exclusiveMaximum', 'exclusiveMinimum'] as const;

/** False when the schema's own bounds allow integers beyond `max`. */
function within(schema: JsonSchema, max: bigint): boolean {
  // 2^63 as a double is what "up to int64" looks like after JSON.parse, so it still counts as fitting.
  return BOUNDS.every((keyword) => Math.abs(Number(schema[keyword] ?? 0)) <= Number(max));
}

function isBounded(schema: JsonSchema): boolean {
  return (
    (schema['maximum'] ?? schema['exclusiveMaximum']) !== undefined &&
    (schema['minimum'] ?? schema['exclusiveMinimum']) !== undefined
  );
}

const ITEMS: Readonly<Record<string, string>> = { string: 'text', integer: 'bigint', number: 'numeric', boolean: 'boolean' };

/** The element type of an array of one kind of scalar; undefined for any other. */
function itemType(items: unknown): string | undefined {
  const { type, format } = (items ?? {}) as { readonly type?: unknown; readonly format?: unknown };
  const types = [type].flat().filter((name) => name !== 'null');
  return types.length === 1 && format === undefined ? ITEMS[String(types[0])] : undefined;
}

/** How a type may be written: a name or two words, perhaps with a schema, a size and brackets. Nothing else gets into DDL. */
const TYPE_TEXT =
  /^(?:[a-z_][\w$]*|"[^"\0]+")(?:\.(?:[a-z_][\w$]*|"[^"\0]+"))?(?: (?:precision|varying))?(?:\(\d+(?:, ?\d+)?\))?(?:\[\])*$/i;
/** What a schema may ask for by `x-sql-datatype`: it comes from upstream, so that only names from here count. */
const ANNOUNCED: ReadonlySet<string> = new Set([
  'smallint', 'integer', 'int', 'int2', 'int4', 'int8', 'bigint', 'real', 'double precision', 'float4', 'float8', 'numeric', 'decimal', 'money',
  'text', 'varchar', 'character varying', 'char', 'character', 'citext', 'boolean', 'bool', 'date', 'time', 'timetz', 'timestamp', 'timestamptz', 'interval',
  'uuid', 'bytea', 'json', 'jsonb', 'xml', 'inet', 'cidr', 'macaddr', 'macaddr8', 'bit', 'varbit', 'tsvector', 'ltree', 'hstore', 'vector', 'halfvec', 'sparsevec',
  'geometry', 'geography', 'int4range', 'int8range', 'numrange', 'daterange', 'tsrange', 'tstzrange',
]); // prettier-ignore

/** True for text that may stand as a type in DDL. */
export function isTypeText(text: string): boolean {
  return TYPE_TEXT.test(text);
}

function askedType({ name, sqlType: announced }: Column, { columnTypes }: TypeOptions): string | undefined {
  if (Object.hasOwn(columnTypes, name)) return columnTypes[name];
  if (announced === undefined || !isTypeText(announced)) return undefined;
  const plain = announced.toLowerCase().replace(/[([].*$/, '');
  return ANNOUNCED.has(plain) ? announced.toLowerCase() : undefined;
}
