import { daysOfMonth } from '../singer/index.ts';

/** A date as text, with whatever stands after it. */
export interface DatedText {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  /** The time and the zone, as they came; empty for a date. */
  readonly rest: string;
}

const DATED =
  /^(\d{4})-(\d\d)-(\d\d)((?:[Tt ](?:[01]\d|2[0-4]):[0-5]\d(?::(?:[0-5]\d|60)(?:[.,]\d+)?)?\s?(?:[zZ]|[-+]\d\d(?::?\d\d)?)?)?)$/;

/** Reads a date or date-time as JSON Schema writes them (`2026-01-31`, `2026-01-31T09:30:00Z`; a space for the T too); undefined for anything else. */
export function datedText(text: string): DatedText | undefined {
  const parts = DATED.exec(text);
  if (parts === null) return undefined;
  const [year, month, day] = [Number(parts[1]), Number(parts[2]), Number(parts[3])];
  return year >= 1 && day >= 1 && day <= daysOfMonth(year, month) ? { year, month, day, rest: parts[4]! } : undefined;
}

const DAY_MS = 86_400_000;

/** Days since 1970-01-01. */
export function dayNumber({ year, month, day }: Pick<DatedText, 'year' | 'month' | 'day'>): number {
  // Date.UTC takes years before 100 for those of the last century.
  return new Date(0).setUTCFullYear(year, month - 1, day) / DAY_MS;
}

/** `2026-01-31`; undefined for what is not within the years 1 to 9999. */
export function dateText(days: number): string | undefined {
  const date = new Date(days * DAY_MS);
  const year = date.getUTCFullYear();
  if (!(year >= 1 && year <= 9999)) return undefined;
  return date.toISOString().slice(0, 10);
}
