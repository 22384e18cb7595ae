import type { LogicalType } from '../columns.ts';
import { exponentEnd, fractionEnd, integerEnd, literalEnd, nestedEnd, PLAIN, stringRest } from './json-scan.ts';
import { isDate, isDateTime, isDecimal, isTime, isUuid } from './value-patterns.ts';

const QUOTE = 0x22;

/** What stands in a slot: the place of one value in a line. */
export const Kind = {
  absent: 0,
  null: 1,
  /** A string without escapes. */
  string: 2,
  /** A string with at least one escape. */
  escaped: 3,
  /** A number of digits only, perhaps with a minus sign. */
  integer: 4,
  /** A number with a point and no exponent. */
  decimal: 5,
  /** A number with an exponent. */
  exponent: 6,
  true: 7,
  false: 8,
  /** An object or array. */
  nested: 9,
} as const;

/** How many kinds there are. */
export const KINDS = 10;

/** What a slot's value must be. */
export const Check = {
  /** Valid JSON, nothing more. */
  any: 0,
  /** Nothing but null. */
  none: 1,
  string: 2,
  date: 3,
  time: 4,
  datetime: 5,
  uuid: 6,
  /** A number in a string. */
  decimal: 7,
  integer: 8,
  number: 9,
  boolean: 10,
  object: 11,
  array: 12,
} as const;

/** Added to a check where null is not valid. */
export const NOT_NULL = 16;

/** The check of each type. */
export const CHECKS: Readonly<Record<LogicalType, number>> = {
  string: Check.string,
  duration: Check.string,
  binary: Check.string,
  date: Check.date,
  time: Check.time,
  datetime: Check.datetime,
  uuid: Check.uuid,
  decimal: Check.decimal,
  integer: Check.integer,
  number: Check.number,
  boolean: Check.boolean,
  object: Check.object,
  array: Check.array,
  json: Check.any,
  null: Check.none,
};

/** True for checks that strings can pass. */
export function takesStrings(check: number): boolean {
  const kind = check & ~NOT_NULL;
  return kind === Check.any || (kind >= Check.string && kind <= Check.decimal);
}

/** True for the check that every string passes. */
export function takesAnyString(check: number): boolean {
  const kind = check & ~NOT_NULL;
  return kind === Check.any || kind === Check.string;
}

/** True if a string with this text between its quotes passes the check. */
export function isString(check: number, bytes: Uint8Array, start: number, end: number): boolean {
  switch (check & ~NOT_NULL) {
    case Check.any:
    case Check.string:
      return true;
    case Check.date:
      return isDate(bytes, start, end);
    case Check.time:
      return isTime(bytes, start, end);
    case Check.datetime:
      return isDateTime(bytes, start, end);
    case Check.uuid:
      return isUuid(bytes, start, end);
    case Check.decimal:
      return isDecimal(bytes, start, end);
    default:
      return false;
  }
}

/**
 * Reads a value at `at` and notes its kind in `kinds[slot]`. Gives the offset after it, -1 if it does not pass the check or is not
 * valid JSON.
 */
export function checkedEnd(check: number, bytes: Uint8Array, at: number, kinds: Uint8Array, slot: number): number {
  if (bytes[at] !== QUOTE) return otherEnd(check, bytes, at, kinds, slot);
  let end = at + 1;
  while (PLAIN[bytes[end]!] === 1) end++;
  if (bytes[end] === QUOTE) {
    kinds[slot] = Kind.string;
    end++;
  } else {
    kinds[slot] = Kind.escaped;
    end = stringRest(bytes, end);
  }
  return end < 0 || !isString(check, bytes, at + 1, end - 1) ? -1 : end;
}

/**
 * Reads a value that is no string, at `at`, and notes its kind in `kinds[slot]`. Gives the offset after it, -1 if it does not
 * pass the check or is not valid JSON.
 */
export function otherEnd(check: number, bytes: Uint8Array, at: number, kinds: Uint8Array, slot: number): number {
  const wanted = check & ~NOT_NULL;
  switch (bytes[at]) {
    case 0x6e: // n
      kinds[slot] = Kind.null;
      return check >= NOT_NULL ? -1 : literalEnd(bytes, at);
    case 0x74: // t
    case 0x66: // f
      kinds[slot] = bytes[at] === 0x74 ? Kind.true : Kind.false;
      return wanted === Check.boolean || wanted === Check.any ? literalEnd(bytes, at) : -1;
    case 0x7b: // {
      kinds[slot] = Kind.nested;
      return wanted === Check.object || wanted === Check.any ? nestedEnd(bytes, at) : -1;
    case 0x5b: // [
      kinds[slot] = Kind.nested;
      return wanted === Check.array || wanted === Check.any ? nestedEnd(bytes, at) : -1;
    default: {
      if (wanted !== Check.integer && wanted !== Check.number && wanted !== Check.any) return -1;
      const whole = integerEnd(bytes, at);
      if (whole < 0) return -1;
      const fraction = fractionEnd(bytes, whole);
      if (fraction < 0) return -1;
      const end = exponentEnd(bytes, fraction);
      kinds[slot] = end !== fraction ? Kind.exponent : fraction !== whole ? Kind.decimal : Kind.integer;
      return wanted === Check.integer && end !== whole ? -1 : end;
    }
  }
}
