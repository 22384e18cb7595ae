import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decimalText, float64Text, int64Text } from '../../../../targets/bigquery/parts/numbers.ts';
import { dateText, timestampText, timeText } from '../../../../targets/bigquery/parts/times.ts';

describe('numbers for load files', () => {
  test.each([
    ['0', '0'],
    ['-0', '0'],
    ['12', '12'],
    ['1.0', '1'],
    ['1e3', '1000'],
    ['999999999999999', '999999999999999'],
    ['1000000000000001', '"1000000000000001"'],
    ['9223372036854775807', '"9223372036854775807"'],
    ['-9223372036854775808', '"-9223372036854775808"'],
  ])('INT64 %s is written as %s', (text, written) => expect(int64Text(text)).toEqual({ text: written }));

  test.each([
    ['9223372036854775808', 'out-of-range'],
    ['1e400', 'out-of-range'],
    ['1.5', 'not-an-integer'],
    ['one', 'not-a-number'],
    ['', 'not-a-number'],
  ])('INT64 refuses %j: %s', (text, why) => expect(int64Text(text)).toBe(why));

  test('FLOAT64 keeps the text that came and tells when a double is another number', () => {
    for (const text of ['0.1', '1.10', '-0', '1e300', '0.30000000000000004', '123456789012345'])
      expect(float64Text(text)).toEqual({ text });
    for (const text of ['0.10000000000000000001', '9007199254740993', '12345678901234567890.5'])
      expect(float64Text(text)).toEqual({ text, lost: true });
    expect(float64Text('+.5')).toEqual({ text: '0.5' });
    expect(float64Text('1e400')).toBe('out-of-range');
    expect(float64Text('NaN')).toBe('not-a-number');
  });

  test.each([
    ['1.5', { type: 'NUMERIC' }, '"1.5"', false],
    ['1e-9', { type: 'NUMERIC' }, '"0.000000001"', false],
    ['-1.0000000005', { type: 'NUMERIC' }, '"-1.000000001"', true],
    ['0.0000000004', { type: 'NUMERIC' }, '"0"', true],
    ['-0.00', { type: 'NUMERIC' }, '"0"', false],
    ['12e3', { type: 'NUMERIC' }, '"12000"', false],
    ['99999999999999999999999999999.999999999', { type: 'NUMERIC' }, '"99999999999999999999999999999.999999999"', false],
    ['12.345', { type: 'NUMERIC', precision: 4, scale: 2 }, '"12.35"', true],
    ['12345678901234567890.12345678901234567890', { type: 'BIGNUMERIC' }, '"12345678901234567890.1234567890123456789"', false],
  ] as const)('%s as %j is written as %s', (text, type, written, lost) =>
    expect(decimalText(text, type)).toEqual(lost ? { text: written, lost } : { text: written }),
  );

  test.each([
    ['1e29', { type: 'NUMERIC' }],
    ['99999999999999999999999999999.9999999995', { type: 'NUMERIC' }],
    ['100', { type: 'NUMERIC', precision: 4, scale: 2 }],
    ['99.995', { type: 'NUMERIC', precision: 4, scale: 2 }],
    ['1e38', { type: 'BIGNUMERIC' }],
  ] as const)('%s is beyond %j', (text, type) => expect(decimalText(text, type)).toBe('out-of-range'));

  test('a decimal within its digits is the same number whatever its spelling', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(10n ** 20n), max: 10n ** 20n }), fc.integer({ min: 0, max: 9 }), (units, scale) => {
        const result = decimalText(`${units}e-${scale}`, { type: 'NUMERIC' });
        if (typeof result === 'string') throw new Error(result);
        const [, sign = '', whole = '', fraction = ''] = /^"(-?)(\d+)(?:\.(\d+))?"$/.exec(result.text)!;
        expect(result.lost).toBeUndefined();
        expect(BigInt(`${sign}${whole}${fraction.padEnd(scale, '0')}`) * 1n).toBe(units);
      }),
    );
  });
});

describe('times for load files', () => {
  test.each([
    ['2026-01-02T03:04:05Z', '2026-01-02T03:04:05Z', undefined],
    ['2026-01-02 03:04:05', '2026-01-02T03:04:05Z', undefined],
    ['2026-01-02', '2026-01-02T00:00:00Z', undefined],
    ['2026-01-02t03:04z', '2026-01-02T03:04:00Z', undefined],
    ['2026-01-02T03:04:05,5+0200', '2026-01-02T03:04:05.5+02:00', undefined],
    ['2026-01-02T03:04:05.1234560+01', '2026-01-02T03:04:05.123456+01:00', undefined],
    ['2026-01-02T03:04:05.1234567Z', '2026-01-02T03:04:05.123456Z', 'fraction'],
  ] as const)('%s as a TIMESTAMP is %s (lost: %s)', (given, text, lost) =>
    expect(timestampText(given)).toEqual(lost === undefined ? { text } : { text, lost }),
  );

  test.each([
    '2026-02-30',
    '0000-01-01',
    '10000-01-01',
    '2026-01-02T25:00:00Z',
    '0001-01-01T00:00:00+02:00',
    '9999-12-31T23:00:00-02:00',
    'now',
  ])('%s is no TIMESTAMP', (text) => expect(timestampText(text)).toBeUndefined());

  test('a date loses its time of day, a time its zone, and both say so', () => {
    expect(dateText('2026-01-02T00:00:00Z')).toEqual({ text: '2026-01-02' });
    expect(dateText('2026-01-02T00:00:01Z')).toEqual({ text: '2026-01-02', lost: 'time' });
    expect(timeText('03:04')).toEqual({ text: '03:04:00' });
    expect(timeText('03:04:05Z')).toEqual({ text: '03:04:05' });
    expect(timeText('03:04:05+02:00')).toEqual({ text: '03:04:05', lost: 'zone' });
    expect(timeText('24:00:00')).toBeUndefined();
  });
});
