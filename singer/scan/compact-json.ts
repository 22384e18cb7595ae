import { PLAIN } from './json-scan.ts';
import { respell } from './json-spelling.ts';

const QUOTE = 0x22;
const ZERO = 0x30;
const NINE = 0x39;
const LOWER_E = 0x65;
const UPPER_E = 0x45;
const COMMA = 0x2c;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;

/** Members of the open objects, all levels together, whose names are kept apart. */
const MAX_NAMES = 512;
/** As many levels as a scanner takes. */
const MAX_DEPTH = 32;

/** A value shorter than this holds no number beyond numeric, unless by an exponent. */
const SHORT_VALUE = 16_384;
/** Digits in a row, in a longer value, that are left to the general lane to judge. */
const MANY_DIGITS = 1000;

export interface CompactJsonOptions {
  /** True: for COPY text into jsonb, which escapes backslashes and keeps numbers as numeric; false: JSON as it is. */
  readonly forCopy: boolean;
}

/**
 * Writes JSON values spelled as the general lane spells them after parsing: without space between tokens and
 * with JSON.stringify's escapes. Leaves to that lane what parsing would change more deeply: objects with a name twice, and
 * names that JavaScript puts in another order (those of digits).
 */
export class CompactJson {
  readonly #forCopy: boolean;
  /** Hashes of the names met in the open objects, and where each object's begin. */
  readonly #hashes = new Int32Array(MAX_NAMES);
  readonly #from = new Int32Array(MAX_DEPTH);

  constructor({ forCopy }: CompactJsonOptions) {
    this.#forCopy = forCopy;
  }

  /** Writes the valid value `bytes[at..end)` to `out` from `length` on; gives the new length, -1 to leave it. */
  write(bytes: Uint8Array, at: number, end: number, out: Uint8Array, length: number): number {
    const forCopy = this.#forCopy;
    if (forCopy && end - at >= SHORT_VALUE && hasManyDigits(bytes, at, end)) return -1;
    let depth = 0;
    let names = 0;
    // One bit per open level, the innermost lowest: 1 for an object.
    let objects = 0;
    let nameNext = false;
    while (at < end) {
      const byte = bytes[at]!;
      switch (byte) {
        case 0x20:
        case 0x09:
        case 0x0d:
          at++;
          continue;
        case QUOTE: {
          const close = closingQuote(bytes, at + 1);
          out[length++] = QUOTE;
          const from = length;
          length = respell(bytes, at + 1, close, out, length, forCopy);
          if (length < 0) return -1;
          if (nameNext) {
            if (names >= MAX_NAMES || !this.#isNew(out, from, length, this.#from[depth]!, names)) return -1;
            names++;
            nameNext = false;
          }
          out[length++] = QUOTE;
          at = close + 1;
          continue;
        }
        case OPEN_BRACE:
        case OPEN_BRACKET:
          objects = (objects << 1) | (byte === OPEN_BRACE ? 1 : 0);
          this.#from[++depth] = names;
          nameNext = byte === OPEN_BRACE;
          break;
        case CLOSE_BRACE:
        case CLOSE_BRACKET:
          objects >>>= 1;
          names = this.#from[depth--]!;
          nameNext = false;
          break;
        case COMMA:
          nameNext = (objects & 1) === 1;
          break;
        case LOWER_E:
        case UPPER_E:
          if (forCopy && isDigit(bytes[at - 1]!) && hasLongExponent(bytes, at)) return -1;
          break;
        default:
          break;
      }
      out[length++] = byte;
      at++;
    }
    return length;
  }

  /** Notes a name as it was written; false if it begins with a digit or may have been met in its object. */
  #isNew(text: Uint8Array, at: number, end: number, from: number, names: number): boolean {
    if (at < end && isDigit(text[at]!)) return false;
    let hash = end - at;
    for (; at < end; at++) hash = (Math.imul(hash, 31) + text[at]!) | 0;
    for (let i = from; i < names; i++) if (this.#hashes[i] === hash) return false;
    this.#hashes[names] = hash;
    return true;
  }
}

function closingQuote(bytes: Uint8Array, at: number): number {
  for (;;) {
    while (PLAIN[bytes[at]!] === 1) at++;
    if (bytes[at] === QUOTE) return at;
    at += 2;
  }
}

function isDigit(byte: number): boolean {
  return byte >= ZERO && byte <= NINE;
}

/** True if the exponent that begins at `at` has four digits or more: the number may be beyond numeric, which jsonb keeps it as. */
function hasLongExponent(bytes: Uint8Array, at: number): boolean {
  const digits = isDigit(bytes[at + 1]!) ? at + 1 : at + 2;
  return isDigit(bytes[digits + 1]!) && isDigit(bytes[digits + 2]!) && isDigit(bytes[digits + 3]!);
}

function hasManyDigits(bytes: Uint8Array, at: number, end: number): boolean {
  for (let run = 0; at < end; at++) {
    run = isDigit(bytes[at]!) || bytes[at] === 0x2e ? run + 1 : 0;
    if (run > MANY_DIGITS) return true;
  }
  return false;
}
