import { HEX } from '../../singer/index.ts';

/**
 * JSON strings to COPY text on bytes (fast lane). The strings are valid JSON; each function gives the new length of `out`, or -1
 * for a string that only the general lane may judge: with U+0000 or half of a surrogate pair.
 */

const BACKSLASH = 0x5c;
const LOWER_U = 0x75;
const HIGH_SURROGATE = 0xd800;
const LOW_SURROGATE = 0xdc00;
const AFTER_SURROGATES = 0xe000;

/** What stands for itself or for a control character after a backslash. */
const MEANT: Uint8Array = Uint8Array.from({ length: 256 }, (_, byte) => {
  const control = 'bfnrt'.indexOf(String.fromCharCode(byte));
  return control < 0 ? byte : '\b\f\n\r\t'.charCodeAt(control);
});

/** The letter that stands for a character after a backslash in COPY text; 0 for characters that stand for themselves. */
const COPY_ESCAPE: Uint8Array = escapes({ '\t': 't', '\n': 'n', '\r': 'r', '\\': '\\' });
/** The same in JSON. */
const JSON_ESCAPE: Uint8Array = escapes({ '\b': 'b', '\f': 'f', '\t': 't', '\n': 'n', '\r': 'r', '\\': '\\', '"': '"' });

function escapes(letters: Readonly<Record<string, string>>): Uint8Array {
  const table = new Uint8Array(128);
  for (const [character, letter] of Object.entries(letters)) table[character.charCodeAt(0)] = letter.charCodeAt(0);
  return table;
}

/** Writes what a JSON string with escapes says; `bytes[at..end)` stands between its quotes. */
export function decodeToCopy(bytes: Uint8Array, at: number, end: number, out: Uint8Array, length: number): number {
  while (at < end) {
    const byte = bytes[at]!;
    if (byte !== BACKSLASH) {
      out[length++] = byte;
      at++;
      continue;
    }
    const code = escapedCode(bytes, at);
    if (code <= 0) return -1;
    at += escapeLength(bytes, at, code);
    const letter = code < 0x80 ? COPY_ESCAPE[code]! : 0;
    if (letter !== 0) {
      out[length++] = BACKSLASH;
      out[length++] = letter;
    } else length = putUtf8(out, length, code);
  }
  return length;
}

/** Writes the JSON string between these quotes, without them, the way JSON.stringify spells it. */
export function respellToCopy(bytes: Uint8Array, at: number, end: number, out: Uint8Array, length: number): number {
  while (at < end) {
    const byte = bytes[at]!;
    if (byte !== BACKSLASH) {
      out[length++] = byte;
      at++;
      continue;
    }
    const code = escapedCode(bytes, at);
    // Control characters without a letter have a spelling of their own; they are too rare to deserve it here.
    const letter = code < 0x80 ? (JSON_ESCAPE[code] ?? 0) : 0;
    if (code <= 0 || (code < 0x20 && letter === 0)) return -1;
    at += escapeLength(bytes, at, code);
    if (letter !== 0) {
      out[length++] = BACKSLASH;
      out[length++] = BACKSLASH;
      // A backslash is doubled for JSON, and each of the two for COPY.
      if (letter === BACKSLASH) out[length++] = BACKSLASH;
      out[length++] = letter;
    } else length = putUtf8(out, length, code);
  }
  return length;
}

/** The character that the escape at `at` means; -1 for half of a surrogate pair. */
function escapedCode(bytes: Uint8Array, at: number): number {
  if (bytes[at + 1] !== LOWER_U) return MEANT[bytes[at + 1]!]!;
  const code = hexCode(bytes, at + 2);
  if (code < HIGH_SURROGATE || code >= AFTER_SURROGATES) return code;
  if (code >= LOW_SURROGATE || bytes[at + 6] !== BACKSLASH || bytes[at + 7] !== LOWER_U) return -1;
  const low = hexCode(bytes, at + 8);
  if (low < LOW_SURROGATE || low >= AFTER_SURROGATES) return -1;
  return 0x10000 + ((code - HIGH_SURROGATE) << 10) + (low - LOW_SURROGATE);
}

function escapeLength(bytes: Uint8Array, at: number, code: number): number {
  return bytes[at + 1] !== LOWER_U ? 2 : code < 0x10000 ? 6 : 12;
}

function hexCode(bytes: Uint8Array, at: number): number {
  return (HEX[bytes[at]!]! << 12) | (HEX[bytes[at + 1]!]! << 8) | (HEX[bytes[at + 2]!]! << 4) | HEX[bytes[at + 3]!]!;
}

function putUtf8(out: Uint8Array, length: number, code: number): number {
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
