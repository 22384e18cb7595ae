import { Day, MICROS_PER_DAY, Moment, microsOf, offsetText } from './time-values.ts';
import { fault } from './values.ts';

const MONTHS = 'January February March April May June July August September October November December'.split(' ');
const DAYS = 'Monday Tuesday Wednesday Thursday Friday Saturday Sunday'.split(' ');

/** Days since Monday: 0 to 6. */
export function weekdayOf(days: number): number {
  return (((days + 3) % 7) + 7) % 7;
}

/** `strftime` of Python, in English. Throws ValueFault for a directive that it does not have. */
export function formatTime(value: Day | Moment, format: string): string {
  const moment = value instanceof Moment ? value : new Moment(BigInt(value.days) * MICROS_PER_DAY, undefined);
  const { year, month, day, hour, minute, second, micro } = moment.civil;
  const days = Number(moment.micros / MICROS_PER_DAY) - (moment.micros < 0n && moment.micros % MICROS_PER_DAY !== 0n ? 1 : 0);
  const weekday = weekdayOf(days);
  const yearday = days - Number(microsOf({ year, month: 1, day: 1, ...MIDNIGHT })! / MICROS_PER_DAY) + 1;
  const pad = (number: number, width = 2): string => String(number).padStart(width, '0');
  const directives: Readonly<Record<string, () => string>> = {
    Y: () => String(year),
    m: () => pad(month),
    d: () => pad(day),
    H: () => pad(hour),
    I: () => pad(hour % 12 || 12),
    M: () => pad(minute),
    S: () => pad(second),
    f: () => pad(micro, 6),
    y: () => pad(year % 100),
    j: () => pad(yearday, 3),
    p: () => (hour < 12 ? 'AM' : 'PM'),
    B: () => MONTHS[month - 1]!,
    b: () => MONTHS[month - 1]!.slice(0, 3),
    A: () => DAYS[weekday]!,
    a: () => DAYS[weekday]!.slice(0, 3),
    w: () => String((weekday + 1) % 7),
    u: () => String(weekday + 1),
    z: () => offsetText(moment.offset, ''),
    Z: () => (moment.offset === undefined ? '' : moment.offset === 0 ? 'UTC' : `UTC${offsetText(moment.offset, ':')}`),
    F: () => formatTime(moment, '%Y-%m-%d'),
    T: () => formatTime(moment, '%H:%M:%S'),
    D: () => formatTime(moment, '%m/%d/%y'),
    R: () => formatTime(moment, '%H:%M'),
    e: () => String(day).padStart(2),
    U: () => pad(Math.floor((yearday + 6 - ((weekday + 1) % 7)) / 7)),
    W: () => pad(Math.floor((yearday + 6 - weekday) / 7)),
    G: () => String(isoWeek(days).year),
    V: () => pad(isoWeek(days).week),
    c: () => formatTime(moment, `%a %b %e %H:%M:%S ${pad(year, 4)}`),
    x: () => formatTime(moment, '%m/%d/%y'),
    X: () => formatTime(moment, '%H:%M:%S'),
    '%': () => '%',
  };
  return format.replaceAll(/%([^]?)/g, (_, name: string) => {
    const directive = directives[name];
    if (directive === undefined || !Object.hasOwn(directives, name)) throw fault(`the directive %${name}`);
    return directive();
  });
}

/** The week of ISO 8601, and the year that it belongs to: that of its Thursday. `days` since 1970. */
function isoWeek(days: number): { year: number; week: number } {
  const thursday = days - weekdayOf(days) + 3;
  const { year } = new Moment(BigInt(thursday) * MICROS_PER_DAY, undefined).civil;
  const first = Number(microsOf({ year, month: 1, day: 1, ...MIDNIGHT })! / MICROS_PER_DAY);
  return { year, week: Math.floor((thursday - first) / 7) + 1 };
}

const MIDNIGHT = { hour: 0, minute: 0, second: 0, micro: 0 };

const names = (list: readonly string[], length?: number): string => list.map((name) => name.slice(0, length)).join('|');

/** What each directive of `strptime` takes: a digit count that cannot run away. */
const PATTERNS: Readonly<Record<string, string>> = {
  Y: String.raw`(?<Y>\d{4})`,
  m: String.raw`(?<m>1[0-2]|0[1-9]|[1-9])`,
  d: String.raw`(?<d>3[01]|[12]\d|0[1-9]|[1-9]| [1-9])`,
  H: String.raw`(?<H>2[0-3]|[01]\d|\d)`,
  I: String.raw`(?<I>1[0-2]|0[1-9]|[1-9])`,
  M: String.raw`(?<M>[0-5]\d|\d)`,
  S: String.raw`(?<S>[0-5]\d|\d)`,
  f: String.raw`(?<f>\d{1,6})`,
  y: String.raw`(?<y>\d{2})`,
  j: String.raw`(?<j>36[0-6]|3[0-5]\d|[12]\d\d|0[1-9]\d|00[1-9]|[1-9]\d|0[1-9]|[1-9])`,
  p: '(?<p>am|pm)',
  B: `(?<B>${names(MONTHS)})`,
  b: `(?<b>${names(MONTHS, 3)})`,
  A: `(?:${names(DAYS)})`,
  a: `(?:${names(DAYS, 3)})`,
  z: String.raw`(?<z>[-+]\d\d:?[0-5]\d(?::?[0-5]\d)?|Z)`,
  Z: '(?<Z>UTC|GMT)',
  '%': '%',
};

/** `datetime.strptime` of Python for one format, with English names. What is made, and the making, throw ValueFault. */
export function timeParser(format: string): (text: string) => Moment {
  const pattern = patternOf(format);
  return (text) => parseTime(text, pattern);
}

function parseTime(text: string, pattern: RegExp): Moment {
  const found = pattern.exec(text)?.groups;
  if (found === undefined) throw fault('a text that is not of the time format');
  const given = (name: string): number | undefined => (found[name] === undefined ? undefined : Number(found[name]));
  const yearday = given('j');
  const year = given('Y') ?? shortYear(given('y')) ?? 1900;
  const micros = microsOf({
    year,
    month: yearday === undefined ? (monthOf(found) ?? given('m') ?? 1) : 1,
    day: yearday === undefined ? (given('d') ?? 1) : 1,
    hour: given('H') ?? hourOf(given('I'), found['p']) ?? 0,
    minute: given('M') ?? 0,
    second: given('S') ?? 0,
    micro: Number((found['f'] ?? '').padEnd(6, '0')),
  });
  if (micros === undefined) throw fault('a day that the calendar does not have');
  const offset = found['z'] === undefined ? undefined : offsetOf(found['z']);
  return new Moment(micros + BigInt((yearday ?? 1) - 1) * MICROS_PER_DAY, offset);
}

function patternOf(format: string): RegExp {
  const seen = new Set<string>();
  const source = format.replaceAll(/%([^]?)|\s+|[\\^$.|?+*()[\]{}]/g, (text, name: string | undefined) => {
    if (name === undefined) return /\s/.test(text) ? String.raw`\s+` : `\\${text}`;
    const pattern = Object.hasOwn(PATTERNS, name) ? PATTERNS[name] : undefined;
    if (pattern === undefined || (seen.has(name) && name !== '%')) throw fault(`the directive %${name}`);
    seen.add(name);
    return pattern;
  });
  return new RegExp(`^${source}$`, 'i');
}

function shortYear(year: number | undefined): number | undefined {
  return year === undefined ? undefined : year + (year <= 68 ? 2000 : 1900);
}

function monthOf({ B, b }: Record<string, string>): number | undefined {
  const name = (B ?? b)?.toLowerCase();
  return name === undefined ? undefined : MONTHS.findIndex((month) => month.toLowerCase().startsWith(name)) + 1;
}

function hourOf(hour: number | undefined, half: string | undefined): number | undefined {
  return hour === undefined ? undefined : (hour % 12) + (half?.toLowerCase() === 'pm' ? 12 : 0);
}

/** Seconds of `+02:00`, `-0530`, `Z`. */
function offsetOf(text: string): number {
  if (text === 'Z' || text === 'z') return 0;
  const [hours, minutes, seconds] = text.slice(1).replaceAll(':', '').match(/\d\d/g)!.map(Number);
  const size = hours! * 3600 + minutes! * 60 + (seconds ?? 0);
  if (size >= 86_400) throw fault('an offset of a day or more');
  return text.startsWith('-') ? -size : size;
}

const ISO_DAY = /^(\d{4})-?(\d\d)-?(\d\d)$/;
const ISO =
  /^(\d{4})-?(\d\d)-?(\d\d)(?:[^](\d\d)(?::?(\d\d)(?::?(\d\d)(?:[.,](\d{1,20}))?)?)?(Z|[-+]\d\d(?::?\d\d(?::?\d\d)?)?)?)?$/;

/** `date.fromisoformat` of Python. Throws ValueFault. */
export function parseIsoDay(text: string): Day {
  const found = ISO_DAY.exec(text);
  const [year, month, day] = (found?.slice(1) ?? []).map(Number);
  const micros = found === null ? undefined : microsOf({ year: year!, month: month!, day: day!, ...MIDNIGHT });
  if (micros === undefined) throw fault('a text that is no ISO date');
  return new Day(Number(micros / MICROS_PER_DAY));
}

/** `datetime.fromisoformat` of Python 3.11, without weeks. Digits of a second after the sixth are cut. Throws ValueFault. */
export function parseIso(text: string): Moment {
  const found = ISO.exec(text);
  if (found === null) throw fault('a text that is no ISO date and time');
  const [, year, month, day, hour, minute, second, fraction, zone] = found;
  const micros = microsOf({
    year: Number(year),
    month: Number(month),
    day: Number(day),
    hour: Number(hour ?? 0),
    minute: Number(minute ?? 0),
    second: Number(second ?? 0),
    micro: Number((fraction ?? '').slice(0, 6).padEnd(6, '0')),
  });
  if (micros === undefined) throw fault('a text that is no ISO date and time');
  return new Moment(micros, zone === undefined ? undefined : offsetOf(zone.length === 3 ? `${zone}00` : zone));
}
