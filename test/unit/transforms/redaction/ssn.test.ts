import { expect, test } from 'vitest';
import { ssn } from '../../../../transforms/redaction/ssn.ts';
import { foundIn, reads } from './found.ts';

/** The ranges, written once more: as lists. */
const TAXPAYER_GROUPS = new Set([...range(50, 65), ...range(70, 88), ...range(90, 92), ...range(94, 99)]);

function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}

function isGivenOut(area: number, group: number, serial: number): boolean {
  if (area >= 900) return TAXPAYER_GROUPS.has(group);
  return area > 0 && area !== 666 && group > 0 && serial > 0;
}

const written = (number: number, digits: number): string => String(number).padStart(digits, '0');

test('every area with every group: those that are given out are found, all others are left', () => {
  for (const area of range(0, 999)) {
    for (const serial of [0, 1, 4321, 9999]) {
      const numbers = range(0, 99).map((group) => `${written(area, 3)}-${written(group, 2)}-${written(serial, 4)}`);
      const given = numbers.filter((_, group) => isGivenOut(area, group, serial));
      expect(foundIn(numbers.join(', '), ssn)).toEqual(given);
    }
  }
});

test('every serial number', () => {
  const numbers = range(0, 9999).map((serial) => `219-09-${written(serial, 4)}`);
  expect(foundIn(numbers.join('\n'), ssn)).toEqual(numbers.slice(1));
});

reads(ssn, [
  ['219-09-9999', '<SSN>'],
  ['219 09 9999', '<SSN>'],
  ['219.09.9999', '<SSN>'],
  ['219 - 09 - 9999', '<SSN>'],
  ['219–09–9999', '<SSN>'],
  ['２１９-０９-９９９９', '<SSN>'],
  ['x219-09-9999x', 'x<SSN>x'],
  ['SSN: 219099999', 'SSN: <SSN>'],
  ['219099999 is my social security number', '<SSN> is my social security number'],
  ['ssn 666099999', 'ssn 666099999'],
  // Any number of nine digits may be anything.
  ['order 219099999', 'order 219099999'],
  ['lessn 219099999', 'lessn 219099999'],
  ['1219-09-9999', '1219-09-9999'],
  ['219-09-99991', '219-09-99991'],
  ['219-099-999', '219-099-999'],
]);
