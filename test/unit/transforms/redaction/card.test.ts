import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { card } from '../../../../transforms/redaction/card.ts';
import { foundIn, luhnDigit, reads, redacted } from './found.ts';

const LENGTHS = [12, 13, 14, 15, 16, 17, 18, 19];
const digits = (count: number): fc.Arbitrary<string> =>
  fc
    .tuple(fc.integer({ min: 1, max: 9 }), fc.array(fc.nat(9), { minLength: count - 1, maxLength: count - 1 }))
    .map(([first, others]) => `${first}${others.join('')}`);

/** Digits in groups of the given sizes; the rest is the last group. */
function grouped(number: string, sizes: readonly number[], separator: string): string {
  let at = 0;
  const groups = sizes.map((size) => number.slice(at, (at += size)));
  return [...groups, number.slice(at)].filter((group) => group !== '').join(separator);
}

describe.each(LENGTHS)('numbers of %i digits', (length) => {
  test('all ten check digits of many: the right one is found, the nine others are left', () => {
    fc.assert(
      fc.property(digits(length - 1), (body) => {
        const right = luhnDigit(body);
        for (let check = 0; check <= 9; check++) {
          expect(foundIn(`a ${body}${check}, b`, card)).toEqual(check === right ? [`${body}${check}`] : []);
        }
      }),
      { numRuns: 500 },
    );
  });

  test('with any one digit wrong are left', () => {
    fc.assert(
      fc.property(digits(length - 1), fc.nat(length - 1), fc.integer({ min: 1, max: 9 }), (body, place, by) => {
        const right = Array.from(`${body}${luhnDigit(body)}`);
        const wrong = right.with(place, String((Number(right[place]) + by) % 10)).join('');
        expect(foundIn(`a ${wrong}, b`, card)).toEqual([]);
      }),
      { numRuns: 500 },
    );
  });

  test('are found in groups, whatever stands between these', () => {
    fc.assert(
      fc.property(digits(length - 1), fc.constantFrom(' ', '-', '.', ' - ', '\n', '\u00A0', '–'), (body, separator) => {
        const number = `${body}${luhnDigit(body)}`;
        for (const sizes of [[4, 4, 4, 4], [4, 6], [6], [2, 2, 2, 2, 2, 2, 2]]) {
          expect(redacted(`No. ${grouped(number, sizes, separator)}!`, card)).toBe('No. <CARD>!');
        }
      }),
      { numRuns: 200 },
    );
  });
});

reads(card, [
  ['visa4111111111111111', 'visa<CARD>'],
  ['4111 1111 1111 1111 123', '<CARD> 123'],
  ['12 4111-1111-1111-1111 03/27', '12 <CARD> 03/27'],
  ['3782 822463 10005 1234', '<CARD> 1234'],
  ['４１１１　１１１１　１１１１　１１１１', '<CARD>'],
  ['٤١١١ ١١١١ ١١١١ ١١١١', '<CARD>'],
  ['4111\u200B1111\u200B1111\u200B1111', '<CARD>'],
  ['4111111111111111 4242424242424242', '<CARD> <CARD>'],
  // No card: a zero first, too long, too short, another number of digits beside it.
  ['0000 0000 0000 0000', '0000 0000 0000 0000'],
  ['41111111111111111111', '41111111111111111111'],
  ['79927398713', '79927398713'],
  ['4111 1111 1111 1112', '4111 1111 1111 1112'],
  ['4111111111111111²', '<CARD>²'],
]);
