import { daysOfMonth } from '../../../singer/index.ts';

/**
 * Dates and times of the general lane: what Postgres reads passes as it came, because Postgres is the better judge of its
 * meaning; what it would refuse (checked against Postgres 15) or would cut without a word is told apart here.
 */

/** A text Postgres reads, and what it will not keep of it; undefined for a text it refuses. */
export type TimeText = { readonly text: string; readonly lost?: 'fraction' | 'zone' | 'time' } | undefined;

const CLOCK = String.raw`(\d\d):(\d\d)(?::(\d\d)(?:[.,](\d+))?)?`;
const ZONE = String.raw`(?:\s*([zZ]|[-+]\d\d(?::?\d\d)?))?`;
/** ISO 8601, and what Postgres writes itself: the era at the end. */
const DATE_TIME = new RegExp(String.raw`^([-+]?\d{4,7})-(\d\d)-(\d\d)(?:[tT ]${CLOCK}${ZONE})?( BC)?$`);
const TIME = new RegExp(`^${CLOCK}${ZONE}$`);
/** As Postgres writes them. */
const INFINITE: ReadonlySet<string> = new Set(['infinity', '-infinity']);

/** First and last day of the types (the manual, Date/Time Types), see `dayOf`; the first is 24 November 4714 BC, which ISO 8601 calls -4713. */
const FIRST_DAY = dayOf(-4713, 11, 24);
const LAST_DATE = dayOf(5_874_897, 12, 31);
const LAST_DATE_TIME = dayOf(294_276, 12, 31);
/** Offsets of 16 hours and more are refused. */
const LAST_OFFSET_HOUR = 15;
/** Digits of a fraction of a second that are kept. */
const MICROSECONDS = 6;

/** A date-time; one that names no zone is taken to be in `timeZone`. */
export function timestampText(text: string, timeZone = 'UTC'): TimeText {
  if (INFINITE.has(text)) return { text };
  const parts = DATE_TIME.exec(text);
  if (parts === null || !isClock(parts, 4)) return undefined;
  const day = realDay(parts);
  if (day === undefined || day < FIRST_DAY || day > LAST_DATE_TIME) return undefined;
  const zone = parts[8] === undefined && timeZone !== 'UTC' ? ` ${timeZone}` : '';
  if ((day === FIRST_DAY || day === LAST_DATE_TIME) && (zone !== '' || mayLeaveDay(parts))) return undefined;
  const plain = inEra(parts, `${text.slice(parts[1]!.length, text.length - (parts[9] ?? '').length).replace(',', '.')}${zone}`);
  return lostFraction(parts[7]) ? { text: plain, lost: 'fraction' } : { text: plain };
}

/** A date; the time of day of a date-time is cut off, which counts as lost unless it is midnight. */
export function dateText(text: string): TimeText {
  if (INFINITE.has(text)) return { text };
  const parts = DATE_TIME.exec(text);
  if (parts === null || !isClock(parts, 4)) return undefined;
  const day = realDay(parts);
  if (day === undefined || day < FIRST_DAY || day > LAST_DATE) return undefined;
  const date = inEra(parts, `-${parts[2]}-${parts[3]}`);
  const time = [parts[4], parts[5], parts[6], parts[7]].some((part) => Number(part ?? 0) !== 0);
  return time ? { text: date, lost: 'time' } : { text: date };
}

/** The year as Postgres writes it, before the rest: years before 1 count from 1 BC, which is year 0 of ISO 8601. */
function inEra(parts: RegExpExecArray, rest: string): string {
  const [, written = ''] = parts;
  if (parts[9] !== undefined) return `${written}${rest} BC`;
  if (written.startsWith('-')) return `${String(1 - Number(written)).padStart(4, '0')}${rest} BC`;
  return `${written.startsWith('+') ? written.slice(1) : written}${rest}`;
}

/** A time of day without its zone, which counts as lost unless it is UTC. */
export function timeText(text: string): TimeText {
  const parts = TIME.exec(text);
  if (parts === null || !isClock(parts, 1)) return undefined;
  const zone = parts[5];
  const clock = text
    .slice(0, text.length - (zone?.length ?? 0))
    .trimEnd()
    .replace(',', '.');
  if (zone !== undefined && /[1-9]/.test(zone)) return { text: clock, lost: 'zone' };
  return lostFraction(parts[4]) ? { text: clock, lost: 'fraction' } : { text: clock };
}

/** A number that grows with the day. */
function dayOf(year: number, month: number, day: number): number {
  return year * 10_000 + month * 100 + day;
}

/** The day, if there is such a one in the calendar. */
function realDay(parts: RegExpExecArray): number | undefined {
  const [, written = ''] = parts;
  const number = Number(written);
  // Year 0 is nearly always a way of saying "none" (0000-00-00), and no era has one.
  if (number === 0 || (parts[9] !== undefined && /^[-+]/.test(written))) return undefined;
  const year = parts[9] === undefined ? number : 1 - number;
  const month = Number(parts[2]);
  const day = Number(parts[3]);
  return day >= 1 && day <= daysOfMonth(year, month) ? dayOf(year, month, day) : undefined;
}

/** True if the moment may be on another day in UTC, by its offset or by rounding. */
function mayLeaveDay(parts: RegExpExecArray): boolean {
  const [hour = '', , second = '', fraction = '', zone = ''] = parts.slice(4);
  return hour === '24' || second === '60' || fraction.length > MICROSECONDS || /[1-9]/.test(zone);
}

/** Checks hour, minute, second, fraction and zone, which stand in `parts` from `first` on; all may be missing. */
function isClock(parts: RegExpExecArray, first: number): boolean {
  const hour = Number(parts[first] ?? 0);
  const minute = Number(parts[first + 1] ?? 0);
  const second = Number(parts[first + 2] ?? 0);
  const fraction = Number(parts[first + 3] ?? 0);
  const zone = parts[first + 4];
  if (hour > 24 || minute > 59 || second > 60) return false;
  // 24:00:00 and the leap second mean the next minute; a fraction after them is refused.
  if (hour === 24 && (minute > 0 || second > 0 || fraction > 0)) return false;
  if (second === 60 && fraction > 0) return false;
  if (zone === undefined || zone.length === 1) return true;
  return Number(zone.slice(1, 3)) <= LAST_OFFSET_HOUR && Number(zone.slice(3).replace(':', '')) <= 59;
}

function lostFraction(digits: string | undefined): boolean {
  return digits !== undefined && digits.length > MICROSECONDS && /[1-9]/.test(digits.slice(MICROSECONDS));
}
