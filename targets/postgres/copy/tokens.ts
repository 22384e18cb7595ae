import type { Column } from '../../../singer/index.ts';

/** What the fast lane asks of numbers and times, on bytes that its scanner has found to be such. */

const UPPER_Z = 0x5a;
const DOT = 0x2e;
const MINUS = 0x2d;
const PLUS = 0x2b;

/** Digits of a fraction of a second that Postgres keeps. */
const MICROSECONDS = 6;
/** Where the fraction stands in a date-time. */
export const DATE_TIME_BYTES = 19;
/** An offset: `+01:00`. */
const OFFSET_BYTES = 6;

/** True if the number that ends here has an exponent of few digits. */
export function hasShortExponent(bytes: Uint8Array, end: number): boolean {
  for (let at = end - 2; at >= end - 5; at--) if ((bytes[at]! | 0x20) === 0x65) return true;
  return false;
}

/** True if a decimal without an exponent has no more digits than its column's precision and scale allow. */
export function fits(bytes: Uint8Array, start: number, end: number, { precision, scale = 0 }: Column): boolean {
  if (precision === undefined) return true;
  let point = start;
  while (point < end && bytes[point] !== DOT) point++;
  // The sign and leading zeros count as digits here: such numbers are left to the general lane if there are too many.
  return point - start <= precision - scale && end - point - 1 <= scale;
}

/** True if a date-time as the scanner takes them ends in Z or an offset. */
export function hasZone(bytes: Uint8Array, start: number, end: number): boolean {
  const sign = end - start > DATE_TIME_BYTES ? bytes[end - OFFSET_BYTES] : undefined;
  return bytes[end - 1] === UPPER_Z || sign === PLUS || sign === MINUS;
}

/** True if no digits of a fraction of a second, which begins at `point` if there is one, would be rounded away. */
export function isKept(bytes: Uint8Array, point: number, end: number): boolean {
  if (point >= end || bytes[point] !== DOT) return true;
  for (let at = point + 1, digit = 0; at < end; at++) {
    digit = bytes[at]! - 0x30;
    if (digit < 0 || digit > 9) break;
    if (digit > 0 && at > point + MICROSECONDS) return false;
  }
  return true;
}
