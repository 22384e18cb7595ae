import { stringifyExact, withWords } from './json-text.ts';
import type { Json } from './json.ts';

/** Characters of a value that a note of its change keeps. */
const CHARACTERS = 200;

/** The text of a value for a note of its change (`Change.old`); empty if there was none. */
export function noteText(value: Json | undefined): string {
  if (value === undefined) return '';
  const worded = withWords(value);
  const text = typeof worded === 'string' ? worded : stringifyExact(worded);
  // Without the first half of a character that was cut in two.
  return text.slice(0, CHARACTERS).replace(/[\uD800-\uDBFF]$/, '');
}
