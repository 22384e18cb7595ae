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

export function formatReader(formats: readonly string[], kind: 'date' | 'time' | 'date-time'): FormatReader {
  const readers = formats.map((format) => {
    const tokens = format.includes('%') ? fromStrptime(format) : format;
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
