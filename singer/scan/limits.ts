import { HEX } from './json-scan.ts';
import { NameTable, spellings } from './name-table.ts';
import { Kind } from './slot-checks.ts';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const LOWER_U = 0x75;
const MINUS = 0x2d;
const DOT = 0x2e;

/**
 * What a schema asks of a value beyond its type. Given the value's token, `bytes[start..end)`, and its kind (never null or absent).
 * True only if a validator of JavaScript values is sure to say the same of it.
 */
export type Limit = (bytes: Uint8Array, start: number, end: number, kind: number) => boolean;

/** True if the value keeps the limit, if there is one; null always does. */
export function keepsLimit(limit: Limit | undefined, bytes: Uint8Array, start: number, end: number, kind: number): boolean {
  return limit === undefined || kind === Kind.null || limit(bytes, start, end, kind);
}

/** All of some limits; undefined if there are none. */
export function allOf(limits: readonly Limit[]): Limit | undefined {
  const [first, second] = limits;
  if (second === undefined) return first;
  return (bytes, start, end, kind) => limits.every((limit) => limit(bytes, start, end, kind));
}

/** `minLength` and `maxLength`: they count characters of Unicode, not units of UTF-16. */
export function lengthLimit(least: number, most: number): Limit {
  return (bytes, start, end) => {
    const size = end - start - 2;
    // A character takes four bytes at most, or twelve as two escapes.
    if (size <= most && size >= least * 12) return true;
    const length = characters(bytes, start + 1, end - 1);
    return length >= least && length <= most;
  };
}

/** Characters of a string's text between its quotes; half a surrogate pair is one. */
function characters(bytes: Uint8Array, at: number, end: number): number {
  let count = 0;
  let afterHigh = false;
  while (at < end) {
    let unit = 0;
    if (bytes[at] !== BACKSLASH) {
      // All but the first byte of a character begin with the bits 10.
      if ((bytes[at]! & 0xc0) !== 0x80) count++;
      at++;
    } else if (bytes[at + 1] === LOWER_U) {
      for (let i = at + 2; i < at + 6; i++) unit = unit * 16 + HEX[bytes[i]!]!;
      const isSecondHalf = afterHigh && unit >= 0xdc00 && unit <= 0xdfff;
      if (!isSecondHalf) count++;
      at += 6;
    } else {
      count++;
      at += 2;
    }
    afterHigh = unit >= 0xd800 && unit <= 0xdbff;
  }
  return count;
}

/** `enum` or `const` of strings: those in a usual spelling. */
export function listLimit(values: readonly string[]): Limit {
  const names = new NameTable();
  for (const value of new Set(values)) for (const spelling of spellings(value)) names.add(spelling, 0);
  return (bytes, start) => bytes[start] === QUOTE && names.read(bytes, start + 1) === 0;
}

/** Digits that a JavaScript number keeps for sure. */
const SURE_DIGITS = 15;

/** `minimum`, `maximum` and the exclusive ones, as the validator compares: by JavaScript numbers. */
export function boundsLimit(isWithin: (number: number) => boolean): Limit {
  return (bytes, start, end, kind) => {
    if (kind === Kind.exponent || end - start > SURE_DIGITS) return false;
    let digits = 0;
    let scale = 1;
    let afterPoint = false;
    const isNegative = bytes[start] === MINUS;
    for (let at = isNegative ? start + 1 : start; at < end; at++) {
      if (bytes[at] === DOT) afterPoint = true;
      else {
        digits = digits * 10 + bytes[at]! - 0x30;
        if (afterPoint) scale *= 10;
      }
    }
    // Both are exact, so that the quotient is rounded once, as the parser rounds the text.
    const number = digits / scale;
    return isWithin(isNegative ? -number : number);
  };
}
