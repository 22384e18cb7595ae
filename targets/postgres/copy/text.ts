import { escapedCode, escapeLength, escapeLetters, putUtf8 } from '../../../singer/index.ts';

const BACKSLASH = 0x5c;

/** The letter that stands for a character after a backslash in COPY text; 0 for characters that stand for themselves. */
const COPY_ESCAPE: Uint8Array = escapeLetters({ '\t': 't', '\n': 'n', '\r': 'r', '\\': '\\' });

/**
 * Writes what a valid JSON string with escapes says as COPY text (fast lane); `bytes[at..end)` stands between its quotes. Gives the new
 * length of `out`, or -1 for a string that only the general lane may judge: with U+0000 or half of a surrogate pair.
 */
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
