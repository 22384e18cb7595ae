import { NameTable } from './names.ts';
import { readable } from '../plain-text.ts';

/** A language inflects and shortens a month by what stands beside it. */
const MONTH_FORMS: readonly Intl.DateTimeFormatOptions[] = [
  { month: 'long' },
  { month: 'long', day: 'numeric' },
  { month: 'long', day: 'numeric', year: 'numeric' },
  { month: 'short' },
  { month: 'short', day: 'numeric' },
  { month: 'short', day: 'numeric', year: 'numeric' },
  { dateStyle: 'long' },
];

const WEEKDAY_FORMS: readonly Intl.DateTimeFormatOptions[] = [
  { weekday: 'long' },
  { weekday: 'short' },
  { weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' },
  { weekday: 'short', day: 'numeric', month: 'short', year: 'numeric' },
];

/** The words of some languages for months (1 to 12), weekdays (1 to 7) and halves of a day (0, 1). */
export interface LocaleNames {
  readonly months: NameTable;
  /** The same, and `5月` where a language numbers its months so: for patterns without that word. */
  readonly monthsWithWords: NameTable;
  readonly weekdays: NameTable;
  readonly halves: NameTable;
}

/** True if months and weekdays have names in a language. */
export function isLocale(locale: string): boolean {
  try {
    return Intl.DateTimeFormat.supportedLocalesOf(locale).length > 0;
  } catch {
    // Not even a language tag.
    return false;
  }
}

/** What is wrong with a language that is none. */
export function noLocale(locale: string): string {
  return `${locale} is no language with names of months`;
}

/** Reads them from Intl; `locales` are known to it. */
export function localeNames(locales: readonly string[]): LocaleNames {
  const names = { months: new NameTable(), monthsWithWords: new NameTable(), weekdays: new NameTable(), halves: new NameTable() };
  for (const [word, half] of Object.entries({ AM: 0, PM: 1 })) names.halves.add(word, half);
  for (const locale of locales) {
    for (const form of MONTH_FORMS) addMonths(names, locale, form);
    for (const form of WEEKDAY_FORMS) addWeekdays(names.weekdays, locale, form);
    addHalves(names.halves, locale);
  }
  return names;
}

/** Parts of a moment in UTC, of the Gregorian calendar, with the digits 0 to 9. */
export function formatter(locale: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  return new Intl.DateTimeFormat(locale, { ...options, calendar: 'gregory', numberingSystem: 'latn', timeZone: 'UTC' });
}

function addMonths({ months, monthsWithWords }: LocaleNames, locale: string, form: Intl.DateTimeFormatOptions): void {
  const format = formatter(locale, form);
  for (let month = 1; month <= 12; month++) {
    const parts = format.formatToParts(Date.UTC(2024, month - 1, 15));
    const at = parts.findIndex(({ type }) => type === 'month');
    const name = readable(parts[at]?.value ?? '');
    monthsWithWords.add(name, month);
    // Some languages number their months, and a word stands behind: part of the name for Intl here, not there.
    const number = /^(\d+)\p{L}*$/u.exec(name)?.[1];
    months.add(number ?? name, month);
    const behind = /^\p{L}+/u.exec(parts[at + 1]?.value ?? '')?.[0];
    if (number === name && behind !== undefined) monthsWithWords.add(name + readable(behind), month);
  }
}

function addWeekdays(table: NameTable, locale: string, form: Intl.DateTimeFormatOptions): void {
  const format = formatter(locale, form);
  // 2024-01-01 was a Monday.
  for (let weekday = 1; weekday <= 7; weekday++) {
    const parts = format.formatToParts(Date.UTC(2024, 0, weekday));
    table.add(readable(parts.find(({ type }) => type === 'weekday')?.value ?? ''), weekday);
  }
}

function addHalves(table: NameTable, locale: string): void {
  const format = formatter(locale, { hour: 'numeric', hour12: true });
  for (let hour = 0; hour < 24; hour++) {
    const parts = format.formatToParts(Date.UTC(2024, 0, 1, hour));
    table.add(readable(parts.find(({ type }) => type === 'dayPeriod')?.value ?? ''), hour < 12 ? 0 : 1);
  }
}
