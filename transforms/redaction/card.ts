import type { Detector, Finding } from './detector.ts';
import { digitRuns, type Group } from './digit-runs.ts';

/** ISO/IEC 7812: numbers of cards have at most 19 digits; the shortest that are used have 12. */
const LEAST = 12;
const MOST = 19;
/** A few signs, a line break among them or none. */
const SEPARATOR = /^(?:[ ./_-]{1,3}|[ \r]{0,2}\n ?)$/;

/** Groups of digits in which numbers of cards are written, where other digits stand beside them. */
const LAYOUTS: ReadonlySet<string> = new Set([
  '4-4-4-4',
  '4-4-4-4-1',
  '4-4-4-4-2',
  '4-4-4-4-3',
  '4-6-5',
  '4-6-4',
  '4-5-6',
  '4-3-3-3',
  '6-10',
  '6-13',
  '8-8',
]);

/** Numbers of payment cards with the right check digit (Luhn, ISO/IEC 7812-1), in one piece or in groups. */
export const card: Detector = {
  label: 'CARD',
  *find(text) {
    for (const run of digitRuns(text, SEPARATOR)) {
      for (let first = 0; first < run.length; first++) {
        const found = longestFrom(text, run, first);
        if (found !== undefined) yield found;
      }
    }
  },
};

/** The longest number of a card that begins with a group. */
function longestFrom(text: string, run: readonly Group[], first: number): Finding | undefined {
  let longest: Finding | undefined;
  let value = '';
  const sizes: number[] = [];
  for (let last = first; last < run.length; last++) {
    const { start, end } = run[last]!;
    if (value.length + end - start > MOST) break;
    value += text.slice(start, end);
    sizes.push(end - start);
    const isAll = first === 0 && last === run.length - 1;
    const isForm = sizes.length === 1 || isAll || LAYOUTS.has(sizes.join('-'));
    if (value.length >= LEAST && isForm && isCard(value)) longest = { start: run[first]!.start, end, value };
  }
  return longest;
}

function isCard(digits: string): boolean {
  // No issuer has numbers with a zero at the start.
  if (digits.startsWith('0')) return false;
  let sum = 0;
  for (let place = 0; place < digits.length; place++) {
    const digit = digits.charCodeAt(digits.length - 1 - place) - 0x30;
    const counted = place % 2 === 0 ? digit : digit * 2;
    sum += counted > 9 ? counted - 9 : counted;
  }
  return sum % 10 === 0;
}
