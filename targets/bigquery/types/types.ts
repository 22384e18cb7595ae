import type { Column, JsonSchema, LogicalType } from '../../../singer/index.ts';
import { ident } from '../statements/quote.ts';

/** The types of GoogleSQL that this target makes columns of, and the encoder writes values for. */
export const TYPES = [
  'STRING', 'INT64', 'FLOAT64', 'NUMERIC', 'BIGNUMERIC', 'BOOL', 'DATE', 'TIME', 'DATETIME', 'TIMESTAMP', 'BYTES', 'JSON',
] as const; // prettier-ignore

export type PlainType = (typeof TYPES)[number];
export type BigQueryType = PlainType | 'STRUCT';

/** What a column has: a type, and for decimals perhaps a size. */
export interface ColumnType {
  readonly type: BigQueryType;
  readonly precision?: number;
  readonly scale?: number;
  /** A list of such values. */
  readonly repeated?: true;
  /** Of a STRUCT, in their order. */
  readonly members?: readonly Member[];
}

export interface Member {
  readonly name: string;
  readonly type: ColumnType;
  readonly description?: string;
  /** The property that goes to it, as announced; undefined: the stream has none. */
  readonly source?: Column;
}

/** True for a type of one plain value. */
export function isPlainType({ repeated, type }: ColumnType): boolean {
  return repeated !== true && type !== 'STRUCT';
}

/** Logical type to GoogleSQL type. `null` has no column until a type is seen. */
const BIGQUERY_TYPES: Readonly<Record<LogicalType, BigQueryType | undefined>> = {
  string: 'STRING',
  integer: 'INT64',
  number: 'FLOAT64',
  decimal: 'BIGNUMERIC',
  boolean: 'BOOL',
  date: 'DATE',
  time: 'TIME',
  datetime: 'TIMESTAMP',
  duration: 'STRING',
  uuid: 'STRING',
  binary: 'BYTES',
  json: 'JSON',
  object: 'JSON',
  array: 'JSON',
  null: undefined,
};

/** Columns that are ours: those of the Meltano SDK with its meaning, and one that is made only when it is needed. */
export const METADATA_TYPES = {
  _sdc_extracted_at: 'TIMESTAMP',
  _sdc_received_at: 'TIMESTAMP',
  _sdc_batched_at: 'TIMESTAMP',
  _sdc_deleted_at: 'TIMESTAMP',
  _sdc_sequence: 'INT64',
  _sdc_table_version: 'INT64',
  _sdc_sync_started_at: 'INT64',
  /** What was changed in a row's values, a JSON array of notes. */
  _sdc_changes: 'JSON',
} as const satisfies Readonly<Record<string, BigQueryType>>;

export type MetadataColumn = keyof typeof METADATA_TYPES;

export const CHANGES = '_sdc_changes' satisfies MetadataColumn;
export const DELETED_AT = '_sdc_deleted_at' satisfies MetadataColumn;

/** Those that every table has, metadata being on. */
export const METADATA_COLUMNS: readonly MetadataColumn[] = (Object.keys(METADATA_TYPES) as MetadataColumn[]).filter(
  (name) => name !== CHANGES,
);

/** What the settings say of column types. */
export interface TypeOptions {
  readonly numberType: 'float64' | 'numeric' | 'bignumeric' | 'string';
}

export const DEFAULT_TYPES: TypeOptions = { numberType: 'float64' };

const NUMBER_TYPES = { float64: 'FLOAT64', numeric: 'NUMERIC', bignumeric: 'BIGNUMERIC', string: 'STRING' } as const;

/** Digits before and after the point. Source: https://cloud.google.com/bigquery/docs/reference/standard-sql/data-types#decimal_types */
export const DECIMAL_DIGITS = {
  NUMERIC: { whole: 29, fraction: 9 },
  BIGNUMERIC: { whole: 38, fraction: 38 },
} as const;

/** The type of a column; undefined when only null was ever announced for it. */
export function columnType(column: Column, options: TypeOptions = DEFAULT_TYPES): ColumnType | undefined {
  const type = BIGQUERY_TYPES[column.type];
  if (type === undefined) return undefined;
  return SIZED[column.type]?.(column, options) ?? { type };
}

/** Types that depend on more than the logical type; undefined: the plain type. */
const SIZED: Readonly<Partial<Record<LogicalType, (column: Column, options: TypeOptions) => ColumnType | undefined>>> = {
  integer: ({ schema }) =>
    (['INT64', 'NUMERIC', 'BIGNUMERIC'] as const).flatMap((type) => within(schema, type))[0] ?? { type: 'STRING' },
  number: ({ schema }, { numberType }) => {
    const digits = decimalDigits(schema['multipleOf']);
    if (numberType !== 'float64' || digits === undefined) return { type: NUMBER_TYPES[numberType] };
    return { type: digits <= DECIMAL_DIGITS.NUMERIC.fraction ? 'NUMERIC' : 'BIGNUMERIC' };
  },
  decimal: ({ precision, scale = 0 }) => {
    if (precision === undefined) return undefined;
    const fits = (Object.keys(DECIMAL_DIGITS) as (keyof typeof DECIMAL_DIGITS)[]).find((type) => {
      const { whole, fraction } = DECIMAL_DIGITS[type];
      return precision >= Math.max(1, scale) && scale >= 0 && scale <= fraction && precision - scale <= whole;
    });
    return fits === undefined ? { type: 'STRING' } : { type: fits, precision, scale };
  },
};

const LARGEST: Readonly<Record<'INT64' | 'NUMERIC' | 'BIGNUMERIC', number>> = { INT64: 2 ** 63, NUMERIC: 1e29, BIGNUMERIC: 1e38 };
const BOUNDS = ['maximum', 'minimum', 'exclusiveMaximum', 'exclusiveMinimum'] as const;

/** The type, if the schema's own bounds allow no integer beyond it. */
function within(schema: JsonSchema, type: keyof typeof LARGEST): readonly ColumnType[] {
  return BOUNDS.every((keyword) => Math.abs(Number(schema[keyword] ?? 0)) <= LARGEST[type]) ? [{ type }] : [];
}

/** How many digits behind the point a step of 0.01 leaves; undefined for a step that is no power of ten below one. */
function decimalDigits(step: unknown): number | undefined {
  if (typeof step !== 'number' || !(step > 0 && step < 1)) return undefined;
  const digits = -Math.round(Math.log10(step));
  return digits <= DECIMAL_DIGITS.BIGNUMERIC.fraction && Number(`1e-${digits}`) === step ? digits : undefined;
}

/** The type as it stands in DDL: `NUMERIC(12, 2)`, ``ARRAY<STRUCT<`a` INT64>>``. */
export function typeText(type: ColumnType): string {
  if (type.repeated === true) return `ARRAY<${typeText(elementOf(type))}>`;
  const { members = [], precision, scale } = type;
  const within = members.map((member) => `${ident(member.name)} ${typeText(member.type)}`);
  if (type.type === 'STRUCT') return `STRUCT<${within.join(', ')}>`;
  return precision === undefined ? type.type : `${type.type}(${precision}, ${scale ?? 0})`;
}

/** The type without sizes, which belong to columns only. */
export function unsized({ members, repeated, type }: ColumnType): ColumnType {
  return {
    type,
    ...(repeated === undefined ? {} : { repeated }),
    ...(members === undefined ? {} : { members: members.map((member) => ({ ...member, type: unsized(member.type) })) }),
  };
}

/** The type of one item of a REPEATED column. */
export function elementOf({ members, precision, scale, type }: ColumnType): ColumnType {
  return {
    type,
    ...(members === undefined ? {} : { members }),
    ...(precision === undefined ? {} : { precision, scale: scale ?? 0 }),
  };
}

/** The description of a column, as BigQuery takes it. */
export function describe({ schema }: Column): { readonly description?: string } {
  const description = schema['description'];
  // Longer ones are refused.
  return typeof description === 'string' && description !== '' ? { description: description.slice(0, 1024) } : {};
}

/** The type as part of a name: `numeric`, `repeated_struct`. */
export function variantWord({ repeated, type }: ColumnType): string {
  return `${repeated === true ? 'repeated_' : ''}${type.toLowerCase()}`;
}

/** The names of types that the API still answers with, and ours. */
const OTHER_NAMES: Readonly<Record<string, string>> = { INTEGER: 'INT64', FLOAT: 'FLOAT64', BOOLEAN: 'BOOL', RECORD: 'STRUCT' };

/** GoogleSQL's name of a type of the API. */
export function typeName(name: string): string {
  return OTHER_NAMES[name] ?? name;
}
