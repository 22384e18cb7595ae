import { DECIMAL_DIGITS, isPlainType, type BigQueryType, type ColumnType } from './types.ts';

/**
 * What each type's values can be kept in, the type itself aside. The encoder looks at each value: one that the column cannot hold (a
 * large integer in FLOAT64) is noted or refused, never changed in silence.
 */
const KEPT_IN: Readonly<Record<BigQueryType, readonly BigQueryType[]>> = {
  INT64: ['NUMERIC', 'BIGNUMERIC', 'FLOAT64', 'STRING', 'JSON'],
  NUMERIC: ['BIGNUMERIC', 'FLOAT64', 'STRING', 'JSON'],
  BIGNUMERIC: ['FLOAT64', 'STRING', 'JSON'],
  FLOAT64: ['BIGNUMERIC', 'STRING', 'JSON'],
  BOOL: ['STRING', 'JSON'],
  DATE: ['STRING', 'JSON'],
  TIME: ['STRING', 'JSON'],
  DATETIME: ['STRING', 'JSON'],
  TIMESTAMP: ['STRING', 'JSON'],
  BYTES: ['STRING', 'JSON'],
  STRING: ['JSON'],
  JSON: ['STRING'],
  STRUCT: ['STRING', 'JSON'],
};

/** Columns that keep a list as a whole. */
const KEEPS_LISTS: ReadonlySet<BigQueryType> = new Set(['STRING', 'JSON']);

/**
 * What a column becomes, where it is and for nothing, so that it takes values of another type too; by the column's type, then the other.
 * Never FLOAT64, though BigQuery allows it: integers that are there would lose their last digits.
 * Source: https://cloud.google.com/bigquery/docs/managing-table-schemas
 */
const WIDENS: Readonly<Partial<Record<BigQueryType, Readonly<Partial<Record<BigQueryType, BigQueryType>>>>>> = {
  INT64: { NUMERIC: 'NUMERIC', BIGNUMERIC: 'BIGNUMERIC', FLOAT64: 'BIGNUMERIC' },
  NUMERIC: { INT64: 'NUMERIC', BIGNUMERIC: 'BIGNUMERIC', FLOAT64: 'BIGNUMERIC' },
  BIGNUMERIC: { INT64: 'BIGNUMERIC', NUMERIC: 'BIGNUMERIC', FLOAT64: 'BIGNUMERIC' },
};

/** True if a column of type `there` takes values that are announced as `wanted`. */
export function takes(there: ColumnType, wanted: ColumnType): boolean {
  if (there.repeated !== wanted.repeated) return there.repeated === undefined && KEEPS_LISTS.has(there.type);
  if (there.type !== wanted.type && !KEPT_IN[wanted.type].includes(there.type)) return false;
  return there.precision === undefined || (wanted.precision !== undefined && isWithin(wanted, there));
}

/** What a column that does not take `wanted` becomes so that it does; undefined: nothing can be done where it is. */
export function widened(there: ColumnType, wanted: ColumnType): ColumnType | undefined {
  if (!isPlainType(there) || !isPlainType(wanted)) return undefined;
  if (there.type === wanted.type && there.precision !== undefined) return sizeOfBoth(there, wanted);
  const type = WIDENS[there.type]?.[wanted.type];
  // Without a size, because the values that are there may need more digits than the announced ones.
  return type === undefined ? undefined : { type };
}

function isWithin(inner: ColumnType, outer: ColumnType): boolean {
  return (inner.scale ?? 0) <= (outer.scale ?? 0) && wholeOf(inner) <= wholeOf(outer);
}

function wholeOf({ precision = 0, scale = 0 }: ColumnType): number {
  return precision - scale;
}

function sizeOfBoth(a: ColumnType, b: ColumnType): ColumnType {
  const type = a.type === 'NUMERIC' ? 'NUMERIC' : 'BIGNUMERIC';
  if (b.precision === undefined) return { type };
  const scale = Math.max(a.scale ?? 0, b.scale ?? 0);
  const whole = Math.max(wholeOf(a), wholeOf(b));
  const most = DECIMAL_DIGITS[type];
  return scale <= most.fraction && whole <= most.whole ? { type, precision: scale + whole, scale } : { type };
}
