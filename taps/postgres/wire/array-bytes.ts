import { cell, putSpecial } from './cell-bytes.ts';

const TAB = 0x09;
const LF = 0x0a;
const SPACE = 0x20;
const QUOTE = 0x22;
const COMMA = 0x2c;
const MINUS = 0x2d;
const NINE = 0x39;
const UPPER_L = 0x4c;
const UPPER_N = 0x4e;
const UPPER_U = 0x55;
const OPEN_BRACKET = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const LOWER_L = 0x6c;
const LOWER_N = 0x6e;
const LOWER_U = 0x75;

/**
 * An array of numbers or texts to JSON, byte by byte; see cell-bytes.ts. Braces become brackets; texts stand between quotes in COPY where
 * they have to and always in JSON. -1 for bounds that are not 1, for NaN and infinities.
 */
export function putArray(input: Uint8Array, at: number, output: Uint8Array, to: number, ofTexts: boolean): number {
  if (input[at] !== OPEN_BRACE) return -1;
  let i = at;
  let p = to;
  for (;;) {
    const byte = input[i]!;
    if (byte === OPEN_BRACE) output[p++] = OPEN_BRACKET;
    else if (byte === CLOSE_BRACE) output[p++] = CLOSE_BRACKET;
    else if (byte === COMMA) output[p++] = COMMA;
    else if (byte === TAB || byte === LF) break;
    else if (isNull(input, i)) {
      output[p] = LOWER_N;
      output[p + 1] = LOWER_U;
      output[p + 2] = output[p + 3] = LOWER_L;
      p += 4;
      i += 4;
      continue;
    } else if (ofTexts) {
      p = byte === QUOTE ? putQuoted(input, i, output, p) : putBare(input, i, output, p);
      i = cell.end;
      continue;
    } else {
      if (byte > NINE || (byte === MINUS && input[i + 1]! > NINE)) return -1;
      output[p++] = byte;
      for (let digit = input[++i]!; digit !== COMMA && digit !== CLOSE_BRACE; digit = input[++i]!) output[p++] = digit;
      continue;
    }
    i++;
  }
  cell.end = i;
  return p;
}

/** A text of these letters stands between quotes. */
function isNull(input: Uint8Array, at: number): boolean {
  if (input[at] !== UPPER_N || input[at + 1] !== UPPER_U || input[at + 2] !== UPPER_L || input[at + 3] !== UPPER_L) return false;
  const after = input[at + 4];
  return after === COMMA || after === CLOSE_BRACE;
}

/** An element without quotes, in which there is neither a quote nor a backslash. */
function putBare(input: Uint8Array, at: number, output: Uint8Array, to: number): number {
  let i = at;
  let p = to;
  output[p++] = QUOTE;
  for (let byte = input[i]!; byte !== COMMA && byte !== CLOSE_BRACE; byte = input[i]!) {
    if (byte >= SPACE && byte !== BACKSLASH) {
      output[p++] = byte;
      i++;
    } else {
      p = putSpecial(input, i, output, p);
      i += byte === BACKSLASH ? 2 : 1;
    }
  }
  output[p++] = QUOTE;
  cell.end = i;
  return p;
}

/** An element between quotes. A backslash of the array's, which COPY has doubled, stands before a quote or a backslash, as in JSON. */
function putQuoted(input: Uint8Array, at: number, output: Uint8Array, to: number): number {
  let i = at + 1;
  let p = to;
  output[p++] = QUOTE;
  for (let byte = input[i]!; byte !== QUOTE; byte = input[i]!) {
    if (byte >= SPACE && byte !== BACKSLASH) {
      output[p++] = byte;
      i++;
    } else if (byte === BACKSLASH && input[i + 1] === BACKSLASH) {
      const meant = input[i + 2]!;
      output[p++] = BACKSLASH;
      output[p++] = meant;
      i += meant === BACKSLASH ? 4 : 3;
    } else {
      p = putSpecial(input, i, output, p);
      i += byte === BACKSLASH ? 2 : 1;
    }
  }
  output[p++] = QUOTE;
  cell.end = i + 1;
  return p;
}
