const MINUS = 0x2d;
const PLUS = 0x2b;
const DOT = 0x2e;
const ZERO = 0x30;
const NINE = 0x39;
/** The largest and smallest 64-bit integers, digits alone. */
const MAX_INT64 = Buffer.from('9223372036854775807');
const MIN_INT64 = Buffer.from('9223372036854775808');

/** A whole number as JSON writes it: no plus sign, no leading zeros, not `-0`. */
export function isPlainInteger(bytes: Uint8Array, start: number, end: number): boolean {
  let at = start;
  if (bytes[at] === MINUS) at++;
  const first = bytes[at]!;
  if (at >= end || first < ZERO || first > NINE) return false;
  if (first === ZERO) return end - start === 1;
  for (at++; at < end; at++) if (bytes[at]! < ZERO || bytes[at]! > NINE) return false;
  return true;
}

/** True for a plain integer that 64 bits hold. */
export function fitsInt64(bytes: Uint8Array, start: number, end: number): boolean {
  const negative = bytes[start] === MINUS;
  const from = negative ? start + 1 : start;
  if (end - from !== MAX_INT64.length) return end - from < MAX_INT64.length;
  const limit = negative ? MIN_INT64 : MAX_INT64;
  for (let i = 0; i < limit.length; i++) if (bytes[from + i] !== limit[i]) return bytes[from + i]! < limit[i]!;
  return true;
}

/** A number as JSON writes it. */
export function isPlainNumber(bytes: Uint8Array, start: number, end: number): boolean {
  let at = bytes[start] === MINUS ? start + 1 : start;
  const whole = digitsEnd(bytes, at, end);
  if (whole === at || (bytes[at] === ZERO && whole > at + 1)) return false;
  at = whole;
  if (at < end && bytes[at] === DOT) {
    const fraction = digitsEnd(bytes, at + 1, end);
    if (fraction === at + 1) return false;
    at = fraction;
  }
  if (at < end && (bytes[at]! | 0x20) === 0x65) {
    at++;
    if (at < end && (bytes[at] === MINUS || bytes[at] === PLUS)) at++;
    const exponent = digitsEnd(bytes, at, end);
    if (exponent === at) return false;
    at = exponent;
  }
  return at === end;
}

function digitsEnd(bytes: Uint8Array, start: number, end: number): number {
  let at = start;
  while (at < end && bytes[at]! >= ZERO && bytes[at]! <= NINE) at++;
  return at;
}

/**
 * A plain number that is surely meant as one: a bare exponent (`12e5`) may be part of a code, and one of more than two digits is
 * beyond what most destinations hold.
 */
export function isSureNumber(bytes: Uint8Array, start: number, end: number): boolean {
  if (!isPlainNumber(bytes, start, end)) return false;
  let point = false;
  for (let at = start; at < end; at++) {
    if (bytes[at] === DOT) point = true;
    else if ((bytes[at]! | 0x20) === 0x65) {
      const signed = bytes[at + 1] === MINUS || bytes[at + 1] === PLUS;
      return (point || signed) && end - at - (signed ? 2 : 1) <= 2;
    }
  }
  return true;
}

/** How many digits of a plain number count: leading zeros do not, nor does the exponent. */
export function significantDigits(bytes: Uint8Array, start: number, end: number): number {
  let digits = 0;
  for (let at = start; at < end; at++) {
    const byte = bytes[at]!;
    if ((byte | 0x20) === 0x65) break;
    if (byte < ZERO || byte > NINE) continue;
    if (digits > 0 || byte !== ZERO) digits++;
  }
  return digits;
}

/** `true` or `false`, in upper or lower case: 1, 0; -1 for anything else. */
export function booleanOf(bytes: Uint8Array, start: number, end: number): number {
  if (isWord(bytes, start, end, TRUE)) return 1;
  return isWord(bytes, start, end, FALSE) ? 0 : -1;
}

const TRUE = Buffer.from('true');
const FALSE = Buffer.from('false');

function isWord(bytes: Uint8Array, start: number, end: number, word: Uint8Array): boolean {
  if (end - start !== word.length) return false;
  for (let i = 0; i < word.length; i++) if ((bytes[start + i]! | 0x20) !== word[i]) return false;
  return true;
}
