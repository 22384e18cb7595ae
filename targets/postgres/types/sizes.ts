import type { From, Into } from './fits.ts';
import { numericModifier } from './fits.ts';

/** What a column that was made for smaller values must become. */
export interface Growth {
  /** As DDL. */
  readonly sql: string;
  /** No row is written anew. */
  readonly isFree: boolean;
}

/** Bytes that stand before the size in `atttypmod`. */
const HEADER = 4;
const WIDTHS: Readonly<Record<string, number>> = { int2: 2, smallint: 2, int4: 4, integer: 4, int8: 8, bigint: 8 };
/** Digits of the largest bigint. */
const BIGINT_DIGITS = 19;

/** How a column that takes values of the type, but not all of them, must grow; undefined: it is wide enough. */
export function growthOf(from: From, into: Into): Growth | undefined {
  return GROWTHS[into.base]?.(from, into);
}

const GROWTHS: Readonly<Record<string, (from: From, into: Into) => Growth | undefined>> = {
  varchar: growText,
  int2: growInteger,
  int4: growInteger,
  numeric: growNumeric,
};

function growText({ type, sql }: From, { modifier }: Into): Growth | undefined {
  if (type !== 'text' || modifier < 0) return undefined;
  const length = /^character varying\((\d+)\)$/.exec(sql)?.[1];
  if (length === undefined) return { sql: 'text', isFree: true };
  return Number(length) > modifier - HEADER ? { sql, isFree: true } : undefined;
}

function growInteger({ type, sql }: From, { base }: Into): Growth | undefined {
  return type === 'bigint' && (WIDTHS[sql] ?? 0) > WIDTHS[base]! ? { sql, isFree: false } : undefined;
}

/** More digits before the point cost nothing; more after it would rewrite the table, so that the size is dropped instead. */
function growNumeric({ type, sql }: From, { modifier }: Into): Growth | undefined {
  if (modifier < 0 || (type !== 'numeric' && type !== 'bigint')) return undefined;
  const precision = (modifier - HEADER) >> 16;
  const scale = (modifier - HEADER) & 0xffff;
  const wanted = numericModifier(sql);
  if (wanted < 0) return type === 'bigint' && precision - scale >= BIGINT_DIGITS ? undefined : { sql: 'numeric', isFree: true };
  const newPrecision = (wanted - HEADER) >> 16;
  const newScale = (wanted - HEADER) & 0xffff;
  if (newScale <= scale && newPrecision - newScale <= precision - scale) return undefined;
  return newScale === scale ? { sql, isFree: true } : { sql: 'numeric', isFree: true };
}
