import * as fc from 'fast-check';
import { DateTime } from 'luxon';
import { describe, expect, test } from 'vitest';
import type { Json } from '../../../singer/index.ts';
import datetime from '../../../transforms/operations/datetime.ts';
import { compile } from './values.ts';

const ZONES = [
  'UTC', 'America/New_York', 'Europe/Moscow', 'Europe/London', 'Asia/Kolkata', 'Asia/Tehran', 'Australia/Lord_Howe', 'Pacific/Apia',
  'Africa/Casablanca', 'America/Sao_Paulo', 'Antarctica/Troll', 'America/St_Johns', 'Pacific/Chatham', 'Asia/Pyongyang',
]; // prettier-ignore
const PATTERNS = [
  "yyyy-MM-dd'T'HH:mm:ss.SSS",
  'MM/dd/yyyy hh:mm:ss.SSS a',
  'd MMMM yyyy HH:mm:ss.SSS',
  'cccc, d LLL yyyy H:m:s.SSS',
];

const millis = fc.integer({ min: Date.UTC(1900, 0, 1), max: Date.UTC(2100, 0, 1) });

describe('what luxon writes', () => {
  test('is read as luxon means it, whatever zone and pattern', () => {
    const compiled = new Map(ZONES.map((zone) => [zone, compile(datetime, { formats: PATTERNS, zone })] as const));
    fc.assert(
      fc.property(millis, fc.constantFrom(...ZONES), fc.constantFrom(...PATTERNS), (at, zone, pattern) => {
        const local = DateTime.fromMillis(at, { zone, locale: 'en' });
        if (!Number.isInteger(local.offset)) return;
        const first = local.getPossibleOffsets().reduce((a, b) => (b.toMillis() < a.toMillis() ? b : a));
        expect(compiled.get(zone)!.of(local.toFormat(pattern))).toBe(first.toUTC().toISO());
      }),
      { numRuns: 3000 },
    );
  });

  test('with its offset is the same instant', () => {
    const { of } = compile(datetime, { formats: ['iso', 'sql', 'rfc2822', 'http'], output: 'epoch_ms' });
    fc.assert(
      fc.property(millis, fc.constantFrom(...ZONES), (at, zone) => {
        const local = DateTime.fromMillis(at, { zone });
        if (!Number.isInteger(local.offset)) return;
        expect(of(local.toISO())).toBe(at);
        expect(of(local.toISO({ format: 'basic' }))).toBe(at);
        expect(of(local.toSQL())).toBe(at);
        const second = Math.floor(at / 1000) * 1000;
        expect(of(local.toRFC2822())).toBe(second);
        expect(of(local.toHTTP())).toBe(second);
      }),
      { numRuns: 1000 },
    );
  });

  test('in another zone is what we write there', () => {
    const output = "yyyy-MM-dd'T'HH:mm:ss.SSSZZ";
    const compiled = new Map(ZONES.map((zone) => [zone, compile(datetime, { to: zone, output })] as const));
    fc.assert(
      fc.property(millis, fc.constantFrom(...ZONES.slice(1)), (at, zone) => {
        const local = DateTime.fromMillis(at, { zone });
        if (!Number.isInteger(local.offset)) return;
        const written = compiled.get(zone)!.of(new Date(at).toISOString());
        expect(written).toBe(local.toISO({ includeOffset: true, suppressMilliseconds: false })!.replace(/Z$/, '+00:00'));
      }),
      { numRuns: 300 },
    );
  });
});

describe('anything', () => {
  const formats = ['iso', 'sql', 'rfc2822', 'MM/dd/yyyy hh:mm a', 'd MMMM yyyy HH:mm', 'cccc d MMM yyyy'];
  const given = { formats, locales: ['en', 'ru', 'de'], order: 'dmy', two_digit_year_pivot: 60 };
  const DATE_TIME = /^(\d{4})-(\d\d)-(\d\d)T\d\d:\d\d:\d\d(\.\d{1,9})?Z$/;

  test('is read or refused, never worse', () => {
    const compiled = [given, { formats: ['epoch_auto', 'excel'] }, { formats: ['iso'], output: 'time', zone: 'Asia/Tehran' }].map(
      (parameters) => compile(datetime, parameters),
    );
    const value = fc.oneof(
      fc.jsonValue(),
      fc.string({ unit: 'binary' }),
      fc.stringMatching(/^[\d :.,TZ+/-]{0,30}$/),
    ) as fc.Arbitrary<Json>;
    fc.assert(
      fc.property(value, (value) => {
        for (const { of } of compiled) expect(of(value)).toMatch(/^! |^(\d{4}-\d\d-\d\dT)?\d\d:\d\d:\d\d(\.\d{1,9})?Z?$/);
      }),
      { numRuns: 5000 },
    );
  });

  test('that is read has the year and the day of the result in it, and a month of its own', () => {
    const { of } = compile(datetime, given);
    const texts = [
      '2018-04-16 09:01:12.0429',
      '16.4.2018 9:01',
      '12/31/2018 12:00 AM',
      '6 апреля 2018 09:01',
      'Monday 16 Apr 2018',
      'Mon, 16 Apr 2018 09:01:12 GMT',
      '20180416T090112',
    ];
    const char = fc.constantFrom(...'0123456789 .,:/-TZapmAPM+ёmayju'.split(''));
    const edit = fc.record({ at: fc.nat(30), cut: fc.nat(2), put: fc.string({ unit: char, maxLength: 2 }) });
    let taken = 0;
    fc.assert(
      fc.property(fc.constantFrom(...texts), fc.array(edit, { minLength: 1, maxLength: 2 }), (text, edits) => {
        const edited = edits.reduce((text, { at, cut, put }) => text.slice(0, at) + put + text.slice(at + cut), text);
        const result = DATE_TIME.exec(of(edited) as string);
        if (result === null || /24:|T24/.test(edited)) return;
        // Zones move a time to another day.
        if (/[+Z]|GMT|-\d{1,2}(:?\d\d)?\s*$/.test(edited.slice(10))) return;
        taken++;
        const [, year, month, day] = result.map(Number);
        const numbers = edited
          .match(/\d+/g)!
          .flatMap((digits) => (digits.length === 8 ? [digits.slice(0, 4), digits.slice(4, 6), digits.slice(6)] : [digits]));
        const has = (number: number): boolean => numbers.some((digits) => Number(digits) === number);
        const told = `${edited} gave ${result[0]}`;
        expect(has(year!) || (has(year! % 100) && year! > 1960), told).toBe(true);
        const ordinal = /^\d{4}-\d{3}(?!\d)/.test(edited);
        expect(ordinal || has(day!), told).toBe(true);
        // Dots within the name of a month do not count.
        expect(ordinal || has(month!) || /\p{L}{3}/u.test(edited.replaceAll('.', '')), told).toBe(true);
      }),
      { numRuns: 20_000 },
    );
    expect(taken).toBeGreaterThan(100);
  });
});
