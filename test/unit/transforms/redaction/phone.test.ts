import { type CountryCode, getCountries, getExampleNumber } from 'libphonenumber-js/min';
import examples from 'libphonenumber-js/examples.mobile.json' with { type: 'json' };
import { describe, expect, test } from 'vitest';
import { phoneIn } from '../../../../transforms/redaction/phone.ts';
import { reads, redacted } from './found.ts';

const nowhere = phoneIn([], (region) => expect.unreachable(region));

describe.each(getCountries())('the example of %s', (country: CountryCode) => {
  const here = phoneIn([country.toLowerCase()], (region) => expect.unreachable(region));
  const number = getExampleNumber(country, examples)!;

  test('with + is found everywhere', () => {
    for (const form of [number.number, number.formatInternational(), number.formatInternational().replaceAll(' ', '-')]) {
      expect(redacted(`Call ${form}, please`, nowhere)).toBe('Call <PHONE>, please');
    }
  });

  test('without + is found there, and not without a region', () => {
    for (const form of [number.formatNational(), number.formatNational().replaceAll(/\D/g, '')]) {
      expect(redacted(`Call ${form}, please`, here)).toBe('Call <PHONE>, please');
      expect(redacted(`Call ${form}, please`, nowhere)).toBe(`Call ${form}, please`);
    }
  });
});

describe('of the United States', () => {
  const us = phoneIn(['US'], (region) => expect.unreachable(region));

  reads(us, [
    ['(212) 736-5000, 212.736.5000', '<PHONE>, <PHONE>'],
    ['(212) 736-5000  212.736.5000', '<PHONE>  <PHONE>'],
    ['212 736 5000 212 736 5001', '<PHONE> <PHONE>'],
    ['2127365000-2127365001', '<PHONE>-<PHONE>'],
    ['12/31/2026 2127365000', '12/31/2026 <PHONE>'],
    ['tel2127365000x', 'tel<PHONE>x'],
    ['212-736-5000 ext. 12', '<PHONE>'],
    ['212-736-5000x12', '<PHONE>'],
    ['+1 (212) 736-5000', '<PHONE>'],
    ['２１２-７３６-５０００', '<PHONE>'],
    ['212‑736‑5000', '<PHONE>'],
    ['+44 20 7946 0958 +44 20 7946 0959', '<PHONE> <PHONE>'],
    // Of a range that nobody has, so far.
    ['+44 1632 960972', '<PHONE>'],
    ['+1 2 3', '+1 2 3'],
    ['736-5000', '736-5000'],
    ['112-736-5000', '112-736-5000'],
    ['order 12345', 'order 12345'],
    ['2026-01-02 12:34:56', '2026-01-02 12:34:56'],
  ]);
});

describe('of Great Britain', () => {
  const gb = phoneIn(['GB'], (region) => expect.unreachable(region));

  reads(gb, [
    ['07911 123456 07911 123457', '<PHONE> <PHONE>'],
    ['2026 07911 123456', '2026 <PHONE>'],
    ['07911 123456 12', '<PHONE> 12'],
    ['0044 20 7946 0958 or (020) 7946 0958', '<PHONE> or <PHONE>'],
    ['12345 67890 1', '12345 67890 1'],
  ]);
});

describe('of several countries', () => {
  const many = phoneIn(['GB', 'DE', 'fr'], (region) => expect.unreachable(region));

  reads(many, [
    ['089/63648018 und 0171 1234567', '<PHONE> und <PHONE>'],
    ['Tel.+49 (0) 89 / 636-48018', 'Tel.<PHONE>'],
    ['06 12 34 56 78', '<PHONE>'],
  ]);
});

test('a region that is none is told', () => {
  const told: string[] = [];
  phoneIn(['GB', 'Europe'], (region) => told.push(region));
  expect(told).toEqual(['Europe']);
});
