import { columnOf, type Json, type JsonSchema, type LogicalType } from '../singer/index.ts';
import { compareDecimals, type Decimal, decimalIn, decimalOf } from './numbers/decimal.ts';
import { instantOf } from './instant.ts';

/** Orders two values that are not null: negative, zero or positive; undefined if one of them is not of the kind. */
export type Compare = (a: Json, b: Json) => number | undefined;

/** How values of a schema are ordered; undefined if they have no order. */
export function compareOf(schema: JsonSchema): Compare | undefined {
  return COMPARES[columnOf('', schema).type];
}

function compareNumbers(a: Json, b: Json): number | undefined {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  const [x, y] = [numberIn(a), numberIn(b)];
  return x === undefined || y === undefined ? undefined : compareDecimals(x, y);
}

/** The number that a value is, or that its text is where decimals are kept as texts. */
export function numberIn(value: Json): Decimal | undefined {
  return typeof value === 'string' ? decimalOf(value) : decimalIn(value);
}

function compareTimes(a: Json, b: Json): number | undefined {
  if (typeof a !== 'string' || typeof b !== 'string') return undefined;
  const [x, y] = [instantOf(a), instantOf(b)];
  return x === undefined || y === undefined ? undefined : x - y;
}

function compareTexts(a: Json, b: Json): number | undefined {
  if (typeof a !== 'string' || typeof b !== 'string') return undefined;
  return a < b ? -1 : a > b ? 1 : 0;
}

function compareBooleans(a: Json, b: Json): number | undefined {
  return typeof a === 'boolean' && typeof b === 'boolean' ? Number(a) - Number(b) : undefined;
}

const COMPARES: Readonly<Partial<Record<LogicalType, Compare>>> = {
  integer: compareNumbers,
  number: compareNumbers,
  decimal: compareNumbers,
  date: compareTimes,
  datetime: compareTimes,
  string: compareTexts,
  time: compareTexts,
  uuid: compareTexts,
  boolean: compareBooleans,
};
