import { afterEach, describe, expect, test, vi } from 'vitest';
import { checkins } from '../../../examples/checkins/generate.mjs';
import { ExactNumber, type Json, type JsonObject } from '../../../singer/index.ts';
import datetime from '../../../transforms/operations/datetime.ts';
import { recordOf, schemaOf, transform } from './run.ts';
import { compile } from './values.ts';

const read = (value: Json, parameters: JsonObject = {}): Json | undefined => compile(datetime, parameters).of(value);

describe('formats', () => {
  test.each<[string, Json, string]>([
    ['iso', '2018-04-16', '2018-04-16T00:00:00Z'],
    ['iso', '2018-04-16T09:01:12.0429Z', '2018-04-16T09:01:12.0429Z'],
    ['iso', '2018-04-16 09:01:12.500 UTC', '2018-04-16T09:01:12.500Z'],
    ['iso', '2018-04-16T09:01:12,123456789+03:00', '2018-04-16T06:01:12.123456789Z'],
    ['iso', '2018-04-16 09:01-0330', '2018-04-16T12:31:00Z'],
    ['iso', '20180416T090112+03', '2018-04-16T06:01:12Z'],
    ['iso', 20_180_416, '2018-04-16T00:00:00Z'],
    ['iso', '2016-366', '2016-12-31T00:00:00Z'],
    ['iso', '2018-04-16T24:00:00Z', '2018-04-17T00:00:00Z'],
    ['iso', '  2018-04-16\u00A0\u202F09:01 ', '2018-04-16T09:01:00Z'],
    ['iso', '2018-04-16 09:01:12 Europe/Moscow', '2018-04-16T06:01:12Z'],
    ['iso', '2018-04-16\u00A009:01:12 Europe/Moscow', '2018-04-16T06:01:12Z'],
    ['iso', '2018-04-16 09:01:12 America/Port-au-Prince', '2018-04-16T13:01:12Z'],
    ['iso', '٢٠١٨-٠٤-١٦', '2018-04-16T00:00:00Z'],
    ['sql', '2018-04-16 09:01:12.0429+03', '2018-04-16T06:01:12.0429Z'],
    ['rfc2822', 'Mon, 16 Apr 2018 09:01:12 +0300 (MSK)', '2018-04-16T06:01:12Z'],
    ['rfc2822', '6 Apr 2018 09:01 EST', '2018-04-06T14:01:00Z'],
    ['http', 'Mon, 16 Apr 2018 09:01:12 GMT', '2018-04-16T09:01:12Z'],
    ['http', 'Fri Apr  6 09:01:12 2018', '2018-04-06T09:01:12Z'],
    ['epoch_s', 1_523_869_272, '2018-04-16T09:01:12Z'],
    ['epoch_s', '1523869272.0429', '2018-04-16T09:01:12.0429Z'],
    ['epoch_s', -0.25, '1969-12-31T23:59:59.75Z'],
    ['epoch_s', new ExactNumber('1.523869272e9'), '2018-04-16T09:01:12Z'],
    ['epoch_ms', 1_523_869_272_042, '2018-04-16T09:01:12.042Z'],
    ['epoch_ms', -1, '1969-12-31T23:59:59.999Z'],
    ['epoch_auto', 1_523_869_272, '2018-04-16T09:01:12Z'],
    ['epoch_auto', 1_523_869_272_042, '2018-04-16T09:01:12.042Z'],
    ['epoch_auto', new ExactNumber('1523869272042900001'), '2018-04-16T09:01:12.042900001Z'],
    ['excel', 1, '1900-01-01T00:00:00Z'],
    ['excel', 59, '1900-02-28T00:00:00Z'],
    ['excel', 61, '1900-03-01T00:00:00Z'],
    ['excel', 43_206.375_833_333_33, '2018-04-16T09:01:12Z'],
    ['excel1904', 41_744, '2018-04-16T00:00:00Z'],
    ['d MMMM yyyy HH:mm', '6 апр 2018 09:01', '2018-04-06T09:01:00Z'],
    ['d MMMM yyyy', '08 май 2020', '2020-05-08T00:00:00Z'],
    ['d MMMM yyyy', '1 сен 2019', '2019-09-01T00:00:00Z'],
    ['d MMM yyyy', '1 Сент. 2019', '2019-09-01T00:00:00Z'],
    ["cccc, d MMMM yyyy 'г.'", 'понедельник, 16 апреля 2018 г.', '2018-04-16T00:00:00Z'],
    ['dd.MMM.yyyy', '16.Apr.2018', '2018-04-16T00:00:00Z'],
    ['MM/dd/yyyy hh:mm a', '12/31/2018 12:00 AM', '2018-12-31T00:00:00Z'],
    ['M/d/yyyy h:mm a', '4/6/2018 12:01 p.m.', '2018-04-06T12:01:00Z'],
    ['yyyyMMddHHmmssSSSSSS', '20180416090112042900', '2018-04-16T09:01:12.042900Z'],
    ['yyyy-MM', '2018-04', '2018-04-01T00:00:00Z'],
    ['yyyy-MM-dd HH:mm:ss.u ZZ', '2018-04-16 09:01:12.5 +03:00', '2018-04-16T06:01:12.5Z'],
    ["yyyy'年'MMMMd'日'", '2018年4月16日', '2018-04-16T00:00:00Z'],
  ])('%s takes %s', (format, value, expected) => {
    expect(read(value, { formats: [format], locales: ['en', 'ru', 'ja'] })).toBe(expected);
  });

  test('are tried in their order, and a date that does not exist fits none', () => {
    const formats = ['MM/dd/yyyy', 'dd/MM/yyyy'];
    expect(read('05/04/2018', { formats })).toBe('2018-05-04T00:00:00Z');
    expect(read('25/04/2018', { formats })).toBe('2018-04-25T00:00:00Z');
    expect(read('31/02/2018', { formats })).toBe('! datetime-order');
  });
});

describe('what is no date is refused', () => {
  test.each<[string, Json]>([
    ['iso', '2018-02-29'],
    ['iso', '2018-13-01'],
    ['iso', '0000-01-01'],
    ['iso', '2018-04-16T25:00'],
    ['iso', '2018-04-16T24:00:01'],
    ['iso', '2018-04-16T09:60'],
    ['iso', '2018-04-16T09:01:60Z'],
    ['iso', '2018-04-16T09:01:12.Z'],
    ['iso', '2018-04-16T09:01:12+19:00'],
    ['iso', '2018-04-16 09:01:12 tomorrow'],
    ['iso', '2018-04-1²'],
    ['iso', '2017-366'],
    ['iso', '2018-04-16x'],
    ['iso', '2018-04-16 T09:01'],
    ['iso', '2018-04-16\u00A0T09:01'],
    ['iso', ''],
    ['sql', '2018-04-16T09:01'],
    ['rfc2822', 'Tue, 16 Apr 2018 09:01:12 +0300'],
    ['epoch_s', '99999999999999'],
    ['epoch_s', 'Infinity'],
    ['epoch_s', new ExactNumber('1e400')],
    ['excel', 60],
    ['excel', 0],
    ['excel', -1],
    ['d MMMM yyyy', '1 ию 2019'],
    ['d MMMM yyyy', '1 Ma 2019'],
    ['cccc, d MMMM yyyy', 'Tuesday, 16 April 2018'],
    ['hh:mm a, yyyy-MM-dd', '13:01 PM, 2018-04-16'],
    ['iso', true],
    ['iso', {}],
    ['iso', ['2018-04-16']],
  ])('%s: %s', (format, value) => {
    expect(read(value, { formats: [format], locales: ['en', 'ru'] })).toMatch(/^! datetime-/);
  });

  test('a prefix that two months share, and a name that means two months in the given languages', () => {
    expect(read('1 čer 2019', { formats: ['d MMMM yyyy'], locales: 'cs' })).toBe('! datetime-name');
    expect(read('1 listopad 2019', { formats: ['d LLLL yyyy'], locales: 'cs' })).toBe('2019-11-01T00:00:00Z');
    expect(read('1 listopad 2019', { formats: ['d LLLL yyyy'], locales: ['cs', 'hr'] })).toBe('! datetime-name');
  });

  test('a zone that nobody explained', () => {
    expect(read('2018-04-16 09:01 MSK')).toBe('! datetime-zone');
    expect(read('2018-04-16 09:01 MSK', { abbreviations: { msk: 'Europe/Moscow' } })).toBe('2018-04-16T06:01:00Z');
    expect(read('2005-08-13 09:01 MSK', { abbreviations: { MSK: 'Europe/Moscow' } })).toBe('2005-08-13T05:01:00Z');
  });
});

describe('dates of numbers', () => {
  test('need an order', () => {
    expect(read('05/04/2018')).toBe('! datetime-order');
    expect(read('2018-02-30')).toBe('! datetime-format');
    expect(read('05/04/2018', { order: 'dmy' })).toBe('2018-04-05T00:00:00Z');
    expect(read('05/04/2018', { order: 'mdy' })).toBe('2018-05-04T00:00:00Z');
    expect(read('2018.4.5', { order: 'ymd' })).toBe('2018-04-05T00:00:00Z');
    expect(read('5.4.2018, 9:01 PM +03:00', { order: 'dmy' })).toBe('2018-04-05T18:01:00Z');
  });

  test('that the order does not fit are not turned round', () => {
    for (const text of ['04/25/2018', '2018-04-25x', '5/4-2018', '5/4/18', '5/4/201', '4/5/2018 09']) {
      expect(read(text, { order: 'dmy' })).toMatch(/^! /);
    }
  });

  test('are counted where another order gives another date', () => {
    const { counts, of } = compile(datetime, { formats: ['iso', 'MM/dd/yyyy'], order: 'dmy' });
    for (const text of ['2018-04-05', '04/05/2018', '04/25/2018', '04/04/2018', '5.4.2018', '25.4.2018']) of(text);
    expect(counts).toEqual({ 'ambiguous-date-order': 2 });
  });

  test('of two digits for the year need a pivot', () => {
    expect(compile(datetime, { formats: ['dd.MM.yy'] }).problems).toHaveLength(1);
    const pivot = { two_digit_year_pivot: 60 };
    expect(read('05.04.60', { formats: ['dd.MM.yy'], ...pivot })).toBe('2060-04-05T00:00:00Z');
    expect(read('05.04.61', { formats: ['dd.MM.yy'], ...pivot })).toBe('1961-04-05T00:00:00Z');
    expect(read('5.4.61', { order: 'dmy', ...pivot })).toBe('1961-04-05T00:00:00Z');
    expect(read('Sunday, 06-Nov-94 08:49:37 GMT', { formats: 'http', ...pivot })).toBe('1994-11-06T08:49:37Z');
    expect(read('Sunday, 06-Nov-94 08:49:37 GMT', { formats: 'http' })).toBe('! datetime-format');
  });
});

describe('zones', () => {
  afterEach(() => void vi.useRealTimers());

  test.each(['2026-01-15T12:00:00Z', '2026-07-15T12:00:00Z'])('gaps and folds do not depend on the day of the run: %s', (now) => {
    vi.useFakeTimers({ now: new Date(now) });
    const zone = 'America/New_York';
    const { counts, of } = compile(datetime, { zone });
    expect(of('2024-11-03 01:30')).toBe('2024-11-03T05:30:00Z');
    expect(of('2024-03-10 02:30')).toBe('2024-03-10T07:30:00Z');
    expect(of('2024-11-03 00:59:59')).toBe('2024-11-03T04:59:59Z');
    expect(of('2024-11-03 02:00')).toBe('2024-11-03T07:00:00Z');
    expect(of('2024-03-10 01:59:59.999')).toBe('2024-03-10T06:59:59.999Z');
    expect(of('2024-03-10 03:00')).toBe('2024-03-10T07:00:00Z');
    expect(counts).toEqual({ 'ambiguous-time': 1, 'missing-time': 1 });
    expect(read('2024-11-03 01:30', { zone, ambiguous: 'later' })).toBe('2024-11-03T06:30:00Z');
    expect(read('2024-11-03 01:30', { zone, ambiguous: 'error' })).toBe('! ambiguous-time');
    expect(read('2024-03-10 02:30', { zone, gap: 'error' })).toBe('! missing-time');
    expect(read('2024-11-03 01:30-05:00', { zone, ambiguous: 'error' })).toBe('2024-11-03T06:30:00Z');
  });

  test('a day that a zone left out moves on to the next', () => {
    expect(read('2011-12-30 12:00', { zone: 'Pacific/Apia' })).toBe('2011-12-30T22:00:00Z');
    expect(read('2011-12-30 12:00', { zone: 'Pacific/Apia', to: 'Pacific/Apia' })).toBe('2011-12-31T12:00:00+14:00');
    expect(read('2018-11-04', { zone: 'America/Sao_Paulo', to: 'America/Sao_Paulo' })).toBe('2018-11-04T01:00:00-02:00');
  });

  test('the zone may stand in the record', () => {
    const { of } = compile(datetime, { zone: { field: 'tz' } }, { others: { tz: { type: 'string' } } });
    expect(of('2018-04-16 09:01', { tz: 'Europe/Moscow' })).toBe('2018-04-16T06:01:00Z');
    expect(of('2018-04-16 09:01', { tz: 'Moskau' })).toBe('! datetime-zone');
    expect(of('2018-04-16 09:01', {})).toBe('! datetime-zone');
    expect(of('2018-04-16 09:01Z', {})).toBe('2018-04-16T09:01:00Z');
  });

  test('the result may be local', () => {
    expect(read('2018-04-16T09:01:12.5Z', { to: 'Europe/Moscow' })).toBe('2018-04-16T12:01:12.5+03:00');
    expect(read('1890-01-01T00:00:00Z', { to: 'Europe/Moscow' })).toBe('! datetime-offset');
    expect(read('9999-12-31T23:30:00Z', { to: 'Europe/Moscow' })).toBe('! out-of-range');
    expect(read('0001-01-01 00:30+03:00')).toBe('! out-of-range');
  });
});

describe('outputs', () => {
  test.each<[string, Json, Json, JsonObject?]>([
    ['date', '2018-04-16T23:30:00Z', '2018-04-17', { to: 'Europe/Moscow' }],
    ['date', '2018-04-16', '2018-04-16', { zone: 'Asia/Tokyo' }],
    ['date', '2018-04-16', '2018-04-16', { zone: 'America/New_York', to: 'Asia/Tokyo' }],
    ['time', '2018-04-16T23:30:00.25Z', '02:30:00.25', { to: 'Europe/Moscow' }],
    ['time', '09:01', '09:01:00'],
    ['time', '9:01 PM', '21:01:00', { formats: 'h:mm a' }],
    ['time', 0.375, '09:00:00', { formats: 'excel' }],
    ['year', '2018-12-31', 2018, { zone: 'America/New_York' }],
    ['year', '2018-12-31T23:00:00Z', 2019, { to: 'Europe/Moscow' }],
    ['epoch_s', '1969-12-31T23:59:59.5Z', -1],
    ['epoch_ms', '2018-04-16T09:01:12.0429Z', 1_523_869_272_042],
    ["d. MMMM yyyy 'um' HH:mm:ss.SSS", '2018-04-06T09:01:12.0429Z', '6. апреля 2018 um 09:01:12.042', { locales: 'ru' }],
    ['cccc, LLLL, o, h a, ZZ', '2018-04-06T21:01:12Z', 'Saturday, April, 97, 12 AM, +03:00', { to: 'Europe/Moscow' }],
    ['dd/MM/yy', '2018-04-06', '06/04/18', { zone: 'Asia/Tokyo' }],
  ])('%s of %s: %s', (output, value, expected, more = {}) => {
    expect(read(value, { output, ...more })).toBe(expected);
  });

  test('the schema says what comes out, and whether it may be null', () => {
    const schemaOf = (output: string, type: Json): unknown =>
      compile(datetime, { output }, { schema: { type, maxLength: 9 } }).schema;
    expect(schemaOf('date-time', ['string', 'null'])).toEqual({ type: ['string', 'null'], format: 'date-time' });
    expect(schemaOf('date', 'string')).toEqual({ type: ['string'], format: 'date' });
    expect(schemaOf('time', 'string')).toEqual({ type: ['string'], format: 'time' });
    expect(schemaOf('epoch_ms', 'string')).toEqual({ type: ['integer'] });
    expect(schemaOf('yyyy', 'string')).toEqual({ type: ['string'] });
  });

  test('digits of a second are kept, cut or rounded', () => {
    const text = '2018-12-31 23:59:59.9996543219';
    const { counts, of } = compile(datetime);
    expect(of(text)).toBe('2018-12-31T23:59:59.999654321Z');
    expect(of('2018-12-31 23:59:59.1234567890')).toBe('2018-12-31T23:59:59.123456789Z');
    expect(counts).toEqual({ 'fraction-cut': 1 });
    expect(read(text, { precision: 'us' })).toBe('2018-12-31T23:59:59.999654Z');
    expect(read(text, { precision: 'us', rounding: 'round' })).toBe('2018-12-31T23:59:59.999654Z');
    expect(read(text, { precision: 'ms', rounding: 'round' })).toBe('2019-01-01T00:00:00.000Z');
    expect(read('2018-12-31 23:59:59.5', { precision: 's', rounding: 'round' })).toBe('2019-01-01T00:00:00Z');
    expect(read('2018-12-31 23:59:59.5', { precision: 's' })).toBe('2018-12-31T23:59:59Z');
    expect(read('2018-12-31 23:59:59.0995', { precision: 'ms', rounding: 'round' })).toBe('2018-12-31T23:59:59.100Z');
    expect(read('23:59:59.5', { output: 'time', precision: 's', rounding: 'round' })).toBe('! out-of-range');
  });

  test('bounds are part of the range; a date means all of the day', () => {
    const { of } = compile(datetime, { min: '2016-01-01', max: '2018-12-31', zone: 'Europe/Moscow' });
    expect(of('2015-12-31 23:59:59.999')).toBe('! out-of-range');
    expect(of('2016-01-01 00:00')).toBe('2015-12-31T21:00:00Z');
    expect(of('2018-12-31 23:59:59.999999999')).toBe('2018-12-31T20:59:59.999999999Z');
    expect(of('2019-01-01')).toBe('! out-of-range');
    const days = compile(datetime, { min: '2016-01-01', max: '2018-12-31', zone: 'Asia/Tokyo', output: 'date' });
    expect(['2015-12-31', '2016-01-01', '2018-12-31', '2019-01-01'].map((day) => days.of(day))).toEqual([
      '! out-of-range',
      '2016-01-01',
      '2018-12-31',
      '! out-of-range',
    ]);
    const exact = compile(datetime, { max: '2018-01-01T00:00:00.5Z' });
    expect(exact.of('2018-01-01T00:00:00.50Z')).toBe('2018-01-01T00:00:00.50Z');
    expect(exact.of('2018-01-01T00:00:00.51Z')).toBe('! out-of-range');
  });
});

describe('keep_original', () => {
  const SCHEMA = schemaOf('s', { at: { type: ['string', 'null'] }, mail: { type: 'string' } });
  const withStep = (steps: Json, more: JsonObject = {}): JsonObject => ({
    transforms: { s: { fields: { at: steps, ...more } } },
  });
  const KEEP = { datetime: { order: 'dmy', keep_original: 'at_text' } };

  test('a new property holds what came, also where the date cannot be read', async () => {
    const result = await transform(withStep(['trim', { ...KEEP, on_error: 'null' }]), [
      SCHEMA,
      recordOf('s', { at: ' 5.4.2018' }),
      recordOf('s', { at: 'soon' }),
      recordOf('s', { at: null }),
      recordOf('s', {}),
    ]);
    expect(result.records('s')).toEqual([
      { at: '2018-04-05T00:00:00Z', at_text: ' 5.4.2018' },
      { at: null, at_text: 'soon' },
      { at: null, at_text: null },
      {},
    ]);
    expect(result.schema('s')!['schema']).toMatchObject({
      properties: { at: { type: ['string', 'null'], format: 'date-time' }, at_text: { type: ['string', 'null'] } },
    });
  });

  test('is refused where a field has the name, and where another step hides the value', async () => {
    await expect(transform(withStep({ datetime: { keep_original: 'mail' } }), [SCHEMA])).rejects.toThrow(/field mail already/);
    await expect(transform(withStep([KEEP, 'redact']), [SCHEMA])).rejects.toThrow(/keep in clear/);
    await expect(transform(withStep(KEEP, { 'at, mail': 'redact' }), [SCHEMA])).rejects.toThrow(/keep in clear/);
  });
});

describe('what is wrong with the parameters is told before anything is read', () => {
  test.each<[JsonObject, RegExp]>([
    [{ formats: ['DD/MM/YYYY'] }, /DD is no token/],
    [{ formats: ['epoch'] }, /did you mean epoch_s/],
    [{ formats: ['MM/dd'] }, /year/],
    [{ formats: ['yyyy-dd'] }, /month/],
    [{ formats: ['yyyy-MM-dd hh:mm'] }, /half of the day/],
    [{ formats: ['yyyy-MM-dd mm'] }, /hour/],
    [{ formats: ['yyyy-MM-dd HH:ss'] }, /minute/],
    [{ formats: ['yyyyMd'] }, /where M ends/],
    [{ formats: ['yyyy-MM-dd', 'HH:mm'] }, /formats\[1\]: .*year/],
    [{ formats: ['HH:mm ZZ'], output: 'time' }, /zone/],
    [{ formats: ['yyyy-MM-dd yyyy'] }, /year twice/],
    [{ formats: ['d.M.yyyy MMMM'] }, /month twice/],
    [{ formats: ['yyyy-MM-dd HH:mm hh a'] }, /hour twice/],
    [{ formats: ['yyyy-MM o'] }, /day twice/],
    [{ zone: 'Europe/Mosow' }, /did you mean Europe\/Moscow/],
    [{ zone: 'EST' }, /no zone/],
    [{ zone: { field: 'tz' } }, /no field tz/],
    [{ to: 'Mars/Base' }, /^to: /],
    [{ abbreviations: { MSK: 'Moscow' } }, /^abbreviations.MSK: /],
    [{ locales: ['xx', 'not a tag!'] }, /xx is no language/],
    [{ output: 'dates' }, /did you mean date\?/],
    [{ min: 'yesterday' }, /^min: /],
    [{ min: '2019-01-01', max: '2018-01-01' }, /^max: /],
  ])('%j', (parameters, expected) => {
    expect(compile(datetime, parameters).problems.join('\n')).toMatch(expected);
  });
});

describe('a file of check-ins', () => {
  const MONTHS = 'января февраля марта апреля мая июня июля августа сентября октября ноября декабря'.split(' ');

  /** Reads the three forms of the file by themselves. */
  function independent(text: string): string {
    const iso = /^(\S+) (\S+) UTC$/.exec(text);
    if (iso !== null) return `${iso[1]}T${iso[2]}Z`;
    const us = /^(\d\d)\/(\d\d)\/(\d{4}) (\d\d):(\d\d) (AM|PM)$/.exec(text);
    if (us !== null) {
      const hour = (Number(us[4]) % 12) + (us[6] === 'PM' ? 12 : 0);
      return `${us[3]}-${us[1]}-${us[2]}T${String(hour).padStart(2, '0')}:${us[5]}:00Z`;
    }
    const [day = '', month = '', year, clock] = text.split(' ');
    return `${year}-${String(MONTHS.indexOf(month) + 1).padStart(2, '0')}-${day.padStart(2, '0')}T${clock}:00Z`;
  }

  test('is read whole, to the microsecond, and nothing that has two meanings passes in silence', () => {
    const texts = [...checkins({ rows: 20_500, seed: 3 })].map((row) => row.split(',')[1]!);
    const { counts, of } = compile(datetime, {
      formats: ['iso', 'MM/dd/yyyy hh:mm a', 'd MMMM yyyy HH:mm'],
      locales: ['en', 'ru'],
    });
    const wrong = texts.filter((text) => of(text) !== independent(text));
    expect(wrong).toEqual([]);
    expect(texts.filter((text) => /\.\d{6} UTC$/.test(text)).length).toBeGreaterThan(5000);
    const either = texts
      .map((text) => /^(\d\d)\/(\d\d)\//.exec(text))
      .filter((us) => us !== null && Number(us[2]) <= 12 && us[1] !== us[2]);
    expect(counts).toEqual({ 'ambiguous-date-order': either.length });
    expect(either.length).toBeGreaterThan(200);
  });
});
