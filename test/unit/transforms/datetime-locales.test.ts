import { describe, expect, test } from 'vitest';
import datetime from '../../../transforms/operations/datetime.ts';
import { compile } from './values.ts';

const LOCALES = (
  'af am ar ar-EG az be bg bn bs ca cs cy da de el en en-GB es et eu fa fi fil fr ga gl gu he hi hr hu hy id is it ja ka kk km kn ko ' +
  'lt lv mk mn mr ms my nb nl pl pt ro ru sk sl sq sr sv sw ta te th tr uk ur uz vi zh'
).split(' ');

/** What a language makes of a day, in its own digits. */
const FORMS: readonly Intl.DateTimeFormatOptions[] = (['long', 'short'] as const).flatMap((month) => [
  { day: 'numeric', month, year: 'numeric' },
  { weekday: month, day: 'numeric', month, year: 'numeric' },
]);

/** The pattern by which a text was made: its numbers and names as tokens, all else as it stands. */
function patternOf(parts: readonly Intl.DateTimeFormatPart[]): string {
  const tokens: Partial<Record<Intl.DateTimeFormatPartTypes, string>> = {
    day: 'd', month: 'MMMM', year: 'yyyy', weekday: 'cccc', hour: 'h', minute: 'mm', dayPeriod: 'a',
  }; // prettier-ignore
  return parts.map(({ type, value }) => tokens[type] ?? `'${value.replaceAll("'", "''")}'`).join('');
}

test('there are more than 58 languages', () => expect(LOCALES.length).toBeGreaterThan(58));

describe.each(LOCALES)('%s', (locale) => {
  test('dates of all months that Intl writes are read back', () => {
    const wrong: string[] = [];
    for (const form of FORMS) {
      const format = new Intl.DateTimeFormat(locale, { ...form, calendar: 'gregory', timeZone: 'UTC' });
      const pattern = patternOf(format.formatToParts(Date.UTC(2024, 4, 15)));
      const { of, problems } = compile(datetime, { formats: [pattern], locales: [locale], output: 'date' });
      expect(problems, pattern).toEqual([]);
      for (let month = 0; month < 12; month++) {
        for (const day of [1, 3, 12, 28]) {
          const at = Date.UTC(2024, month, day);
          // The words between may differ from month to month.
          const own = patternOf(format.formatToParts(at));
          const read = own === pattern ? of : compile(datetime, { formats: [own], locales: [locale], output: 'date' }).of;
          for (const text of [format.format(at), format.format(at).toUpperCase()]) {
            if (read(text) !== new Date(at).toISOString().slice(0, 10))
              wrong.push(`${own}: ${text}: ${JSON.stringify(read(text))}`);
          }
        }
      }
    }
    expect(wrong.slice(0, 5)).toEqual([]);
  });

  test('so are months by themselves, and halves of the day', () => {
    const wrong: string[] = [];
    for (const month of ['long', 'short'] as const) {
      const format = new Intl.DateTimeFormat(locale, { month, calendar: 'gregory', timeZone: 'UTC' });
      const { of } = compile(datetime, { formats: ['yyyy LLLL'], locales: [locale], output: 'yyyy-MM' });
      for (let at = 0; at < 12; at++) {
        const name = format.format(Date.UTC(2024, at, 1));
        const read = of(`2024 ${name}`);
        if (read !== `2024-${String(at + 1).padStart(2, '0')}`) wrong.push(`${name}: ${JSON.stringify(read)}`);
      }
    }
    const clock = new Intl.DateTimeFormat(locale, { hour: 'numeric', minute: '2-digit', hour12: true, timeZone: 'UTC' });
    for (const hour of [0, 1, 11, 12, 13, 23]) {
      const parts = clock.formatToParts(Date.UTC(2024, 0, 1, hour, 30));
      const text = parts.map(({ value }) => value).join('');
      const read = compile(datetime, { formats: [patternOf(parts)], locales: [locale], output: 'time' }).of(text);
      if (read !== `${String(hour).padStart(2, '0')}:30:00`) wrong.push(`${patternOf(parts)}: ${text}: ${JSON.stringify(read)}`);
    }
    expect(wrong.slice(0, 5)).toEqual([]);
  });
});
