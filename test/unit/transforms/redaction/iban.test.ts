import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { IBAN_COUNTRIES, ibanLength } from '../../../../transforms/ibans.ts';
import { iban } from '../../../../transforms/redaction/iban.ts';
import { foundIn, ibanDigits, redacted } from './found.ts';

/** Examples of the registry. */
const REGISTRY = [
  'AD1200012030200359100100',
  'AE070331234567890123456',
  'BR1800360305000010009795493C1',
  'BY13NBRB3600900000002Z00AB00',
  'CH9300762011623852957',
  'CR05015202001026284066',
  'DE89370400440532013000',
  'EG380019000500000000263180002',
  'FR1420041010050500013M02606',
  'GB29NWBK60161331926819',
  'LC55HEMM000100010012001200023015',
  'MT84MALT011000012345MTLCAST001S',
  'MU17BOMM0101101030300200000MUR',
  'NO9386011117947',
  'SC18SSCB11010000000000001497USD',
  'XK051212012345678906',
];

const rest = (length: number): fc.Arbitrary<string> =>
  fc
    .array(fc.constantFrom(...Array.from('0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789')), {
      minLength: length,
      maxLength: length,
    })
    .map((characters) => characters.join(''));
const inFours = (text: string, separator = ' '): string => text.replaceAll(/.{4}(?=.)/g, `$&${separator}`);

test('there are all countries of the registry', () => expect(IBAN_COUNTRIES.length).toBeGreaterThan(85));

test.each(REGISTRY)('the example %s', (text) => {
  expect(foundIn(text, iban)).toEqual([text]);
  expect(redacted(`an ${inFours(text)}.`, iban)).toBe('an <IBAN>.');
});

describe.each(IBAN_COUNTRIES)('of %s', (country) => {
  const length = ibanLength(country)!;

  test('all hundred check digits of some: the right ones are found, all others are left', () => {
    fc.assert(
      fc.property(rest(length - 4), (rest) => {
        const right = ibanDigits(country, rest);
        for (let check = 0; check <= 99; check++) {
          const text = `${country}${String(check).padStart(2, '0')}${rest}`;
          // 00, 01 and 99 have the same rest as 97, 98 and 02; banks do not give them out, and they pass the check all the same.
          expect(foundIn(`to ${text}, please`, iban)).toEqual(check % 97 === right % 97 ? [text] : []);
        }
      }),
      { numRuns: 10 },
    );
  });

  test('with one character wrong, missing or too many are left', () => {
    fc.assert(
      fc.property(rest(length - 4), fc.nat(length - 5), (rest, place) => {
        const whole = `${country}${String(ibanDigits(country, rest)).padStart(2, '0')}${rest}`;
        const old = whole[place + 4]!;
        const other = /\d/.test(old) ? (Number(old) + 1) % 10 : old === 'Q' ? 'R' : 'Q';
        const wrong = `${whole.slice(0, place + 4)}${other}${whole.slice(place + 5)}`;
        for (const text of [wrong, whole.slice(0, -1), `${whole}0`, `A${whole}`])
          expect(foundIn(`to ${text}, b`, iban)).toEqual([]);
      }),
      { numRuns: 30 },
    );
  });

  test('are found in each form', () => {
    fc.assert(
      fc.property(rest(length - 4), (rest) => {
        const whole = `${country}${String(ibanDigits(country, rest)).padStart(2, '0')}${rest}`;
        const forms = [
          whole,
          whole.toLowerCase(),
          inFours(whole),
          inFours(whole, '-'),
          inFours(whole, '\u00A0'),
          inFours(whole, '\n'),
        ];
        for (const form of forms) expect(redacted(`IBAN: ${form}; thanks`, iban)).toBe('IBAN: <IBAN>; thanks');
        expect(redacted(`IBAN${whole}`, iban)).toBe('IBAN<IBAN>');
      }),
      { numRuns: 10 },
    );
  });
});

test('of a country that has none are left', () => {
  expect(redacted('US64SVBKUS6S3300958879', iban)).toBe('US64SVBKUS6S3300958879');
});
