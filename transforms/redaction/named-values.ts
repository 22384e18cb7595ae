import { ExactNumber, isJsonObject, type Json } from '../../singer/index.ts';
import { ValueFault } from '../fault.ts';
import type { Finding } from './detector.ts';
import { folded } from './reading.ts';
import { UNSPACED } from './scripts.ts';

/** More than names, addresses and numbers have: to look for so much would take too long. */
const MOST = 1000;
const MOST_WORDS = 100;
/** Shorter values stand in most texts by chance. */
const LEAST = 2;
const LEAST_OF_WORD = 3;

/**
 * What to look for in a text, to find the value of another field of the record: the value as a whole, and each word of it that has three
 * characters or more. Folded. Throws ValueFault for values that are too long to look for.
 */
export function needlesOf(value: Json | undefined): readonly string[] {
  const needles = new Set<string>();
  for (const text of textsOf(value)) {
    const whole = folded(text);
    if (lengthOf(whole) >= LEAST && /[\p{L}\p{N}]/u.test(whole)) needles.add(whole);
    for (const word of whole.split(/[\s,;-]+/)) if (lengthOf(word) >= LEAST_OF_WORD && /\p{L}/u.test(word)) needles.add(word);
  }
  const all = [...needles];
  if (all.length > MOST_WORDS || all.some((needle) => needle.length > MOST)) {
    throw new ValueFault('too-long-to-find', 'a field of values_of has too much in it to be looked for in a text');
  }
  return all;
}

/** All places where one of the needles stands in a folded text, not as a part of a longer word. */
export function* findNeedles(text: string, needles: readonly string[]): Iterable<Finding> {
  for (const needle of needles) {
    for (let start = text.indexOf(needle); start >= 0;) {
      const end = start + needle.length;
      const isFound = isEdge(text, start) && isEdge(text, end);
      if (isFound) yield { start, end, value: needle };
      start = text.indexOf(needle, isFound ? end : start + 1);
    }
  }
}

/** True unless a word goes on from one side of a place to the other. */
function isEdge(text: string, at: number): boolean {
  const before = characterBefore(text, at);
  const after = at < text.length ? String.fromCodePoint(text.codePointAt(at)!) : '';
  return !isOfWord(before) || !isOfWord(after) || UNSPACED.test(before) || UNSPACED.test(after);
}

function isOfWord(character: string): boolean {
  return /[\p{L}\p{N}]/u.test(character);
}

function characterBefore(text: string, at: number): string {
  const unit = text.charAt(at - 1);
  return /[\uDC00-\uDFFF]/.test(unit) ? text.slice(at - 2, at) : unit;
}

function textsOf(value: Json | undefined): readonly string[] {
  if (typeof value === 'string') return [value];
  if (typeof value === 'number') return [String(value)];
  if (value instanceof ExactNumber) return [value.text];
  if (Array.isArray(value)) return value.flatMap((item: Json) => textsOf(item));
  return isJsonObject(value) ? Object.values(value).flatMap((member) => textsOf(member)) : [];
}

function lengthOf(text: string): number {
  return Array.from(text).length;
}
