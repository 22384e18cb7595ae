import type { Json } from '../../singer/index.ts';
import { ValueFault } from '../fault.ts';
import { four, two } from './digits.ts';
import { formatter } from './locale-names.ts';
import type { Moment } from './moment.ts';
import { DATE_MEANINGS, isFraction, meaningOf, type Token, tokenProblem, tokensOf } from './tokens.ts';

/** Writes a moment, which holds local time at `offset` seconds east of UTC. */
export type Writer = (moment: Moment, offset: number) => Json;

/** `2018-04-16T09:01:12.0429Z`, or `+03:00` for Z where the zone is not UTC. */
export const writeDateTime: Writer = (moment, offset) =>
  `${dateOf(moment)}T${clockOf(moment)}${offset === 0 ? 'Z' : offsetOf(offset, ':')}`;
export const writeDate: Writer = (moment) => dateOf(moment);
export const writeClock: Writer = (moment) => clockOf(moment);
export const writeYear: Writer = (moment) => moment.year;
export const writeEpochSeconds: Writer = (moment, offset) => moment.seconds - offset;
export const writeEpochMilliseconds: Writer = (moment, offset) =>
  (moment.seconds - offset) * 1000 + Number(moment.fraction.slice(0, 3).padEnd(3, '0'));

function dateOf({ year, month, day }: Moment): string {
  return `${four(year)}-${two(month)}-${two(day)}`;
}

function clockOf({ hour, minute, second, fraction }: Moment): string {
  const clock = `${two(hour)}:${two(minute)}:${two(second)}`;
  return fraction === '' ? clock : `${clock}.${fraction}`;
}

/** ISO 8601 has no offsets with seconds, which the local mean times of old had. Throws ValueFault. */
function offsetOf(offset: number, between: string): string {
  const minutes = Math.abs(offset) / 60;
  if (!Number.isInteger(minutes))
    throw new ValueFault('datetime-offset', 'the offset of the zone had seconds then, which cannot be written');
  return `${offset < 0 ? '-' : '+'}${two(Math.floor(minutes / 60))}${between}${two(minutes % 60)}`;
}

/** A writer of a pattern in luxon's tokens. A string: what is wrong with it. */
export function patternWriter(
  pattern: string,
  o: { locale: string; zoneName: string },
): { write: Writer; hasTime: boolean } | string {
  const tokens = tokensOf(pattern);
  const problem = tokenProblem(tokens);
  if (problem !== undefined) return problem;
  const writers = tokens.map((token) => writerOf(token, o));
  return {
    write: (moment, offset) => writers.map((write) => write(moment, offset)).join(''),
    hasTime: tokens.some(
      (token) => !token.isLiteral && !DATE_MEANINGS.has(meaningOf(token) ?? '') && !meaningOf(token)!.includes('weekday'),
    ),
  };
}

type TextWriter = (moment: Moment, offset: number) => string;

function writerOf({ text, isLiteral }: Token, { locale, zoneName }: { locale: string; zoneName: string }): TextWriter {
  if (isLiteral) return () => text;
  if (isFraction(text)) return ({ fraction }) => fraction.slice(0, text.length).padEnd(text.length, '0');
  if (text === 'z') return () => zoneName;
  return WRITERS[text] ?? NAMES[text]!(locale);
}

const WRITERS: Readonly<Record<string, TextWriter>> = {
  y: ({ year }) => String(year),
  yy: ({ year }) => two(year % 100),
  yyyy: ({ year }) => four(year),
  M: ({ month }) => String(month),
  MM: ({ month }) => two(month),
  L: ({ month }) => String(month),
  LL: ({ month }) => two(month),
  d: ({ day }) => String(day),
  dd: ({ day }) => two(day),
  o: ({ dayOfYear }) => String(dayOfYear),
  ooo: ({ dayOfYear }) => String(dayOfYear).padStart(3, '0'),
  E: ({ dayOfWeek }) => String(dayOfWeek),
  c: ({ dayOfWeek }) => String(dayOfWeek),
  H: ({ hour }) => String(hour),
  HH: ({ hour }) => two(hour),
  h: ({ hour }) => String(hour % 12 || 12),
  hh: ({ hour }) => two(hour % 12 || 12),
  m: ({ minute }) => String(minute),
  mm: ({ minute }) => two(minute),
  s: ({ second }) => String(second),
  ss: ({ second }) => two(second),
  S: ({ fraction }) => String(Number(fraction.slice(0, 3).padEnd(3, '0'))),
  u: ({ fraction }) => (fraction === '' ? '0' : fraction),
  Z: (_, offset) => offsetOf(offset, ':'),
  ZZ: (_, offset) => offsetOf(offset, ':'),
  ZZZ: (_, offset) => offsetOf(offset, ''),
};

const NAMES: Readonly<Record<string, (locale: string) => TextWriter>> = {
  MMM: (locale) => monthNames(locale, { month: 'short', day: 'numeric' }),
  MMMM: (locale) => monthNames(locale, { month: 'long', day: 'numeric' }),
  LLL: (locale) => monthNames(locale, { month: 'short' }),
  LLLL: (locale) => monthNames(locale, { month: 'long' }),
  EEE: (locale) => weekdayNames(locale, 'short'),
  EEEE: (locale) => weekdayNames(locale, 'long'),
  ccc: (locale) => weekdayNames(locale, 'short'),
  cccc: (locale) => weekdayNames(locale, 'long'),
  a: halfNames,
};

function monthNames(locale: string, form: Intl.DateTimeFormatOptions): TextWriter {
  const format = formatter(locale, form);
  const names = Array.from({ length: 12 }, (_, month) => partOf(format, Date.UTC(2024, month, 15), 'month'));
  return ({ month }) => names[month - 1]!;
}

/** 2024-01-01 was a Monday. */
function weekdayNames(locale: string, weekday: 'long' | 'short'): TextWriter {
  const format = formatter(locale, { weekday });
  const names = Array.from({ length: 7 }, (_, day) => partOf(format, Date.UTC(2024, 0, 1 + day), 'weekday'));
  return ({ dayOfWeek }) => names[dayOfWeek - 1]!;
}

function halfNames(locale: string): TextWriter {
  const format = formatter(locale, { hour: 'numeric', hour12: true });
  const [am, pm] = [0, 12].map((hour) => partOf(format, Date.UTC(2024, 0, 1, hour), 'dayPeriod'));
  return ({ hour }) => (hour < 12 ? am! : pm!);
}

function partOf(format: Intl.DateTimeFormat, at: number, type: Intl.DateTimeFormatPartTypes): string {
  return format.formatToParts(at).find((part) => part.type === type)?.value ?? '';
}
