import { isUtf8 } from 'node:buffer';

/** Shorter than this a key can be guessed. */
const LEAST_BYTES = 32;
/** Random bytes have more different ones than this, with certainty: 32 have 30. */
const LEAST_DIFFERENT = 12;
/** A text made of repetitions of so many characters or fewer is no key. */
const MOST_PERIOD = 16;

const SHORT = `is shorter than ${LEAST_BYTES} bytes`;
const WEAK = 'is a well-known or repetitive text';

/** The bytes of a key, or why it is none. `fault` completes "the key ..." and says nothing of the key. */
export type KeyBytes = { readonly secret: Buffer } | { readonly fault: string };

/**
 * Reads a key as it stands in a variable or a file: hexadecimal digits, base64 (or base64url) of 32 or more bytes, or else any text of 32 or
 * more; white space at its ends does not count. Bytes that are no UTF-8 are a key as they are.
 */
export function readKey(given: Buffer): KeyBytes {
  if (!isUtf8(given)) return judged(given);
  const text = given.toString().trim();
  if (text === '') return { fault: 'is empty' };
  if (UNEXPANDED.test(text)) return { fault: 'is the name of a variable that nobody put a value for' };
  if (periodOf(text) <= MOST_PERIOD) return { fault: WEAK };
  const bytes = fromHex(text);
  if (bytes !== undefined) return judged(bytes);
  return isKnown(text) ? { fault: text.length < LEAST_BYTES ? SHORT : WEAK } : judged(fromBase64(text) ?? Buffer.from(text));
}

function judged(secret: Buffer): KeyBytes {
  if (secret.length < LEAST_BYTES) return { fault: SHORT };
  if (new Set(secret).size < LEAST_DIFFERENT || isRegular(secret)) return { fault: WEAK };
  return { secret };
}

/** `$PII_KEY`, `${PII_KEY}`, `%PII_KEY%`, `{{ env.PII_KEY }}`. */
const UNEXPANDED = /^(?:\$\w+|\$\{[^}]*\}|\$\([^)]*\)|%\w+%|\{\{[^}]*\}\}|<[^>]*>)$/;

/** Digits of bytes, however few: as a text they would look twice as long as they are. */
function fromHex(text: string): Buffer | undefined {
  return text.length % 2 === 0 && /^[\da-f]+$/i.test(text) ? Buffer.from(text, 'hex') : undefined;
}

function fromBase64(text: string): Buffer | undefined {
  const bare = text.replace(/={1,2}$/, '');
  if (!/^(?:[\w-]+|[A-Za-z\d+/]+)$/.test(bare) || bare.length % 4 === 1) return undefined;
  const bytes = Buffer.from(bare, 'base64');
  return bytes.length >= LEAST_BYTES ? bytes : undefined;
}

/** The length of the shortest piece that the text repeats, the last time perhaps in part. */
function periodOf(text: string): number {
  for (let period = 1; period < text.length; period++) if (text.startsWith(text.slice(period))) return period;
  return text.length;
}

/** Words of which keys in examples are made. */
const WORDS =
  /change|replace|this|with|your|my|our|the|please|super|very|strong|long|secure|secret|private|master|token|password|passwd|pass|phrase|key|default|example|sample|test|testing|dummy|demo|dev|local|prod|todo|fixme|insert|here|some|value|random|string|pii|hmac|pseudonym|anonym|ization|isation|ize|ise|tapline|company|data|encryption|transform|mapper|salt|pepper|hash|admin|root|user|letmein|welcome|qwerty|asdf|foobar|foo|bar|baz|abc|xyz|lorem|ipsum|correct|horse|battery|staple|at|least|characters|chars|bytes|must|be|me|not|in|production|is|a|an|for|of|to|and|x+|\d+/g;
/** So many letters that are none of those words make a key. */
const LEAST_UNKNOWN = 10;

function isKnown(text: string): boolean {
  const letters = text.toLowerCase().replaceAll(/[^a-z\d]/g, ' ');
  return letters.replaceAll(WORDS, '').replaceAll(' ', '').length < LEAST_UNKNOWN && !/\d{12}/.test(text.replaceAll(RUNS, ''));
}

/** Digits and letters in their order. */
const RUNS = /0123456789|1234567890|123456789|12345678/g;

/** True if most bytes follow from those before them by the same step: `abcdef…`, 00 01 02 …. */
function isRegular(bytes: Buffer): boolean {
  const steps = new Map<number, number>();
  for (let i = 1; i < bytes.length; i++) {
    const step = bytes[i]! - bytes[i - 1]!;
    steps.set(step, (steps.get(step) ?? 0) + 1);
  }
  return Math.max(0, ...steps.values()) > bytes.length / 2;
}
