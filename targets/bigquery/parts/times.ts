import { daysOfMonth } from '../../../singer/index.ts';

/**
 * Dates and times of the general lane, as load jobs read them: https://cloud.google.com/bigquery/docs/loading-data-cloud-storage-json.
 * Years 1 to 9999, up to six digits of a second. What BigQuery would refuse or cut is told apart here.
 */

/** A text that BigQuery reads, and what it does not keep of the one that came; undefined for a text it refuses. */
export type TimeText = { readonly text: string; readonly lost?: 'fraction' | 'zone' | 'time' } | undefined;

const CLOCK = String.raw`(\d\d):(\d\d)(?::(\d\d)(?:[.,](\d+))?)?`;
const ZONE = String.raw`(?:\s*([zZ]|[-+]\d\d(?::?\d\d)?))?`;
const DATE_TIME = new RegExp(String.raw`^(\d{4})-(\d\d)-(\d\d)(?:[tT ]${CLOCK}${ZONE})?$`);
const TIME = new RegExp(`^${CLOCK}${ZONE}$`);

const MICROSECONDS = 6;
/** Offsets on earth go to 14 hours. */
const LAST_OFFSET_HOUR = 14;

/** A date-time; one that names no zone is UTC. */
export function timestampText(text: string): TimeText {
  const parts = DATE_TIME.exec(text);
  if (parts === null || !isDate(parts) || !isClock(parts, 4)) return undefined;
  const clock = clockOf(parts, 4);
  const zone = parts[8] === undefined || parts[8].length === 1 ? 'Z' : offsetOf(parts[8]);
  const day = text.slice(0, 10);
  // An instant before year 1 or after 9999 has no place, though its date by the local clock has.
  const year = new Date(`${day}T${clock.slice(0, 8)}${zone}`).getUTCFullYear();
  if (year < 1 || year > 9999) return undefined;
  const written = `${day}T${clock}${zone}`;
  return lostFraction(parts[7]) ? { text: written, lost: 'fraction' } : { text: written };
}

/** A date; the time of day of a date-time is cut off, which counts as lost unless it is midnight. */
export function dateText(text: string): TimeText {
  const parts = DATE_TIME.exec(text);
  if (parts === null || !isDate(parts) || !isClock(parts, 4)) return undefined;
  const time = [parts[4], parts[5], parts[6], parts[7]].some((part) => Number(part ?? 0) !== 0);
  return time ? { text: text.slice(0, 10), lost: 'time' } : { text: text.slice(0, 10) };
}

/** A time of day without its zone, which counts as lost unless it is UTC. */
export function timeText(text: string): TimeText {
  const parts = TIME.exec(text);
  if (parts === null || !isClock(parts, 1)) return undefined;
  const clock = clockOf(parts, 1);
  const zone = parts[5];
  if (zone !== undefined && /[1-9]/.test(zone)) return { text: clock, lost: 'zone' };
  return lostFraction(parts[4]) ? { text: clock, lost: 'fraction' } : { text: clock };
}

function clockOf(parts: RegExpExecArray, first: number): string {
  const [hour = '00', minute = '00', second = '00', fraction] = parts.slice(first, first + 4);
  return `${hour}:${minute}:${second}${fraction === undefined ? '' : `.${fraction.slice(0, MICROSECONDS)}`}`;
}

function offsetOf(zone: string): string {
  return `${zone.slice(0, 3)}:${zone.slice(3).replace(':', '') || '00'}`;
}

function isDate(parts: RegExpExecArray): boolean {
  const [year, month, day] = [Number(parts[1]), Number(parts[2]), Number(parts[3])];
  return year >= 1 && day >= 1 && day <= daysOfMonth(year, month);
}

/** Checks hour, minute, second and zone, which stand in `parts` from `first` on; all may be missing. */
function isClock(parts: RegExpExecArray, first: number): boolean {
  const zone = parts[first + 4];
  if (Number(parts[first] ?? 0) > 23 || Number(parts[first + 1] ?? 0) > 59 || Number(parts[first + 2] ?? 0) > 59) return false;
  if (zone === undefined || zone.length === 1) return true;
  return Number(zone.slice(1, 3)) <= LAST_OFFSET_HOUR && Number(zone.slice(3).replace(':', '') || 0) <= 59;
}

function lostFraction(digits: string | undefined): boolean {
  return digits !== undefined && digits.length > MICROSECONDS && /[1-9]/.test(digits.slice(MICROSECONDS));
}
