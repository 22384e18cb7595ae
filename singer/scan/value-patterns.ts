/**
 * Strict byte patterns of formatted strings. Each takes the text between the quotes, `bytes[start..end)`. They accept the
 * common spelling only, with real dates and times, so that whatever passes is valid by its schema's format and is read by
 * every destination with the same meaning; all other spellings are for the general lane to judge.
 */

const DASH = 0x2d;
const COLON = 0x3a;
const DOT = 0x2e;

/** What `digits` gives for anything else: more than any part of a date. */
const NOT_DIGITS = 0xffff;

/** The number in `count` digits. */
function digits(bytes: Uint8Array, at: number, count: number): number {
  let number = 0;
  for (const stop = at + count; at < stop; at++) {
    const digit = bytes[at]! - 0x30;
    if (digit < 0 || digit > 9) return NOT_DIGITS;
    number = number * 10 + digit;
  }
  return number;
}

const MONTH_DAYS = [0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** Days of a month of the proleptic Gregorian calendar; 0 for a month that does not exist. */
export function daysOfMonth(year: number, month: number): number {
  if (month < 1 || month > 12) return 0;
  const leap = month === 2 && year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  return leap ? 29 : MONTH_DAYS[month]!;
}

/** `YYYY-MM-DD`, years 0001 to 9999. */
export function isDate(bytes: Uint8Array, start: number, end: number): boolean {
  return end - start === 10 && isDateAt(bytes, start);
}

function isDateAt(bytes: Uint8Array, at: number): boolean {
  if (bytes[at + 4] !== DASH || bytes[at + 7] !== DASH) return false;
  const year = digits(bytes, at, 4);
  const month = digits(bytes, at + 5, 2);
  const day = digits(bytes, at + 8, 2);
  return (
    year >= 1 && year !== NOT_DIGITS && day >= 1 && (day <= 28 ? month >= 1 && month <= 12 : day <= daysOfMonth(year, month))
  );
}

/** `HH:MM:SS`, without 24:00:00 and leap seconds. */
function isClockAt(bytes: Uint8Array, at: number): boolean {
  return (
    bytes[at + 2] === COLON &&
    bytes[at + 5] === COLON &&
    digits(bytes, at, 2) <= 23 &&
    digits(bytes, at + 3, 2) <= 59 &&
    digits(bytes, at + 6, 2) <= 59
  );
}

/** The end of a fraction of a second, if one stands at `at`; -1 for a point without digits. */
function fractionEnd(bytes: Uint8Array, at: number): number {
  if (bytes[at] !== DOT) return at;
  const first = ++at;
  for (let byte = bytes[at]!; byte >= 0x30 && byte <= 0x39; byte = bytes[at]!) at++;
  return at === first ? -1 : at;
}

/** `HH:MM:SS`, with a fraction or without, and `Z` or nothing. */
export function isTime(bytes: Uint8Array, start: number, end: number): boolean {
  if (end - start < 8 || !isClockAt(bytes, start)) return false;
  const at = fractionEnd(bytes, start + 8);
  return at === end || (at === end - 1 && bytes[at] === 0x5a);
}

/** `YYYY-MM-DD`, then `T` or a space, a time with or without a fraction, then `Z`, `+HH:MM` or nothing; or the date alone. */
export function isDateTime(bytes: Uint8Array, start: number, end: number): boolean {
  const length = end - start;
  if (length < 10 || !isDateAt(bytes, start)) return false;
  if (length === 10) return true;
  const between = bytes[start + 10];
  if (length < 19 || (between !== 0x54 && between !== 0x20) || !isClockAt(bytes, start + 11)) return false;
  const at = fractionEnd(bytes, start + 19);
  if (at < 0) return false;
  switch (end - at) {
    case 0:
      return true;
    case 1:
      return bytes[at] === 0x5a;
    case 6:
      // Offsets go to 14 hours on earth; Postgres takes less than 16.
      return (
        (bytes[at] === 0x2b || bytes[at] === DASH) &&
        bytes[at + 3] === COLON &&
        digits(bytes, at + 1, 2) <= 14 &&
        digits(bytes, at + 4, 2) <= 59
      );
    default:
      return false;
  }
}

/** 8-4-4-4-12 hexadecimal digits. */
export function isUuid(bytes: Uint8Array, start: number, end: number): boolean {
  if (end - start !== 36) return false;
  for (let i = 0; i < 36; i++) {
    const byte = bytes[start + i]!;
    if (i === 8 || i === 13 || i === 18 || i === 23) {
      if (byte !== DASH) return false;
    } else if (!((byte >= 0x30 && byte <= 0x39) || ((byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x66))) return false;
  }
  return true;
}

/** Digits with an optional sign and an optional fraction, no exponent. */
export function isDecimal(bytes: Uint8Array, start: number, end: number): boolean {
  let at = bytes[start] === DASH ? start + 1 : start;
  const first = at;
  for (let byte = bytes[at]!; byte >= 0x30 && byte <= 0x39; byte = bytes[at]!) at++;
  return at > first && fractionEnd(bytes, at) === end;
}
