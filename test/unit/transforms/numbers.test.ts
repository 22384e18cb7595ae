import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ExactNumber, type Json, type JsonObject, type JsonSchema, stringifyExact } from '../../../singer/index.ts';
import { compareDecimals, decimalOf, roundDecimal, textOfDecimal } from '../../../transforms/numbers/decimal.ts';
import abs from '../../../transforms/operations/abs.ts';
import clamp from '../../../transforms/operations/clamp.ts';
import number from '../../../transforms/operations/number.ts';
import round from '../../../transforms/operations/round.ts';
import { recordOf, schemaOf, transform } from './run.ts';
import { compile } from './values.ts';

/** What stands in the record: the text of the number, or the rule that refused it. */
function read(value: Json, parameters: JsonObject = {}): string {
  const out = compile(number, parameters).of(value);
  return typeof out === 'string' ? out : stringifyExact(out!);
}

describe('number', () => {
  test.each<[string, string, JsonObject?]>([
    ['12', '12'],
    [' -12.50 ', '-12.50'],
    ['007', '7'],
    ['.5', '0.5'],
    ['+5', '5'],
    ['5-', '-5'],
    ['−5', '-5'],
    ['0.125', '0.125'],
    ['1234.567', '1234.567'],
    ['1.5e3', '1.5e3'],
    ['1e400', '1e400'],
    ['-0', '-0'],
    ['12345678901234567890.123456789', '12345678901234567890.123456789'],
    ['١٢٫٥', '12.5', { locale: 'ar-EG' }],
    ['1.234', '1.234', { decimal: '.' }],
    ['1.234', '1234', { group: '.' }],
    ['1.234.567,89', '1234567.89', { group: '.', decimal: ',' }],
    ['12,5', '12.5', { decimal: ',' }],
    ['12,34,567.5', '1234567.5', { locale: 'en-IN' }],
    ['1\u202F234,50', '1234.50', { locale: 'fr' }],
    ['1\u00A0234,50', '1234.50', { locale: 'fr' }],
    ['1 234,50', '1234.50', { locale: 'ru' }],
    ["1'234.50", '1234.50', { locale: 'de-CH' }],
    ['1’234.50', '1234.50', { locale: 'de-CH' }],
    ['$1,234.50', '1234.50', { locale: 'en', currency: 'strip' }],
    ['-$5', '-5', { currency: 'strip' }],
    ['$-5', '-5', { currency: 'strip' }],
    ['EUR 5', '5', { currency: 'strip' }],
    ['5 EUR-', '-5', { currency: 'strip' }],
    ['5,50\u00A0zł', '5.50', { locale: 'pl', currency: 'strip' }],
    ['99 kr.', '99', { currency: 'strip' }],
    ['(1,234.50)', '-1234.50', { locale: 'en', parens_negative: true }],
    ['($5)', '-5', { parens_negative: true, currency: 'strip' }],
    ['12.5%', '0.125', { percent: 'divide' }],
    ['-7 %', '-0.07', { percent: 'divide' }],
    ['%7', '7', { percent: 'strip' }],
    ['7', '7', { percent: 'divide' }],
  ])('%s is %s', (text, expected, parameters) => {
    expect(read(text, parameters)).toBe(expected);
  });

  test.each<[Json, JsonObject?]>([
    ['1.234'],
    ['-1.234'],
    ['1,234'],
    ['12,5'],
    ['1 234'],
    ['1.234.567'],
    ['1,23,4', { group: ',' }],
    ['1234,567', { group: ',' }],
    ['1,234', { decimal: '.' }],
    ['1.5', { group: '.' }],
    ['', {}],
    ['-'],
    ['.'],
    ['5.'],
    ['--5'],
    ['-5-'],
    ['(5)'],
    ['(-5)', { parens_negative: true }],
    ['5%'],
    ['$5'],
    ['5K', { currency: 'strip' }],
    ['5 apples', { currency: 'strip' }],
    ['3 cup', { currency: 'strip' }],
    ['½'],
    ['5²'],
    ['Infinity'],
    ['NaN'],
    ['0x10'],
    [true],
    [{}],
    [[]],
  ])('%j is refused', (value, parameters) => {
    expect(read(value, parameters)).toMatch(/^! (number-separators|not-a-number)$/);
  });

  test('numbers pass as they are', () => {
    const exact = new ExactNumber('1.10');
    const { of } = compile(number, { locale: 'de' });
    expect(of(1.234)).toBe(1.234);
    expect(of(exact)).toBe(exact);
  });

  test('what Intl writes in any language is read back', () => {
    const locales = [
      'en',
      'en-IN',
      'de',
      'de-CH',
      'fr',
      'ru',
      'pl',
      'es',
      'pt',
      'sv',
      'ar-EG',
      'fa',
      'hi',
      'bn',
      'my',
      'ja',
      'et',
    ];
    const compiled = new Map(locales.map((locale) => [locale, compile(number, { locale, currency: 'strip' })] as const));
    fc.assert(
      fc.property(fc.constantFrom(...locales), fc.integer({ min: -1e12, max: 1e12 }), (locale, cents) => {
        const value = cents / 100;
        for (const options of [{}, { style: 'currency', currency: 'EUR' }] as const) {
          const text = new Intl.NumberFormat(locale, { ...options, minimumFractionDigits: 2 }).format(value);
          expect(Number(stringifyExact(compiled.get(locale)!.of(text)!)), text).toBe(value);
        }
      }),
      { numRuns: 500 },
    );
  });

  test('what is wrong with the parameters is told', () => {
    const problems = (parameters: JsonObject): string => compile(number, parameters).problems.join();
    expect(problems({ decimal: '5' })).toMatch(/^decimal: /);
    expect(problems({ group: ',,' })).toMatch(/^group: /);
    expect(problems({ decimal: ',', group: ',' })).toMatch(/^group: /);
    expect(problems({ locale: 'xx' })).toMatch(/^locale: /);
  });

  test('all digits stand in the record that comes out', async () => {
    const config = { transforms: { s: { fields: { value: 'number' } } } };
    const text = '123456789012345678901234567890.10';
    const result = await transform(config, [
      schemaOf('s', { value: { type: ['string', 'null'] } }),
      recordOf('s', { value: text }),
    ]);
    expect(result.text).toContain(`"record":{"value":${text}}`);
    expect(result.schema('s')!['schema']).toMatchObject({ properties: { value: { type: ['number', 'null'] } } });
  });
});

describe('round, clamp and abs', () => {
  const NUMBERS: JsonSchema = { type: ['number', 'null'] };

  test.each<[Json, JsonObject, Json]>([
    [2.675, { digits: 2 }, 2.68],
    [-2.675, { digits: 2 }, -2.68],
    [2.5, {}, 3],
    [2.5, { mode: 'half_even' }, 2],
    [3.5, { mode: 'half_even' }, 4],
    [2.500001, { mode: 'half_even' }, 3],
    [-2.1, { mode: 'floor' }, -3],
    [-2.9, { mode: 'ceiling' }, -2],
    [2.9, { mode: 'truncate' }, 2],
    [0.04, { digits: 1 }, 0],
    [-0.04, { digits: 1 }, 0],
    [0.0004, { digits: 1, mode: 'ceiling' }, 0.1],
    [9.99, { digits: 1 }, 10],
    [1250, { digits: -2 }, 1300],
    [49, { digits: -2 }, 0],
    [50, { digits: -2 }, 100],
    [1.5, { digits: 2 }, 1.5],
    [1e-7, { digits: 3 }, 0],
    [1e21, {}, 1e21],
    [new ExactNumber('12345678901234567890.125'), { digits: 2 }, new ExactNumber('12345678901234567890.13')],
    [new ExactNumber('1e-999999999'), { digits: 2 }, 0],
    [new ExactNumber('1e999999999'), { digits: 2 }, new ExactNumber('1e999999999')],
    [new ExactNumber('1.10'), { digits: 2 }, new ExactNumber('1.10')],
  ])('%s rounded %j is %s', (value, parameters, expected) => {
    expect(compile(round, parameters, { schema: NUMBERS }).of(value)).toEqual(expected);
  });

  test('rounding agrees with exact arithmetic', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n }), fc.integer({ min: 1, max: 12 }), (units, cut) => {
        const text = textOfDecimal({ ...decimalOf(String(units))!, exponent: -12 });
        const step = 10n ** BigInt(cut);
        const size = units < 0n ? -units : units;
        const rounded = ((size + step / 2n) / step) * step * (units < 0n ? -1n : 1n);
        const result = roundDecimal(decimalOf(text)!, 12 - cut, 'half_up');
        expect(compareDecimals(result, { ...decimalOf(String(rounded))!, exponent: -12 })).toBe(0);
      }),
    );
  });

  test('numbers compare by all their digits', () => {
    const compare = (a: string, b: string): number => Math.sign(compareDecimals(decimalOf(a)!, decimalOf(b)!));
    expect(compare('12345678901234567890', '12345678901234567891')).toBe(-1);
    expect(compare('1.50', '1.5')).toBe(0);
    expect(compare('1e3', '999.999')).toBe(1);
    expect(compare('-2', '-1')).toBe(-1);
    expect(compare('-0.0', '0')).toBe(0);
    expect(compare('-1', '0.5')).toBe(-1);
    expect(compare('0', '0.001')).toBe(-1);
  });

  test('clamp puts bounds in place of what is beyond them, and nothing else', () => {
    const { of } = compile(clamp, { min: 0, max: '12345678901234567890.5' }, { schema: NUMBERS });
    const within = new ExactNumber('12345678901234567890.4');
    expect(of(within)).toBe(within);
    expect(of(-0.5)).toBe(0);
    expect(of(new ExactNumber('12345678901234567890.6'))).toEqual(new ExactNumber('12345678901234567890.5'));
    expect(compile(clamp, { min: 2, max: 1 }, { schema: NUMBERS }).problems).toHaveLength(1);
    expect(compile(clamp, {}, { schema: NUMBERS }).problems).toHaveLength(1);
    expect(compile(clamp, { min: 'low' }, { schema: NUMBERS }).problems).toHaveLength(1);
  });

  test('abs takes the sign away', () => {
    const { of } = compile(abs, {}, { schema: NUMBERS });
    expect([of(-1.5), of(1.5), of(0)]).toEqual([1.5, 1.5, 0]);
    expect(of(new ExactNumber('-12345678901234567890'))).toEqual(new ExactNumber('12345678901234567890'));
  });

  test('texts with the format of decimals are numbers and stay texts', () => {
    const schema = { type: ['string', 'null'], format: 'singer.decimal' };
    const decimal = compile(round, { digits: 1 }, { schema });
    expect(decimal.of('12345678901234567890.25')).toBe('12345678901234567890.3');
    expect(decimal.schema).toEqual(schema);
  });

  test('fields of texts are refused before anything is read, other values when they come', () => {
    expect(compile(round, {}, { schema: { type: 'string' } }).problems.join()).toMatch(/put `number` before it/);
    const { of } = compile(round, {}, { schema: {} });
    expect([of('2.5'), of(true), of([])]).toEqual(['! not-a-number', '! not-a-number', '! not-a-number']);
  });

  test('whole numbers stay whole in the schema where they do in fact', () => {
    const schema = { type: ['integer', 'null'] };
    expect(compile(round, { digits: -2 }, { schema }).schema).toEqual({ type: ['integer', 'null'] });
    expect(compile(clamp, { min: 0, max: 10 }, { schema }).schema).toEqual({ type: ['integer', 'null'] });
    expect(compile(clamp, { max: 10.5 }, { schema }).schema).toEqual({ type: ['number', 'null'] });
  });
});
