import { daysOfMonth } from '../singer/index.ts';

const ISO = /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d+))?)?\s?(Z|[+-]\d\d(?::?\d\d)?)?)?$/i;

/**
 * The instant that an ISO 8601 date or date-time names, in milliseconds since 1970 with a fraction (to about a microsecond). Without a
 * zone it is in UTC. Undefined for anything else.
 */
export function instantOf(text: string): number | undefined {
  const match = ISO.exec(text);
  if (match === null) return undefined;
  const [, year, month, day, hour = '00', minute = '00', second = '00', fraction = '', zone = 'Z'] = match;
  const days = daysOfMonth(Number(year), Number(month));
  if (Number(day) < 1 || Number(day) > days || Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) return undefined;
  // Date.UTC takes years below 100 for those of the last century.
  const whole =
    Number(year) >= 100
      ? Date.UTC(Number(year), Number(month) - 1, Number(day), Number(hour), Number(minute), Number(second))
      : Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  const millis = fraction === '' ? 0 : Number(fraction.slice(0, 3).padEnd(3, '0'));
  // Never up to the next millisecond, which may be in another window.
  const rest = fraction.length <= 3 ? 0 : Math.min(Number(`0.${fraction.slice(3)}`), 0.999);
  return whole + millis + rest - offsetOf(zone);
}

/** An offset in milliseconds. */
function offsetOf(zone: string): number {
  if (zone === 'Z' || zone === 'z') return 0;
  const digits = zone.slice(1).replace(':', '');
  const minutes = Number(digits.slice(0, 2)) * 60 + Number(digits.slice(2) || '0');
  return (zone.startsWith('-') ? -minutes : minutes) * 60_000;
}

/** The text of an instant in UTC: `2026-02-20T00:10:00Z`, with milliseconds only where there are some. */
export function instantText(millis: number): string {
  return new Date(millis).toISOString().replace('.000Z', 'Z');
}

const UNITS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  min: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};

/** Milliseconds of a duration such as `10m`, `1h 30m` or `1d`; undefined for any other text. */
export function durationOf(text: string): number | undefined {
  if (!/^\s*(?:\d+\s*(?:ms|s|min|m|h|d|w)\s*)+$/.test(text)) return undefined;
  return [...text.matchAll(/(\d+)\s*(ms|s|min|m|h|d|w)/g)].reduce(
    (sum, [, count, unit]) => sum + Number(count) * UNITS[unit!]!,
    0,
  );
}
