import { digitsEnd } from './digits.ts';
import type { LocaleNames } from './locale-names.ts';
import type { Moment, Reader } from './moment.ts';
import { type NameTable, SEVERAL } from './names.ts';
import { tidied } from '../plain-text.ts';
import { DATE_MEANINGS, isFraction, meaningOf, type Token, tokenProblem, tokensOf } from './tokens.ts';
import type { ZoneReader } from './zone-words.ts';

/** Reads one part at a place; gives where it ends, -1 if it is not there. */
type Part = (text: string, at: number, moment: Moment) => number;

export interface PatternOptions {
  readonly names: LocaleNames;
  readonly zone: ZoneReader;
  /** Years of two digits above it are of the century before; undefined: such years cannot be read. */
  readonly pivot: number | undefined;
  /** A pattern may tell a time without a date. */
  readonly clocks: boolean;
}

/**
 * A reader of a pattern in luxon's tokens. It goes through the text once, part by part, and never back. The text is `readable`. A
 * string: what is wrong with the pattern.
 */
export function patternReader(pattern: string, options: PatternOptions): Reader | string {
  const tokens = tokensOf(tidied(pattern));
  const problem = tokenProblem(tokens) ?? patternProblem(tokens, options);
  if (problem !== undefined) return problem;
  const parts = tokens.map((token, index) => partOf(token, tokens[index + 1], options));
  const meanings = new Set(tokens.map(meaningOf));
  const hasTime = meanings.has('hour') || meanings.has('hour to 12');
  const hasDate = tellsDate(tokens);
  const isEitherOrder = hasEitherOrder(tokens);
  return (text, moment) => {
    let at = 0;
    for (const part of parts) {
      at = part(text, at, moment);
      if (at < 0) return false;
    }
    if (at !== text.length) return false;
    moment.hasDate = hasDate;
    moment.hasTime = hasTime;
    moment.isEitherOrder = isEitherOrder;
    return true;
  };
}

/** A pattern that leaves something out would have it taken from somewhere else. */
function patternProblem(tokens: readonly Token[], { pivot, clocks }: PatternOptions): string | undefined {
  const meanings = tokens.map(meaningOf);
  const has = (...wanted: readonly string[]): boolean =>
    meanings.some((meaning) => meaning !== undefined && wanted.includes(meaning));
  const isClock = clocks && !tellsDate(tokens);
  if (isClock && !has('hour', 'hour to 12')) return 'tells neither a date nor the hour';
  if (isClock && has('weekday', 'name of a weekday', 'zone'))
    return 'does not tell the date, without which there is no weekday nor zone';
  if (!isClock && !has('year', 'year of two digits', 'year of four digits')) return 'does not tell the year';
  if (has('year of two digits') && pivot === undefined)
    return 'has a year of two digits: say the century with two_digit_year_pivot';
  if (has('day') && !has('month', 'name of a month')) return 'tells the day and not the month';
  if (has('hour to 12') && !has('half of the day')) return 'does not tell which half of the day is meant (a)';
  if (has('half of the day') && !has('hour', 'hour to 12')) return 'does not tell the hour';
  if (has('minute', 'second') && !has('hour', 'hour to 12')) return 'does not tell the hour';
  if (has('second', 'fraction', 'milliseconds') && !has('minute')) return 'does not tell the minute';
  const twice = Object.entries(ONCE).find(
    ([, same]) => meanings.filter((meaning) => meaning !== undefined && same.includes(meaning)).length > 1,
  );
  if (twice !== undefined) return `tells the ${twice[0]} twice`;
  if (has('day of the year') && has('month', 'name of a month', 'day')) return 'tells the day twice';
  const open = tokens.find((token, index) => isOpen(token) && startsWithDigit(tokens[index + 1]));
  return open === undefined ? undefined : `does not tell where ${open.text} ends: put something behind it, or double it`;
}

/** What would have to agree if it were told twice. */
const ONCE: Readonly<Record<string, readonly string[]>> = {
  year: ['year', 'year of two digits', 'year of four digits'],
  month: ['month', 'name of a month'],
  day: ['day', 'day of the year'],
  weekday: ['weekday', 'name of a weekday'],
  hour: ['hour', 'hour to 12'],
  'half of the day': ['half of the day'],
  minute: ['minute'],
  second: ['second'],
  fraction: ['fraction', 'milliseconds'],
  zone: ['zone'],
};

function tellsDate(tokens: readonly Token[]): boolean {
  return tokens.some((token) => DATE_MEANINGS.has(meaningOf(token) ?? ''));
}

/** Numbers that may have one digit or more. */
function isOpen({ text, isLiteral }: Token): boolean {
  const [least, most] = NUMBERS[text] ?? [];
  return !isLiteral && (least !== most || text === 'u');
}

function startsWithDigit(token: Token | undefined): boolean {
  if (token === undefined) return false;
  if (token.isLiteral) return /^\d/.test(token.text);
  const meaning = meaningOf(token);
  return meaning !== undefined && !meaning.startsWith('name') && meaning !== 'half of the day' && meaning !== 'zone';
}

/** Day and month as numbers before the year. */
function hasEitherOrder(tokens: readonly Token[]): boolean {
  const meanings = tokens.map(meaningOf);
  const year = meanings.findIndex((meaning) => meaning?.startsWith('year'));
  const [day, month] = [meanings.indexOf('day'), meanings.indexOf('month')];
  return day >= 0 && month >= 0 && (day < year || month < year || tokens[year]?.text === 'yy');
}

function partOf({ text, isLiteral }: Token, next: Token | undefined, { names, zone, pivot }: PatternOptions): Part {
  if (isLiteral) return literal(text);
  if (isFraction(text)) return fraction(text.length, text.length);
  if (text === 'u') return fraction(1, 9);
  if (text === 'yy') return number(2, 2, (moment, year) => (moment.year = year + (year > pivot! ? 1900 : 2000)));
  const numeric = NUMBERS[text];
  if (numeric !== undefined) return number(...numeric);
  const behind = next?.isLiteral === true ? next.text : '';
  const dotFollows = behind.startsWith('.');
  switch (meaningOf({ text, isLiteral })) {
    case 'name of a month':
      return word(/^\p{L}/u.test(behind) ? names.months : names.monthsWithWords, dotFollows, setMonth);
    case 'name of a weekday':
      return word(names.weekdays, dotFollows, setWeekday);
    case 'half of the day':
      return word(names.halves, dotFollows, setHalf);
    default:
      // All that is left are the tokens of zones.
      return zone;
  }
}

type Setter = (moment: Moment, value: number) => void;

const setYear: Setter = (moment, year) => (moment.year = year);
const setMonth: Setter = (moment, month) => (moment.month = month);
const setDay: Setter = (moment, day) => (moment.day = day);
const setOrdinal: Setter = (moment, day) => (moment.ordinal = day);
const setWeekday: Setter = (moment, weekday) => (moment.weekday = weekday);
const setHour: Setter = (moment, hour) => (moment.hour = hour);
const setHour12: Setter = (moment, hour) => (moment.hour12 = hour);
const setHalf: Setter = (moment, half) => (moment.half = half);
const setMinute: Setter = (moment, minute) => (moment.minute = minute);
const setSecond: Setter = (moment, second) => (moment.second = second);

/** Fewest and most digits, and what they tell. */
const NUMBERS: Readonly<Record<string, readonly [least: number, most: number, set: Setter]>> = {
  y: [1, 4, setYear],
  yyyy: [4, 4, setYear],
  M: [1, 2, setMonth],
  MM: [2, 2, setMonth],
  L: [1, 2, setMonth],
  LL: [2, 2, setMonth],
  d: [1, 2, setDay],
  dd: [2, 2, setDay],
  o: [1, 3, setOrdinal],
  ooo: [3, 3, setOrdinal],
  E: [1, 1, setWeekday],
  c: [1, 1, setWeekday],
  H: [1, 2, setHour],
  HH: [2, 2, setHour],
  h: [1, 2, setHour12],
  hh: [2, 2, setHour12],
  m: [1, 2, setMinute],
  mm: [2, 2, setMinute],
  s: [1, 2, setSecond],
  ss: [2, 2, setSecond],
  S: [1, 3, (moment, ms) => (moment.fraction = String(ms).padStart(3, '0'))],
};

function number(least: number, most: number, set: Setter): Part {
  return (text, at, moment) => {
    let value = 0;
    let end = at;
    for (const stop = Math.min(text.length, at + most); end < stop; end++) {
      const digit = text.charCodeAt(end) - 0x30;
      if (digit < 0 || digit > 9) break;
      value = value * 10 + digit;
    }
    if (end - at < least) return -1;
    set(moment, value);
    return end;
  };
}

function fraction(least: number, most: number): Part {
  return (text, at, moment) => {
    const end = digitsEnd(text, at, most);
    if (end - at < least) return -1;
    moment.fraction = text.slice(at, end);
    return end;
  };
}

/** A name; a dot behind it belongs to it, unless the pattern has one there. */
function word(table: NameTable, dotFollows: boolean, set: Setter): Part {
  return (text, at, moment) => {
    const value = table.read(text, at);
    if (value < 0) {
      if (value === SEVERAL) moment.trouble = 'name';
      return -1;
    }
    set(moment, value);
    const { end } = table;
    return !dotFollows && text.charCodeAt(end) === 0x2e ? end + 1 : end;
  };
}

/** Text as it stands, in whatever case. */
function literal(text: string): Part {
  const lower = text.toLowerCase();
  const upper = text.toUpperCase();
  const sameLength = lower.length === text.length && upper.length === text.length;
  return (from, at) => {
    if (from.startsWith(text, at)) return at + text.length;
    if (!sameLength) return -1;
    for (let i = 0; i < text.length; i++) {
      const char = from[at + i];
      if (char !== text[i] && char !== lower[i] && char !== upper[i]) return -1;
    }
    return at + text.length;
  };
}
