import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ExactNumber } from '../../../singer/index.ts';
import { Eraser, type Place } from '../../../privacy/eraser.ts';
import { subjectOf } from '../../../privacy/subject.ts';

const place = (more: Partial<Place> = {}): Place => ({ field: 'f', nullable: true, ...more });
const erase = (value: string, more: Partial<Place> = {}) => new Eraser().erase(value, place(more)) as string;

describe('the shape stays', () => {
  test.each<[string, RegExp, Partial<Place>?]>([
    ['Ada.Lovelace@Example.org', /^[\da-f]{16}@erased\.invalid$/],
    ['ada@example.org', /^[\da-f]{4}@erased\.invalid$/, { maxLength: 19 }],
    ['ada@example.org', /^[a-z]{3}@[a-z]{7}\.[a-z]{2}$/, { maxLength: 14 }],
    ['SW1A 2AA', /^[A-Z]{2}\d[A-Z] \d[A-Z]{2}$/],
    ['01632 960 972', /^\d{5} \d{3} \d{3}$/],
    ['+44 (0)20-7946', /^\+\d\d \(\d\)\d\d-\d{4}$/],
    ['Ada', /^[A-Z][a-z]{2}$/],
    ['Łukasz Żak', /^[A-Z][a-z]{5} [A-Z][a-z]{2}$/],
    ['Анна', /^[A-Z][a-z]{3}$/],
    ['1984-03-12', /^1984-01-01$/],
    ['1984-03-12T10:11:12.345+02:00', /^1984-01-01T00:00:00\+02:00$/],
    ['1984-03-12 10:11', /^1984-01-01 00:00:00$/],
    ['12 March 1984', /^\d\d [A-Z][a-z]{4} \d{4}$/],
    ['12 March 1984', /^1970-01-01$/, { format: 'date', nullable: false }],
    ['6f1c3d2e-8a4b-4c5d-9e6f-0a1b2c3d4e5f', /^[\da-f]{8}-[\da-f]{4}-8[\da-f]{3}-8[\da-f]{3}-[\da-f]{12}$/],
    ['https://example.org/~ada', /^https:\/\/erased\.invalid\/[\da-f]{16}$/],
    ['10.1.2.3', /^0\.0\.0\.0$/, { format: 'ipv4' }],
    ['12.50', /^\d{2}\.\d{2}$/, { format: 'x-singer.decimal' }],
    ['aGVsbG8=', /^$/, { isEncoded: true }],
    ['', /^$/],
  ])('%s', (value, shape, more) => {
    const made = erase(value, more);
    expect(made).toMatch(shape);
    if (value !== '') expect(made).not.toBe(value);
  });

  test('of numbers: as many digits, not greater, within bounds', () => {
    const eraser = new Eraser();
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 2_147_483_647 }), (number) => {
        const made = eraser.erase(number, place()) as number;
        expect(String(made)).toHaveLength(String(number).length);
        if (number > 9) expect(made).toBeLessThan(2_147_483_648);
        expect(made).not.toBe(number);
      }),
    );
    expect(eraser.erase(1984, place({ minimum: 1900 }))).toSatisfy((year: number) => year >= 1900);
    expect(eraser.erase(new ExactNumber('1.50'), place())).toEqual({ text: expect.stringMatching(/^\d\.\d\d$/) });
    expect(eraser.erase(new ExactNumber('1e400'), place())).toEqual({ text: '0' });
  });

  test('of objects and lists', () => {
    const made = new Eraser().erase({ street: 'High St 1', tags: ['Ada', null], on: true }, place());
    expect(made).toEqual({
      street: expect.stringMatching(/^[A-Z][a-z]{3} [A-Z][a-z] \d$/),
      tags: [expect.any(String), null],
      on: false,
    });
  });
});

test('no text that has a letter or a digit stays as it is', () => {
  const eraser = new Eraser();
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (text) => {
      fc.pre(/[\p{L}\p{N}]/u.test(text) && !text.toLowerCase().trim().endsWith('@erased.invalid'));
      expect(eraser.erase(text, place())).not.toBe(text);
    }),
    { numRuns: 2000 },
  );
});

test('equal values of a field become equal ones, in one eraser; of another field or eraser others', () => {
  const eraser = new Eraser();
  const name = 'Ada Augusta King';
  expect(eraser.erase(name, place())).toBe(eraser.erase(name, place()));
  expect(eraser.erase(name, place())).not.toBe(eraser.erase(name, place({ field: 'g' })));
  expect(eraser.erase(name, place())).not.toBe(new Eraser().erase(name, place()));
});

test('an address that is erased already stays', () => {
  const made = erase('ada@example.org');
  expect(erase(made)).toBe(made);
});

test('with dates null, a date becomes null where it may', () => {
  expect(new Eraser('null').erase('1984-03-12', place())).toBeNull();
  expect(new Eraser('null').erase('1984-03-12', place({ nullable: false }))).toBe('1970-01-01');
});

test('people are compared without blanks, addresses without case', () => {
  expect(subjectOf(' Ada@Example.ORG ')).toBe('ada@example.org');
  expect(subjectOf(' A1\n')).toBe('A1');
  expect(subjectOf('A1')).not.toBe(subjectOf('a1'));
});
