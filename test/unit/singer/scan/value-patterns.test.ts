import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createValidator } from '../../../../singer/target/validate.ts';
import { isDate, isDateTime, isDecimal, isTime, isUuid } from '../../../../singer/scan/value-patterns.ts';
import { numberTexts, timeTexts } from '../../../support/json-lines.ts';

type Pattern = (bytes: Uint8Array, start: number, end: number) => boolean;

/** As it stands in a line: between quotes, with more after it. */
function matches(pattern: Pattern, text: string): boolean {
  const bytes = Buffer.from(`"${text}","b":1.5}}\n`);
  return pattern(bytes, 1, 1 + Buffer.byteLength(text));
}

const compile = createValidator();
const PATTERNS: Readonly<Record<string, Pattern>> = {
  date: isDate,
  time: isTime,
  'date-time': isDateTime,
  uuid: isUuid,
  'singer.decimal': isDecimal,
};

describe('the patterns of formatted strings', () => {
  it.each(Object.entries(PATTERNS))('%s accepts nothing that the schema format refuses', (format, pattern) => {
    const validate = compile({ type: 'string', format });
    const candidates = fc.oneof(timeTexts, numberTexts, fc.uuid(), fc.stringMatching(/^[\d:TZ.+-]{0,30}$/));
    fc.assert(
      fc.property(candidates, (text) => {
        if (matches(pattern, text)) expect(validate(text)).toBeUndefined();
      }),
      { numRuns: 2000 },
    );
  });

  it('takes every moment of four-digit years', () => {
    const dates = fc.date({ noInvalidDate: true, min: new Date('0001-01-01T00:00:00Z'), max: new Date('9999-12-31T23:59:59Z') });
    fc.assert(
      fc.property(dates, (date) => {
        const text = date.toISOString();
        expect(matches(isDateTime, text)).toBe(true);
        expect(matches(isDateTime, text.replace('T', ' ').replace('Z', '+05:30'))).toBe(true);
        expect(matches(isDate, text.slice(0, 10))).toBe(true);
        expect(matches(isTime, text.slice(11))).toBe(true);
      }),
    );
  });

  it('knows the days of every month as Date does', () => {
    for (const year of [1900, 2000, 2023, 2024]) {
      for (let month = 1; month <= 13; month++) {
        for (let day = 0; day <= 32; day++) {
          const text = `${year}-${String(month).padStart(2, '0')}-${String(day).padStart(2, '0')}`;
          const date = new Date(Date.UTC(year, month - 1, day));
          expect([text, matches(isDate, text)]).toEqual([text, date.toISOString().startsWith(text)]);
        }
      }
    }
  });

  it.each([
    [isDateTime, '2024-01-01T24:00:00Z'],
    [isDateTime, '2024-01-01T10:00Z'],
    [isDateTime, '2024-01-01T10:00:00.Z'],
    [isDateTime, '2024-01-01T10:00:00+15:00'],
    [isDateTime, '2024-01-01T10:00:00ZZ'],
    [isDateTime, '2024-01-01T1x:00:00Z'],
    [isDateTime, '0000-01-01T10:00:00Z'],
    [isDate, '2024-1-01'],
    [isDate, ':024-01-01'],
    [isTime, '10:00'],
    [isTime, '10:00:00+02:00'],
    [isUuid, '00000000-0000-0000-0000-00000000000g'],
    [isUuid, '00000000000000000000000000000000'],
    [isDecimal, '1e5'],
    [isDecimal, '1.'],
    [isDecimal, '-'],
    [isDecimal, ''],
  ])('%o refuses %s', (pattern, text) => {
    expect(matches(pattern, text)).toBe(false);
  });
});
