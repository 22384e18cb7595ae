import { describe, expect, test } from 'vitest';
import { ExactNumber, type Json, type JsonObject } from '../../../singer/index.ts';
import { BOOLEAN_LANGUAGES, booleanWords } from '../../../transforms/boolean-words.ts';
import boolean from '../../../transforms/operations/boolean.ts';
import cast from '../../../transforms/operations/cast.ts';
import { compile } from './values.ts';

describe('boolean', () => {
  test.each<[Json, JsonObject, Json]>([
    [true, {}, true],
    ['YES', {}, true],
    ['off', {}, false],
    ['t', {}, true],
    [' 0 ', {}, false],
    [1, {}, true],
    [new ExactNumber('0.0'), {}, false],
    ['Да', { locale: 'ru' }, true],
    ['nein', { locale: 'de-AT' }, false],
    ['Oui', { locale: 'fr' }, true],
    ['HAYIR', { locale: 'tr' }, false],
    ['हाँ', { locale: 'hi' }, true],
    ['ΝΑΙ', { locale: 'el' }, true],
    ['はい', { locale: 'ja' }, true],
    ['paid', { true: 'Paid', false: ['open'] }, true],
    ['yes', { true: 'paid' }, '! not-a-boolean'],
    ['no', { true: 'paid' }, false],
    ['ja', {}, '! not-a-boolean'],
    ['', {}, '! not-a-boolean'],
    [2, {}, '! not-a-boolean'],
    [[], {}, '! not-a-boolean'],
    [{}, {}, '! not-a-boolean'],
  ])('%j with %j: %j', (value, parameters, expected) => {
    expect(compile(boolean, parameters).of(value)).toBe(expected);
  });

  test('the words of no language mean both', () => {
    for (const locale of BOOLEAN_LANGUAGES) {
      const words = booleanWords(locale)!;
      expect(compile(boolean, { locale }).problems, locale).toEqual([]);
      const { of } = compile(boolean, { locale });
      expect(
        words.true.map((word) => of(word.toUpperCase())),
        locale,
      ).toEqual(words.true.map(() => true));
      expect(
        words.false.map((word) => of(word)),
        locale,
      ).toEqual(words.false.map(() => false));
    }
  });

  test('a word for both, and a language that is not known, are problems', () => {
    expect(compile(boolean, { true: ['x'], false: ['X'] }).problems.join()).toMatch(/cannot mean both/);
    expect(compile(boolean, { locale: 'xx' }).problems.join()).toMatch(/^locale: /);
    expect(compile(boolean, { locale: 'xx', true: ['x'], false: ['y'] }).problems).toEqual([]);
  });
});

describe('cast', () => {
  const exact = (text: string): ExactNumber => new ExactNumber(text);

  test.each<[string, Json, Json]>([
    ['integer', '12', 12],
    ['integer', ' -007 ', -7],
    ['integer', '12.00', 12],
    ['integer', 12.5, '! not-an-integer'],
    ['integer', exact('1.0'), 1],
    ['integer', exact('1.5e3'), 1500],
    ['integer', exact('1e5000'), '! out-of-range'],
    ['integer', exact('1e-5000'), '! not-an-integer'],
    ['integer', '12345678901234567890', exact('12345678901234567890')],
    ['integer', true, 1],
    ['integer', '', '! not-a-number'],
    ['integer', '1,000', '! not-a-number'],
    ['integer', {}, '! not-a-number'],
    ['number', '1.50', exact('1.50')],
    ['number', '1.234', 1.234],
    ['number', exact('1e400'), exact('1e400')],
    ['number', '0012.5', 12.5],
    ['number', 'NaN', '! not-a-number'],
    ['string', 12.5, '12.5'],
    ['string', exact('1.10'), '1.10'],
    ['string', false, 'false'],
    ['string', { a: [1, exact('1.0')] }, '{"a":[1,1.0]}'],
    ['string', 'as it is', 'as it is'],
    ['boolean', 'TRUE', true],
    ['boolean', 0, false],
    ['boolean', exact('1.0'), '! not-a-boolean'],
    ['boolean', 'yes', '! not-a-boolean'],
    ['date', '2018-04-16', '2018-04-16'],
    ['date', '2018-04-16T23:30:00-05:00', '2018-04-17'],
    ['date', '16.04.2018', '! datetime-order'],
    ['date-time', '2018-04-16 09:01', '2018-04-16T09:01:00Z'],
    ['object', '{"a":1.10}', { a: exact('1.10') }],
    ['object', { a: 1 }, { a: 1 }],
    ['object', '[1]', '! not-an-object'],
    ['object', 'null', '! not-an-object'],
    ['object', '{', '! not-an-object'],
    ['array', '[1]', [1]],
    ['array', [1], [1]],
    ['array', '{}', '! not-an-array'],
    ['array', 1, '! not-an-array'],
  ])('%s of %j: %j', (to, value, expected) => {
    expect(compile(cast, { to }).of(value)).toEqual(expected);
  });

  test('the schema is that of the new type', () => {
    const schemaOf = (to: string, type: Json): unknown => compile(cast, { to }, { schema: { type, title: 't' } }).schema;
    expect(schemaOf('integer', ['string', 'null'])).toEqual({ type: ['integer', 'null'] });
    expect(schemaOf('date-time', 'string')).toEqual({ type: ['string'], format: 'date-time' });
    expect(schemaOf('object', ['string', 'null'])).toEqual({ type: ['object', 'null'] });
    expect(schemaOf('string', 'string')).toEqual({ type: 'string', title: 't' });
  });
});
