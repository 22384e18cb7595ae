import { DateTime } from 'luxon';

/** Offset of a local minute (`YYYY-MM-DDTHH:MM`), `Z` or `+HH:MM`; undefined if the zone has no such minute. */
export type Offsets = (minute: string) => string | undefined;

/** Remembered answers; neighbouring rows ask the same. */
const REMEMBERED = 10_000;

/** The offsets of a time zone. Of a minute that comes twice the first is meant. */
export function offsetsOf(zone: string): Offsets {
  return remembered((minute) => {
    const time = DateTime.fromISO(minute, { zone });
    // A minute that the clocks leave out is moved on.
    if (!time.isValid || time.toFormat("yyyy-MM-dd'T'HH:mm") !== minute) return undefined;
    const { offset } = time.getPossibleOffsets().reduce((first, other) => (other.toMillis() < first.toMillis() ? other : first));
    // Local mean times of old have seconds, which cannot be written.
    return Number.isInteger(offset) ? offsetText(offset) : undefined;
  });
}

function offsetText(minutes: number): string {
  if (minutes === 0) return 'Z';
  const two = (number: number): string => String(number).padStart(2, '0');
  const size = Math.abs(minutes);
  return `${minutes < 0 ? '-' : '+'}${two(Math.floor(size / 60))}:${two(size % 60)}`;
}

/** Reads a text in one of several forms and gives ISO 8601, without an offset unless the form has one; undefined if none fits. */
export type FormatReader = (text: string) => string | undefined;

export type TimeKind = 'date' | 'time' | 'date-time';

export function formatReader(formats: readonly string[], kind: TimeKind): FormatReader {
  const readers = formats.map((format) => {
    const tokens = tokensOf(format);
    const parser = DateTime.buildFormatParser(tokens, { locale: 'en' });
    const bare = tokens.replaceAll(/'[^']*'/g, '');
    const hasFraction = /[uS]/.test(bare);
    const hasOffset = /[zZ]/.test(bare);
    return (text: string): string | undefined => {
      const time = DateTime.fromFormatParser(text, parser, { locale: 'en', setZone: true, zone: 'utc' });
      if (!time.isValid) return undefined;
      if (kind === 'date') return time.toISODate();
      const clock = time.toFormat('HH:mm:ss') + (hasFraction ? fractionOf(text, time.millisecond) : '');
      if (kind === 'time') return clock;
      const offset = Number.isInteger(time.offset) ? offsetText(time.offset) : undefined;
      if (hasOffset && offset === undefined) return undefined;
      return `${time.toISODate()}T${clock}${hasOffset ? offset : ''}`;
    };
  });
  return remembered((text) => {
    for (const read of readers) {
      const found = read(text);
      if (found !== undefined) return found;
    }
    return undefined;
  });
}

/** A moment whose parts cannot be taken for one another, nor for those of today. */
const PROBE = DateTime.fromISO('1987-11-23T19:47:58.000', { zone: 'utc' });
/** What may come back of it: parts that a form does not have are their first. */
const PROBE_DAYS = ['1987-11-23', '1987-11-01', '1987-01-01'];
const PROBE_CLOCKS = ['19:47:58', '19:47:00', '19:00:00', '00:47:58', '00:47:00'];

/**
 * What is wrong with a form of dates or times; undefined if it reads what is written in it. Asked before anything is read: what a form
 * leaves out (the year, or which half of the day) would be taken from today.
 */
export function formatProblem(format: string, kind: TimeKind): string | undefined {
  const stranger = format.includes('%') ? unknownDirective(format) : unknownToken(format);
  if (stranger !== undefined) return `${JSON.stringify(format)} holds ${stranger}`;
  const written = PROBE.toFormat(tokensOf(format), { locale: 'en' });
  const read = formatReader([format], kind)(written);
  const [day = '', clock = ''] = kind === 'time' ? ['', read] : (read ?? '').split('T');
  const tellsDay = kind === 'time' || PROBE_DAYS.includes(day);
  const second = clock.slice(0, 8);
  const tellsClock = kind === 'date' || PROBE_CLOCKS.includes(second) || (kind === 'date-time' && second === '00:00:00');
  if (tellsDay && tellsClock) return undefined;
  const wanted = kind === 'time' ? 'a time' : tellsDay ? 'the hour, or which half of the day is meant' : 'year, month and day';
  return `${JSON.stringify(format)} does not tell ${wanted}`;
}

function unknownDirective(format: string): string | undefined {
  const token = [...format.matchAll(/%(.|$)/g)].map((match) => match[1]!).find((found) => !Object.hasOwn(STRPTIME, found));
  return token === undefined ? undefined : `%${token}, which is not known`;
}

/** luxon's tokens that can be read. */
const TOKENS = /^(y|yy|y{4,6}|[ML]{1,4}|d{1,2}|o|ooo|[HhmsWk]{1,2}|kkkk|S|SSS|u{1,3}|a|G{1,3}|q|[cE]|[cE]{3,4}|Z{1,3}|z)$/;
/** Those that stand for a whole date or time in English: DD is `Nov 23, 1987`. */
const WHOLE = /^(D|t|T|f|F){1,4}$/;

/** Letters that luxon would take for themselves, or for a whole date: most are tokens of other libraries, or lack quotes. */
function unknownToken(format: string): string | undefined {
  const runs = format.replaceAll(/'[^']*'/g, ' ').match(/([a-zA-Z])\1*/g) ?? [];
  const token = runs.find((run) => !TOKENS.test(run) && !(WHOLE.test(run) && runs.length === 1));
  return token === undefined
    ? undefined
    : `${token}, which is no token (year, month and day are yyyy, MM and dd; text stands in '...')`;
}

function tokensOf(format: string): string {
  return format.includes('%') ? fromStrptime(format) : format;
}

/** luxon knows milliseconds only: more digits are taken from the text itself. */
function fractionOf(text: string, milliseconds: number): string {
  const digits =
    /[.,:](\d{4,})(?!.*[.,:]\d{4,})/.exec(text)?.[1] ?? (milliseconds === 0 ? '' : String(milliseconds).padStart(3, '0'));
  return digits === '' ? '' : `.${digits}`;
}

/** Python's tokens as luxon's; those that take one digit or two, as Python does. */
const STRPTIME: Readonly<Record<string, string>> = {
  Y: 'yyyy', y: 'yy', m: 'M', B: 'LLLL', b: 'LLL', d: 'd', j: 'o', H: 'H', I: 'h', M: 'm', S: 's', f: 'u', p: 'a', z: 'ZZZ', Z: 'z',
  A: 'cccc', a: 'ccc', '%': "'%'",
}; // prettier-ignore

function fromStrptime(format: string): string {
  return format.replaceAll(/%(.)|[a-zA-Z]+/g, (all, token: string | undefined) =>
    token === undefined ? `'${all}'` : (STRPTIME[token] ?? `'${all}'`),
  );
}

function remembered(ask: (text: string) => string | undefined): (text: string) => string | undefined {
  const answers = new Map<string, string | undefined>();
  return (text) => {
    const known = answers.get(text);
    if (known !== undefined) return known;
    const answer = ask(text);
    if (answers.size >= REMEMBERED) answers.clear();
    if (answer !== undefined) answers.set(text, answer);
    return answer;
  };
}
