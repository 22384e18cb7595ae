/** What the fast lane asks of numbers, times and bytes, in a line in which its scanner has found them to be such. */

const QUOTE = 0x22;
const MINUS = 0x2d;
const PLUS = 0x2b;
const DOT = 0x2e;
const ZERO = 0x30;
const NINE = 0x39;
const EQUALS = 0x3d;
const UPPER_T = 0x54;
const UPPER_Z = 0x5a;

/** Digits of a fraction of a second that BigQuery keeps. */
const MICROSECONDS = 6;
/** Where the fraction stands in a date-time, and where its day ends. */
const DATE_TIME_BYTES = 19;
const DAY_BYTES = 10;
/** An offset: `+01:00`. */
const OFFSET_BYTES = 6;
const MIDNIGHT = Buffer.from('T00:00:00Z');

/** True if JavaScript prints the double of this number just so: then it is the number. */
export function isDoubleText(bytes: Buffer, start: number, end: number): boolean {
  const text = bytes.toString('latin1', start, end);
  return String(Number(text)) === text;
}

/** True if a fraction of a second, which begins at `point` if there is one, has no more digits than are kept. */
export function hasKeptFraction(bytes: Uint8Array, point: number, end: number): boolean {
  if (point >= end || bytes[point] !== DOT) return true;
  let at = point + 1;
  while (at < end && bytes[at]! >= ZERO && bytes[at]! <= NINE) at++;
  return at - point - 1 <= MICROSECONDS;
}

/** True if a date-time must be looked at more closely: its instant may be out of range, or its fraction too long. */
export function isOddTimestamp(bytes: Uint8Array, start: number, end: number): boolean {
  const first = bytes[start]!;
  // Years 0001 to 0999 and 9000 to 9999.
  return first === ZERO || first === NINE || !hasKeptFraction(bytes, start + DATE_TIME_BYTES, end);
}

/** True if a date-time is spelled the way rows have it. */
export function isTidyTimestamp(bytes: Uint8Array, start: number, end: number): boolean {
  return bytes[start + DAY_BYTES] === UPPER_T && hasZone(bytes, start, end);
}

/** Writes a date-time that is not odd, in quotes; gives the new length. */
export function putTimestamp(bytes: Buffer, start: number, end: number, out: Buffer, length: number): number {
  out[length++] = QUOTE;
  length += bytes.copy(out, length, start, end);
  if (end - start === DAY_BYTES) length += MIDNIGHT.copy(out, length);
  else {
    out[length - (end - start) + DAY_BYTES] = UPPER_T;
    if (!hasZone(bytes, start, end)) out[length++] = UPPER_Z;
  }
  out[length++] = QUOTE;
  return length;
}

function hasZone(bytes: Uint8Array, start: number, end: number): boolean {
  const sign = end - start > DATE_TIME_BYTES ? bytes[end - OFFSET_BYTES] : undefined;
  return bytes[end - 1] === UPPER_Z || sign === PLUS || sign === MINUS;
}

/**
 * Writes a number of at most so many digits before and behind the point as a decimal: in quotes, without zeros at its end. Gives the new
 * length, -1 for one that has more of them, or is spelled in a rare way.
 */
export function putDecimal(
  bytes: Uint8Array,
  start: number,
  end: number,
  most: { readonly whole: number; readonly fraction: number },
  out: Uint8Array,
  length: number,
): number {
  const first = bytes[start] === MINUS ? start + 1 : start;
  let point = first;
  while (point < end && bytes[point] !== DOT) point++;
  let last = end;
  if (point < end) {
    while (bytes[last - 1] === ZERO) last--;
    if (last === point + 1) last = point;
  }
  const isBelowOne = bytes[first] === ZERO;
  // Minus zero, and zeros before the first digit.
  if (isBelowOne && (point - first > 1 || (first > start && last === point))) return -1;
  if ((isBelowOne ? 0 : point - first) > most.whole || last - point - 1 > most.fraction) return -1;
  out[length++] = QUOTE;
  for (let at = start; at < last; at++) out[length++] = bytes[at]!;
  out[length++] = QUOTE;
  return length;
}

/** The value of a digit of base64; 255 for any other byte. */
const BASE64: Uint8Array = Uint8Array.from({ length: 256 }, (_, byte) => {
  const value = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'.indexOf(String.fromCharCode(byte));
  return value < 0 ? 255 : value;
});

/** True for base64 that is spelled the one way that encoders write: padded, no line breaks, no bits left over. */
export function isCanonicalBase64(bytes: Uint8Array, start: number, end: number): boolean {
  if ((end - start) % 4 !== 0) return false;
  let last = end;
  while (last > start && last > end - 2 && bytes[last - 1] === EQUALS) last--;
  for (let at = start; at < last; at++) if (BASE64[bytes[at]!] === 255) return false;
  const padding = end - last;
  // One sign of padding leaves two bits over, two leave four.
  return padding === 0 || (BASE64[bytes[last - 1]!]! & (padding === 1 ? 3 : 15)) === 0;
}
