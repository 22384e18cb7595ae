import { HEX } from './json-scan.ts';

/** Escapes of JSON strings on bytes. The strings are valid JSON. */

const BACKSLASH = 0x5c;
const LOWER_U = 0x75;
const ZERO = 0x30;
const HIGH_SURROGATE = 0xd800;
const LOW_SURROGATE = 0xdc00;
const AFTER_SURROGATES = 0xe000;

/** What stands for itself or for a control character after a backslash. */
const MEANT: Uint8Array = Uint8Array.from({ length: 256 }, (_, byte) => {
  const control = 'bfnrt'.indexOf(String.fromCharCode(byte));
  return control < 0 ? byte : '\b\f\n\r\t'.charCodeAt(control);
});

/** The letter that stands for a character after a backslash in JSON; 0 for those that have none. */
const JSON_ESCAPE: Uint8Array = escapeLetters({ '\b': 'b', '\f': 'f', '\t': 't', '\n': 'n', '\r': 'r', '\\': '\\', '"': '"' });

/** A table of the letters that stand for characters of ASCII after a backslash; 0 for the others. */
export function escapeLetters(letters: Readonly<Record<string, string>>): Uint8Array {
  const table = new Uint8Array(128);
  for (const [character, letter] of Object.entries(letters)) table[character.charCodeAt(0)] = letter.charCodeAt(0);
  return table;
}

/**
 * Writes the JSON string between these quotes, without them, the way JSON.stringify spells it. `doubled`: with two backslashes for
 * each, for a text in which they are escapes, too, and which has no U+0000. Gives the new length of `out`, -1 for a string that only the
 * general lane may judge: half of a surrogate pair, or that character.
 */
export function respell(bytes: Uint8Array, at: number, end: number, out: Uint8Array, length: number, doubled: boolean): number {
  while (at < end) {
    const byte = bytes[at]!;
    if (byte !== BACKSLASH) {
      out[length++] = byte;
      at++;
      continue;
    }
    const code = escapedCode(bytes, at);
    if (code < 0 || (code === 0 && doubled)) return -1;
    at += escapeLength(bytes, at, code);
    const letter = code < 0x80 ? JSON_ESCAPE[code]! : 0;
    if (letter === 0 && code >= 0x20) {
      length = putUtf8(out, length, code);
      continue;
    }
    out[length++] = BACKSLASH;
    if (doubled) out[length++] = BACKSLASH;
    // A backslash is doubled for JSON, and then each of the two.
    if (doubled && letter === BACKSLASH) out[length++] = BACKSLASH;
    if (letter !== 0) {
      out[length++] = letter;
      continue;
    }
    out[length++] = LOWER_U;
    out[length++] = ZERO;
    out[length++] = ZERO;
    out[length++] = ZERO + (code >> 4);
    out[length++] = '0123456789abcdef'.charCodeAt(code & 15);
  }
  return length;
}

/** The character that the escape at `at` means; -1 for half of a surrogate pair. */
export function escapedCode(bytes: Uint8Array, at: number): number {
  if (bytes[at + 1] !== LOWER_U) return MEANT[bytes[at + 1]!]!;
  const code = hexCode(bytes, at + 2);
  if (code < HIGH_SURROGATE || code >= AFTER_SURROGATES) return code;
  if (code >= LOW_SURROGATE || bytes[at + 6] !== BACKSLASH || bytes[at + 7] !== LOWER_U) return -1;
  const low = hexCode(bytes, at + 8);
  if (low < LOW_SURROGATE || low >= AFTER_SURROGATES) return -1;
  return 0x10000 + ((code - HIGH_SURROGATE) << 10) + (low - LOW_SURROGATE);
}

/** How many bytes the escape at `at`, which means `code`, takes. */
export function escapeLength(bytes: Uint8Array, at: number, code: number): number {
  return bytes[at + 1] !== LOWER_U ? 2 : code < 0x10000 ? 6 : 12;
}

function hexCode(bytes: Uint8Array, at: number): number {
  return (HEX[bytes[at]!]! << 12) | (HEX[bytes[at + 1]!]! << 8) | (HEX[bytes[at + 2]!]! << 4) | HEX[bytes[at + 3]!]!;
}

/** Writes a character; gives the new length. */
export function putUtf8(out: Uint8Array, length: number, code: number): number {
  if (code < 0x80) {
    out[length++] = code;
    return length;
  }
  if (code < 0x800) out[length++] = 0xc0 | (code >> 6);
  else {
    if (code < 0x10000) out[length++] = 0xe0 | (code >> 12);
    else {
      out[length++] = 0xf0 | (code >> 18);
      out[length++] = 0x80 | ((code >> 12) & 0x3f);
    }
    out[length++] = 0x80 | ((code >> 6) & 0x3f);
  }
  out[length++] = 0x80 | (code & 0x3f);
  return length;
}
