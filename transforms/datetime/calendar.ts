import { daysOfMonth } from '../../singer/index.ts';

export const DAY_SECONDS = 86_400;
export const FIRST_YEAR = 1;
export const LAST_YEAR = 9999;

/** Days from 1970-01-01 to a date of the proleptic Gregorian calendar. */
export function daysOf(year: number, month: number, day: number): number {
  // Years begin in March here, so that a leap day is the last of its year.
  const y = month <= 2 ? year - 1 : year;
  const era = Math.floor(y / 400);
  const ofEra = y - era * 400;
  const ofYear = Math.floor((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5) + day - 1;
  return era * 146_097 + ofEra * 365 + Math.floor(ofEra / 4) - Math.floor(ofEra / 100) + ofYear - 719_468;
}

/** The date so many days after 1970-01-01: year, month and day are put into `to`. */
export function putDate(days: number, to: { year: number; month: number; day: number }): void {
  const z = days + 719_468;
  const era = Math.floor(z / 146_097);
  const ofEra = z - era * 146_097;
  const year = Math.floor((ofEra - Math.floor(ofEra / 1460) + Math.floor(ofEra / 36_524) - Math.floor(ofEra / 146_096)) / 365);
  const ofYear = ofEra - (365 * year + Math.floor(year / 4) - Math.floor(year / 100));
  const month = Math.floor((5 * ofYear + 2) / 153);
  to.day = ofYear - Math.floor((153 * month + 2) / 5) + 1;
  to.month = month < 10 ? month + 3 : month - 9;
  to.year = year + era * 400 + (to.month <= 2 ? 1 : 0);
}

/** 1 (Monday) to 7 of a day counted from 1970-01-01, a Thursday. */
export function weekdayOf(days: number): number {
  return ((((days + 3) % 7) + 7) % 7) + 1;
}

/** True for a date that exists, years 1 to 9999. */
export function isDay(year: number, month: number, day: number): boolean {
  return year >= FIRST_YEAR && year <= LAST_YEAR && day >= 1 && day <= daysOfMonth(year, month);
}
