import { putControl } from '../../../singer/tap/index.ts';

/**
 * COPY cells to JSON, byte by byte, for the kinds where that is proven to be what the general lane gives. Each takes the cell that begins at
 * `input[at]` and writes to `output[to..]`, which has room for six bytes for each of the cell's; gives the new position in the output, and
 * leaves the one in the input in `cell.end`. -1: the cell is not of the usual form, its value must be made.
 */

const TAB = 0x09;
const LF = 0x0a;
const SPACE = 0x20;
const QUOTE = 0x22;
const PLUS = 0x2b;
const MINUS = 0x2d;
const SLASH = 0x2f;
const ZERO = 0x30;
const NINE = 0x39;
const UPPER_T = 0x54;
const BACKSLASH = 0x5c;
const LOWER_U = 0x75;
const LOWER_V = 0x76;
const LOWER_X = 0x78;

/** Where the cell ended that was written last. One object for all: nothing is made per cell. */
export const cell = { end: 0 };

/**
 * The top bit of each byte of a word at which the copying of text has to stop and look: quotes, backslashes, control characters. Only the
 * lowest one is sure to be right: it may mark those above it by its borrow.
 */
export function textStops(word: number): number {
  const quotes = word ^ 0x2222_2222;
  const backslashes = word ^ 0x5c5c_5c5c;
  const controls = (word - 0x2020_2020) & ~word;
  return (controls | ((quotes - 0x0101_0101) & ~quotes) | ((backslashes - 0x0101_0101) & ~backslashes)) & 0x8080_8080;
}

/** The bytes of a word before its first stop, which there is. */
export function bytesBefore(stops: number): number {
  return (31 - Math.clz32(stops & -stops)) >> 3;
}

/** 1: a byte at which the copying of JSON has to stop and look. */
const JSON_STOPS = Uint8Array.from({ length: 256 }, (_, byte) => (byte <= SPACE || byte === QUOTE || byte === BACKSLASH ? 1 : 0));

/** What stands at a backslash or control character of text: COPY's escapes are JSON's, but for that of the vertical tab. */
export function putSpecial(input: Uint8Array, at: number, output: Uint8Array, to: number): number {
  const byte = input[at]!;
  if (byte !== BACKSLASH) return putControl(output, to, byte);
  const letter = input[at + 1]!;
  if (letter === LOWER_V) return putControl(output, to, 0x0b);
  output[to] = BACKSLASH;
  output[to + 1] = letter;
  return to + 2;
}

/** Digits, a sign, a point, an exponent. */
export function putDigits(input: Uint8Array, at: number, output: Uint8Array, to: number): number {
  let byte = input[at]!;
  if (byte > NINE || (byte === MINUS && input[at + 1]! > NINE)) return -1;
  let i = at;
  let p = to;
  while (byte > SPACE) {
    output[p++] = byte;
    byte = input[++i]!;
  }
  cell.end = i;
  return p;
}

/** JSON text without the white space between its parts. -1 for characters that are escaped without need. */
export function putJson(input: Uint8Array, at: number, output: Uint8Array, to: number): number {
  let i = at;
  let p = to;
  let byte = input[i]!;
  for (;;) {
    while (JSON_STOPS[byte] === 0) {
      output[p++] = byte;
      byte = input[++i]!;
    }
    if (byte === QUOTE) {
      output[p++] = byte;
      byte = input[++i]!;
      while (byte !== QUOTE) {
        output[p++] = byte;
        // COPY has doubled each backslash; the first of JSON's own belongs to what follows it.
        if (byte === BACKSLASH) {
          byte = input[(i += 2)]!;
          // The value has the character itself, or another spelling of its number.
          if (byte === LOWER_U || byte === SLASH) return -1;
          output[p++] = byte;
          if (byte === BACKSLASH) i++;
        }
        byte = input[++i]!;
      }
      output[p++] = byte;
      byte = input[++i]!;
    } else if (byte === SPACE) byte = input[++i]!;
    // An escape of COPY's outside of a string is white space.
    else if (byte === BACKSLASH) byte = input[(i += 2)]!;
    else break;
  }
  cell.end = i;
  return p;
}

/** A date: `2026-01-31`. */
export function putDate(input: Uint8Array, at: number, output: Uint8Array, to: number): number {
  const after = input[at + 10]!;
  if (input[at + 4] !== MINUS || (after !== TAB && after !== LF)) return -1;
  for (let k = 0; k < 10; k++) output[to + k] = input[at + k]!;
  cell.end = at + 10;
  return to + 10;
}

/** A timestamp: `2026-01-31 12:00:00.123456`, and `+00` if it has a zone. */
export function putTimestamp(input: Uint8Array, at: number, output: Uint8Array, to: number, hasZone: boolean): number {
  if (input[at + 4] !== MINUS || input[at + 10] !== SPACE) return -1;
  for (let k = 0; k < 10; k++) output[to + k] = input[at + k]!;
  output[to + 10] = UPPER_T;
  let p = to + 11;
  let i = at + 11;
  let byte = input[i]!;
  while (byte >= MINUS) {
    output[p++] = byte;
    byte = input[++i]!;
  }
  if (hasZone) {
    if (byte !== PLUS || input[i + 1] !== ZERO || input[i + 2] !== ZERO) return -1;
    byte = input[(i += 3)]!;
  }
  // An era follows after a blank.
  if (byte !== TAB && byte !== LF) return -1;
  output[p] = PLUS;
  output[p + 1] = ZERO;
  output[p + 2] = ZERO;
  output[p + 3] = COLON;
  output[p + 4] = ZERO;
  output[p + 5] = ZERO;
  cell.end = i;
  return p + 6;
}

const COLON = 0x3a;

/** `\\x` and hexadecimal digits, without what stands before them. */
export function putHex(input: Uint8Array, at: number, output: Uint8Array, to: number): number {
  if (input[at] !== BACKSLASH || input[at + 2] !== LOWER_X) return -1;
  let i = at + 3;
  let p = to;
  for (let byte = input[i]!; byte > SPACE; byte = input[++i]!) output[p++] = byte;
  cell.end = i;
  return p;
}

const LETTERS = Buffer.from('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/');
const PADDING = 0x3d;
const NIBBLES = Uint8Array.from({ length: 256 }, (_, byte) => (byte <= NINE ? byte - ZERO : byte - 0x57));

/** The same as base64. */
export function putBase64(input: Uint8Array, at: number, output: Uint8Array, to: number): number {
  if (input[at] !== BACKSLASH || input[at + 2] !== LOWER_X) return -1;
  let i = at + 3;
  let p = to;
  for (; input[i]! > SPACE; i += 6) {
    const first = (NIBBLES[input[i]!]! << 4) | NIBBLES[input[i + 1]!]!;
    output[p] = LETTERS[first >> 2]!;
    if (input[i + 2]! <= SPACE) {
      output[p + 1] = LETTERS[(first & 3) << 4]!;
      output[p + 2] = output[p + 3] = PADDING;
      p += 4;
      i += 2;
      break;
    }
    const second = (NIBBLES[input[i + 2]!]! << 4) | NIBBLES[input[i + 3]!]!;
    output[p + 1] = LETTERS[((first & 3) << 4) | (second >> 4)]!;
    if (input[i + 4]! <= SPACE) {
      output[p + 2] = LETTERS[(second & 15) << 2]!;
      output[p + 3] = PADDING;
      p += 4;
      i += 4;
      break;
    }
    const third = (NIBBLES[input[i + 4]!]! << 4) | NIBBLES[input[i + 5]!]!;
    output[p + 2] = LETTERS[((second & 15) << 2) | (third >> 6)]!;
    output[p + 3] = LETTERS[third & 63]!;
    p += 4;
  }
  cell.end = i;
  return p;
}
