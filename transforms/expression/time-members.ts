import { ValueFault } from '../fault.ts';
import { type Callables, intArg, textArg } from './callable.ts';
import { formatTime, parseIso, parseIsoDay, timeParser, weekdayOf } from './time-format.ts';
import {
  type Civil,
  Day,
  floorDivide,
  isInCalendar,
  MICROS_PER_DAY,
  MICROS_PER_SECOND,
  Moment,
  microsOf,
  Span,
  Zone,
} from './time-values.ts';
import { isFloat, toDouble } from './numbers.ts';
import { DAY, FLOATING, INTEGER, MOMENT, SPAN, TEXT, type Type, ZONE } from './types.ts';
import { fault, floatOf, numericOf, plain, typeName, type Value } from './values.ts';

const PARTS = ['year', 'month', 'day', 'hour', 'minute', 'second', 'microsecond'] as const;

function momentOf(parts: readonly (Value | undefined)[], zone: number | undefined): Moment {
  const [year, month, day, hour, minute, second, micro] = PARTS.map((_, i) => intArg(parts[i], i < 3 ? undefined : 0));
  const civil = { year: year!, month: month!, day: day!, hour: hour!, minute: minute!, second: second!, micro: micro! };
  return new Moment(checked(microsOf(civil)), zone);
}

function checked(micros: bigint | undefined): bigint {
  if (micros === undefined || !isInCalendar(micros)) throw fault('a day or time that the calendar does not have');
  return micros;
}

function zoneArg(value: Value | undefined, otherwise: number | undefined): number | undefined {
  if (value === undefined) return otherwise;
  if (value === null) return undefined;
  if (value instanceof Zone) return value.offset;
  throw fault(`a timezone is needed, not ${typeName(value)}`);
}

function now(): bigint {
  return BigInt(Date.now()) * 1000n;
}

/** Seconds east of UTC of this machine's zone. */
function localOffset(micros: bigint): number {
  return -new Date(Number(micros / 1000n)).getTimezoneOffset() * 60;
}

function atOffset(instant: bigint, offset: number | undefined, shows: number): Moment {
  return new Moment(checked(instant + BigInt(shows) * MICROS_PER_SECOND), offset);
}

function seconds(value: Value | undefined): bigint {
  const number = value === undefined ? undefined : numericOf(value);
  if (number === undefined) throw fault('a number of seconds is needed');
  const double = toDouble(number);
  if (!(Math.abs(double) < 1e12)) throw fault('a number of seconds that no calendar has');
  return BigInt(Math.round(double * 1e6));
}

function dayOf(micros: bigint): Day {
  return new Day(Number(floorDivide(micros, MICROS_PER_DAY)));
}

const TIMEDELTA = { days: 86_400, seconds: 1, microseconds: 1e-6, milliseconds: 1e-3, minutes: 60, hours: 3600, weeks: 604_800 };

function span(parts: readonly (Value | undefined)[]): Span {
  let micros = 0n;
  Object.values(TIMEDELTA).forEach((unit, i) => {
    const number = parts[i] === undefined ? 0 : numericOf(parts[i]);
    if (number === undefined) throw fault(`a number is needed, not ${typeName(parts[i]!)}`);
    const double = toDouble(number);
    if (!(Math.abs(double * unit) < 1e14)) throw fault('a timedelta that is too long');
    micros += isFloat(number) ? BigInt(Math.round(double * unit * 1e6)) : BigInt(plain(number)) * BigInt(Math.round(unit * 1e6));
  });
  return new Span(micros);
}

/** The parser of a format; undefined if that is wrong, which was told. */
export function attempted(format: string, problem: (message: string) => void): ReturnType<typeof timeParser> | undefined {
  try {
    return timeParser(format);
  } catch (error) {
    if (!(error instanceof ValueFault)) throw error;
    problem(`the time format has ${error.message}, which is not known here`);
    return undefined;
  }
}

/** What hangs on the names `datetime.datetime`, `datetime.date` and so on: calls of the classes and of their class methods. */
export const timeFunctions: Callables = {
  'datetime.datetime': {
    takes: 'year month day hour? minute? second? microsecond? tzinfo?',
    type: MOMENT,
    call: (args) => momentOf(args.slice(0, 7), zoneArg(args[7], undefined)),
  },
  'datetime.datetime.strptime': {
    takes: 'date_string format',
    type: MOMENT,
    bind: ([, format], { problem }) => {
      const parse = format === undefined ? undefined : attempted(format, problem);
      return ([text, format]) => (parse ?? timeParser(textArg(format)))(textArg(text));
    },
  },
  'datetime.datetime.fromisoformat': { takes: 'date_string', type: MOMENT, call: ([text]) => parseIso(textArg(text)) },
  'datetime.datetime.fromtimestamp': {
    takes: 'timestamp tz?',
    type: MOMENT,
    call: ([timestamp, tz]) => {
      const micros = seconds(timestamp);
      const offset = zoneArg(tz, undefined);
      return atOffset(micros, offset, offset ?? localOffset(micros));
    },
  },
  'datetime.datetime.utcfromtimestamp': {
    takes: 'timestamp',
    type: MOMENT,
    call: ([timestamp]) => atOffset(seconds(timestamp), undefined, 0),
  },
  'datetime.datetime.now': {
    takes: 'tz?',
    takesNull: true,
    type: MOMENT,
    call: ([tz]) => {
      const offset = zoneArg(tz, undefined);
      return atOffset(now(), offset, offset ?? localOffset(now()));
    },
  },
  'datetime.datetime.today': { takes: '', type: MOMENT, call: () => atOffset(now(), undefined, localOffset(now())) },
  'datetime.datetime.utcnow': { takes: '', type: MOMENT, call: () => atOffset(now(), undefined, 0) },
  'datetime.date': {
    takes: 'year month day',
    type: DAY,
    call: (args) => dayOf(momentOf(args, undefined).micros),
  },
  'datetime.date.fromisoformat': { takes: 'date_string', type: DAY, call: ([text]) => parseIsoDay(textArg(text)) },
  'datetime.date.today': { takes: '', type: DAY, call: () => dayOf(now() + BigInt(localOffset(now())) * MICROS_PER_SECOND) },
  'datetime.date.fromtimestamp': {
    takes: 'timestamp',
    type: DAY,
    call: ([timestamp]) => {
      const micros = seconds(timestamp);
      return dayOf(micros + BigInt(localOffset(micros)) * MICROS_PER_SECOND);
    },
  },
  'datetime.timedelta': { takes: `${Object.keys(TIMEDELTA).join('? ')}?`, type: SPAN, call: span },
  'datetime.timezone': {
    takes: 'offset',
    type: ZONE,
    call: ([offset]) => {
      if (!(offset instanceof Span)) throw fault('a timezone is made of a timedelta');
      return new Zone(Number(offset.micros / MICROS_PER_SECOND));
    },
  },
};

export const timeConstants: Readonly<Record<string, { readonly value: Value; readonly type: Type }>> = {
  'datetime.timezone.utc': { value: new Zone(0), type: ZONE },
  'datetime.UTC': { value: new Zone(0), type: ZONE },
};

const dayAttributes: Readonly<Record<string, (civil: Civil) => number>> = {
  year: ({ year }) => year,
  month: ({ month }) => month,
  day: ({ day }) => day,
};

const momentAttributes: Readonly<Record<string, (civil: Civil) => number>> = {
  ...dayAttributes,
  hour: ({ hour }) => hour,
  minute: ({ minute }) => minute,
  second: ({ second }) => second,
  microsecond: ({ micro }) => micro,
};

/** An attribute of a time that is no method; undefined if it has none. */
export function timeAttribute(value: Value, name: string): Value | undefined {
  if (value instanceof Day) return Object.hasOwn(dayAttributes, name) ? dayAttributes[name]!(value.civil) : undefined;
  if (value instanceof Moment) {
    if (name === 'tzinfo') return value.offset === undefined ? null : new Zone(value.offset);
    return Object.hasOwn(momentAttributes, name) ? momentAttributes[name]!(value.civil) : undefined;
  }
  if (!(value instanceof Span)) return undefined;
  if (name === 'days') return value.days;
  if (name === 'seconds') return value.seconds;
  return name === 'microseconds'
    ? Number(((value.micros % MICROS_PER_SECOND) + MICROS_PER_SECOND) % MICROS_PER_SECOND)
    : undefined;
}

/** The type of such an attribute; undefined if no time has it. */
export function timeAttributeType(name: string): Type | undefined {
  if (name === 'tzinfo') return ZONE;
  return Object.hasOwn(momentAttributes, name) || ['days', 'seconds', 'microseconds'].includes(name) ? INTEGER : undefined;
}

const common: Callables = {
  strftime: {
    takes: 'format',
    type: TEXT,
    call: ([self, format]) => formatTime(self as Day | Moment, textArg(format)),
  },
  weekday: { takes: '', type: INTEGER, call: ([self]) => weekdayOf(daysOf(self)) },
  isoweekday: { takes: '', type: INTEGER, call: ([self]) => weekdayOf(daysOf(self)) + 1 },
};

function daysOf(value: Value | undefined): number {
  return value instanceof Day ? value.days : dayOf((value as Moment).micros).days;
}

export const dayMethods: Callables = {
  ...common,
  isoformat: { takes: '', type: TEXT, call: ([self]) => (self as Day).toString() },
  replace: {
    takes: 'year? month? day?',
    type: DAY,
    call: ([self, year, month, day]) => {
      const { civil } = self as Day;
      return dayOf(momentOf([year ?? civil.year, month ?? civil.month, day ?? civil.day], undefined).micros);
    },
  },
};

export const momentMethods: Callables = {
  ...common,
  isoformat: {
    takes: 'sep?',
    type: TEXT,
    call: ([self, separator]) => (self as Moment).toString(textArg(separator, 'T')),
  },
  date: { takes: '', type: DAY, call: ([self]) => dayOf((self as Moment).micros) },
  timestamp: {
    takes: '',
    type: FLOATING,
    call: ([self]) => {
      const { instant, micros, offset } = self as Moment;
      const utc = offset === undefined ? micros - BigInt(localOffset(micros)) * MICROS_PER_SECOND : instant;
      return floatOf(Number(utc) / 1e6);
    },
  },
  astimezone: {
    takes: 'tz',
    type: MOMENT,
    call: ([self, tz]) => {
      const { micros, offset } = self as Moment;
      const to = zoneArg(tz, undefined);
      if (to === undefined) throw fault('a timezone is needed');
      const instant = micros - BigInt(offset ?? localOffset(micros)) * MICROS_PER_SECOND;
      return atOffset(instant, to, to);
    },
  },
  replace: {
    takes: `${PARTS.join('? ')}? tzinfo?`,
    type: MOMENT,
    call: ([self, ...given]) => {
      const { civil, offset } = self as Moment;
      const { year, month, day, hour, minute, second, micro } = civil;
      const parts = [year, month, day, hour, minute, second, micro].map((part, i) => given[i] ?? part);
      return momentOf(parts, zoneArg(given[7], offset));
    },
  },
};

export const spanMethods: Callables = {
  total_seconds: { takes: '', type: FLOATING, call: ([self]) => floatOf(Number((self as Span).micros) / 1e6) },
};

/** Sums and differences of dates, times and lengths of time; undefined if it is none of these. Throws ValueFault. */
export function timeArithmetic(operator: string, a: Value, b: Value): Value | undefined {
  if (a instanceof Span && b instanceof Span) {
    if (operator === '+') return new Span(a.micros + b.micros);
    if (operator === '-') return new Span(a.micros - b.micros);
    if (operator === '/' && b.micros !== 0n) return floatOf(Number(a.micros) / Number(b.micros));
    if (operator === '//' && b.micros !== 0n) return Number(floorDivide(a.micros, b.micros));
    return undefined;
  }
  if (operator === '+' && a instanceof Span) return b instanceof Span ? undefined : timeArithmetic('+', b, a);
  if (operator === '*' && (a instanceof Span || b instanceof Span)) return times(a, b);
  if (operator !== '+' && operator !== '-') return undefined;
  if (b instanceof Span) {
    const sign = operator === '+' ? 1 : -1;
    if (a instanceof Moment) return new Moment(checked(a.micros + BigInt(sign) * b.micros), a.offset);
    // Of a length of time only its whole days count for a date.
    return a instanceof Day ? dayOf(checked(BigInt(a.days + sign * b.days) * MICROS_PER_DAY)) : undefined;
  }
  if (operator === '+') return undefined;
  if (a instanceof Day && b instanceof Day) return new Span(BigInt(a.days - b.days) * MICROS_PER_DAY);
  if (!(a instanceof Moment) || !(b instanceof Moment)) return undefined;
  if ((a.offset === undefined) !== (b.offset === undefined)) {
    throw fault('a datetime with a zone has no distance from one without');
  }
  return new Span(a.instant - b.instant);
}

function times(a: Value, b: Value): Value | undefined {
  const [span, other] = a instanceof Span ? [a, b] : [b as Span, a];
  const factor = numericOf(other);
  if (factor === undefined) return undefined;
  return new Span(
    isFloat(factor) ? BigInt(Math.round(Number(span.micros) * toDouble(factor))) : span.micros * BigInt(plain(factor)),
  );
}
