import { Kind, KINDS, type LogicalType } from '../../../singer/index.ts';
import { isPlainType, type BigQueryType } from '../types/types.ts';
import type { RowColumn } from './row-plan.ts';

/** How a value gets from its line to its row (fast lane). */
export const Way = {
  /** Not here: the line is left to the general lane. */
  leave: 0,
  /** Nulls are left out. */
  null: 1,
  /** As it stands in the line. */
  verbatim: 2,
  /** A string with escapes. */
  respell: 3,
  json: 4,
  int64: 5,
  float64: 6,
  /** A number for NUMERIC or BIGNUMERIC. */
  decimal: 7,
  /** Such a number in a string. */
  decimalText: 8,
  /** What is no string, for a column of text. */
  quote: 9,
  time: 10,
  timestamp: 11,
  base64: 12,
  /** A number with an exponent, for FLOAT64. */
  exponent: 13,
} as const;
export type Way = (typeof Way)[keyof typeof Way];
type Ways = Readonly<Partial<Record<keyof typeof Kind, Way>>>;

const AS_TEXT: Ways = {
  string: Way.verbatim, escaped: Way.respell, integer: Way.quote, decimal: Way.quote, exponent: Way.quote, true: Way.quote, false: Way.quote,
}; // prettier-ignore
const AS_JSON: Ways = {
  string: Way.verbatim, escaped: Way.json, integer: Way.verbatim, decimal: Way.verbatim, exponent: Way.verbatim, true: Way.verbatim, false: Way.verbatim, nested: Way.json,
}; // prettier-ignore
const AS_DOUBLE: Ways = { integer: Way.float64, decimal: Way.float64, exponent: Way.exponent };
const AS_DECIMAL: Ways = { integer: Way.decimal, decimal: Way.decimal };
const DECIMALS = { integer: AS_DECIMAL, number: AS_DECIMAL, decimal: { string: Way.decimalText } };
const TIMES = { datetime: { string: Way.timestamp } };

/** Columns that take values of all logical types. */
const FOR_ALL: Readonly<Partial<Record<BigQueryType, Ways>>> = { STRING: AS_TEXT, JSON: AS_JSON };

/** The others, by the logical type: the scanner has checked the value by that. */
const WAYS: Readonly<Partial<Record<BigQueryType, Readonly<Partial<Record<LogicalType, Ways>>>>>> = {
  INT64: { integer: { integer: Way.int64 } },
  FLOAT64: { integer: AS_DOUBLE, number: AS_DOUBLE },
  NUMERIC: DECIMALS,
  BIGNUMERIC: DECIMALS,
  BOOL: { boolean: { true: Way.verbatim, false: Way.verbatim } },
  DATE: { date: { string: Way.verbatim } },
  TIME: { time: { string: Way.time } },
  DATETIME: TIMES,
  TIMESTAMP: TIMES,
  BYTES: { binary: { string: Way.base64 } },
};

/** The way of each kind of value of a column. */
export function waysOf({ type: columnType, column }: RowColumn): number[] {
  const { type } = columnType;
  const plain: Ways | undefined = isPlainType(columnType) ? (FOR_ALL[type] ?? WAYS[type]?.[column.type]) : undefined;
  const byKind: Ways = { ...plain, absent: Way.null, null: Way.null };
  // A string that may hold JSON text must be parsed, and bytes in base 16 become others.
  const isParsed = (type === 'JSON' && column.schema['contentMediaType'] !== undefined) || column.encoding === 'base16';
  const strings = isParsed ? { string: Way.leave, escaped: Way.leave } : {};
  const ways = Array.from({ length: KINDS }, () => Way.leave as number);
  for (const [kind, way] of Object.entries({ ...byKind, ...strings })) ways[Kind[kind as keyof typeof Kind]] = way;
  return ways;
}
