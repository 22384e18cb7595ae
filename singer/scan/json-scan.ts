/**
 * Strict JSON syntax on bytes, without making values. Every function is given the offset of a token's first byte and gives
 * the offset after the token, or -1 if it is not valid JSON (or not on this line). The bytes must hold a line that ends with
 * a newline: no token reaches past it, so no function needs the end.
 */

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const ZERO = 0x30;
const NINE = 0x39;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;

/** 1 for bytes that stand for themselves in a JSON string: all but the quote, the backslash and the control characters. */
export const PLAIN: Uint8Array = Uint8Array.from({ length: 256 }, (_, byte) =>
  byte >= 0x20 && byte !== QUOTE && byte !== BACKSLASH ? 1 : 0,
);

/** 1 for the bytes that may follow a backslash, 2 for `u`. */
const ESCAPES: Uint8Array = Uint8Array.from({ length: 256 }, (_, byte) => {
  const character = String.fromCharCode(byte);
  return character === 'u' ? 2 : '"\\/bfnrt'.includes(character) ? 1 : 0;
});

/** The value of a hexadecimal digit; 255 for any other byte. */
export const HEX: Uint8Array = Uint8Array.from({ length: 256 }, (_, byte) => {
  const digit = '0123456789abcdef'.indexOf(String.fromCharCode(byte).toLowerCase());
  return digit < 0 ? 255 : digit;
});

/** Nested deeper than this, a value is left to a real parser: the levels are kept in the bits of one integer. */
const MAX_DEPTH = 31;

/** The rest of a string from `at`, which may stand at an escape, to after the closing quote. */
export function stringRest(bytes: Uint8Array, at: number): number {
  for (let byte = bytes[at]!; byte !== QUOTE; byte = bytes[at]!) {
    if (PLAIN[byte] === 1) {
      at++;
      continue;
    }
    if (byte !== BACKSLASH) return -1;
    const escape = ESCAPES[bytes[at + 1]!];
    if (escape === 0) return -1;
    at += 2;
    if (escape === 2) {
      for (const stop = at + 4; at < stop; at++) if (HEX[bytes[at]!] === 255) return -1;
    }
  }
  return at + 1;
}

/** The digits before a number's point or exponent, with the sign: a whole number token if neither follows. */
export function integerEnd(bytes: Uint8Array, at: number): number {
  if (bytes[at] === 0x2d) at++;
  return bytes[at] === ZERO ? at + 1 : digitsEnd(bytes, at);
}

/** From a number's point, if one stands at `at`, to after its digits. */
export function fractionEnd(bytes: Uint8Array, at: number): number {
  return bytes[at] === 0x2e ? digitsEnd(bytes, at + 1) : at;
}

/** From a number's exponent, if one stands at `at`, to after its digits. */
export function exponentEnd(bytes: Uint8Array, at: number): number {
  if ((bytes[at]! | 0x20) !== 0x65) return at;
  at++;
  if (bytes[at] === 0x2b || bytes[at] === 0x2d) at++;
  return digitsEnd(bytes, at);
}

/** A number token; what follows it is not looked at. */
export function numberEnd(bytes: Uint8Array, at: number): number {
  if ((at = integerEnd(bytes, at)) < 0) return -1;
  if ((at = fractionEnd(bytes, at)) < 0) return -1;
  return exponentEnd(bytes, at);
}

/** One or more digits. */
function digitsEnd(bytes: Uint8Array, at: number): number {
  const start = at;
  while (bytes[at]! >= ZERO && bytes[at]! <= NINE) at++;
  return at === start ? -1 : at;
}

/** `true`, `false` or `null`. */
export function literalEnd(bytes: Uint8Array, at: number): number {
  switch (bytes[at]) {
    case 0x74:
      return bytes[at + 1] === 0x72 && bytes[at + 2] === 0x75 && bytes[at + 3] === 0x65 ? at + 4 : -1;
    case 0x66:
      return bytes[at + 1] === 0x61 && bytes[at + 2] === 0x6c && bytes[at + 3] === 0x73 && bytes[at + 4] === 0x65 ? at + 5 : -1;
    case 0x6e:
      return bytes[at + 1] === 0x75 && bytes[at + 2] === 0x6c && bytes[at + 3] === 0x6c ? at + 4 : -1;
    default:
      return -1;
  }
}

/** White space within a line. */
export function spaceEnd(bytes: Uint8Array, at: number): number {
  let byte = bytes[at];
  while (byte === 0x20 || byte === 0x09 || byte === 0x0d) byte = bytes[++at];
  return at;
}

/** Any value but an object or array. */
function scalarEnd(bytes: Uint8Array, at: number): number {
  const byte = bytes[at]!;
  if (byte === QUOTE) return stringRest(bytes, at + 1);
  return byte === 0x2d || (byte >= ZERO && byte <= NINE) ? numberEnd(bytes, at) : literalEnd(bytes, at);
}

/** An object or array, whole. */
export function nestedEnd(bytes: Uint8Array, at: number): number {
  // One bit per open level, the innermost lowest: 1 for an object.
  let objects = 0;
  let depth = 0;
  let valueNext = true;
  for (;;) {
    const byte = bytes[at]!;
    if (!valueNext) {
      if (byte === ((objects & 1) === 1 ? CLOSE_BRACE : CLOSE_BRACKET)) {
        at++;
        objects >>>= 1;
        if (--depth === 0) return at;
      } else if (byte === COMMA) {
        at = spaceEnd(bytes, at + 1);
        if ((objects & 1) === 1 && (at = memberValue(bytes, at)) < 0) return -1;
        valueNext = true;
        continue;
      } else return -1;
    } else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) {
      if (++depth > MAX_DEPTH) return -1;
      objects = (objects << 1) | (byte === OPEN_BRACE ? 1 : 0);
      at = spaceEnd(bytes, at + 1);
      // In ASCII a closing bracket is two above its opening one.
      if (bytes[at] === byte + 2) valueNext = false;
      else if (byte === OPEN_BRACE && (at = memberValue(bytes, at)) < 0) return -1;
      continue;
    } else {
      if ((at = scalarEnd(bytes, at)) < 0) return -1;
      valueNext = false;
    }
    at = spaceEnd(bytes, at);
  }
}

/** From a member's name to its value. */
function memberValue(bytes: Uint8Array, at: number): number {
  if (bytes[at] !== QUOTE || (at = stringRest(bytes, at + 1)) < 0) return -1;
  at = spaceEnd(bytes, at);
  return bytes[at] === COLON ? spaceEnd(bytes, at + 1) : -1;
}

/** Any value. */
export function valueEnd(bytes: Uint8Array, at: number): number {
  const byte = bytes[at];
  return byte === OPEN_BRACE || byte === OPEN_BRACKET ? nestedEnd(bytes, at) : scalarEnd(bytes, at);
}
