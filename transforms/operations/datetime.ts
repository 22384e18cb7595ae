import { type Config, ExactNumber, type Json, nearest } from '../../singer/index.ts';
import { type ClockPolicies, converter, MOST_DIGITS, offsetIn } from '../datetime/convert.ts';
import { formatsReader, troubleOf } from '../datetime/formats.ts';
import { isoReader } from '../datetime/iso.ts';
import { type Limit, limitOf, type Limits } from '../datetime/limits.ts';
import { Moment } from '../datetime/moment.ts';
import { type Output, OUTPUT_NAMES, outputOf, outputSchema } from '../datetime/output.ts';
import { readable } from '../plain-text.ts';
import { zoneReader } from '../datetime/zone-words.ts';
import { isLocale, localeNames, noLocale } from '../datetime/locale-names.ts';
import { createZones, noZone, Zone, type Zones } from '../datetime/zone.ts';
import { ValueFault } from '../fault.ts';
import { defineOperation, type Field, type Fields } from '../operation.ts';

const parameters = {
  formats: {
    type: ['array', 'string'],
    items: { type: 'string', description: 'A name or a pattern.' },
    default: ['iso'],
    description:
      "The formats to try, in this order; the first that takes the whole text wins. `iso` (a space for the T, too), `sql`, `rfc2822`, `http`, `epoch_s`, `epoch_ms`, `epoch_auto` (the unit by the magnitude), `excel`, `excel1904`, or patterns: `d MMMM yyyy HH:mm`, `MM/dd/yyyy hh:mm a`, text in '...'.",
    examples: [['iso', 'MM/dd/yyyy hh:mm a', 'd MMMM yyyy HH:mm']],
  },
  locales: {
    type: ['array', 'string'],
    items: { type: 'string', description: 'A language tag.' },
    description:
      'Languages of names of months and weekdays and of am and pm, in patterns. Every form of a name is taken, and the beginning of one (three letters or more) that means one thing only. Default: `defaults.locale`.',
    examples: [['en', 'ru']],
  },
  order: {
    type: 'string',
    options: ['dmy', 'mdy', 'ymd'],
    description:
      'Order of dates of three numbers that no format takes (`16.4.2018`, with a time or without). Without it such a date is an error. Dates that another order would read differently are counted.',
  },
  zone: {
    type: ['string', 'object'],
    properties: { field: { type: 'string', required: true, description: 'The property that holds the zone.' } },
    description:
      'Zone of times that name none: a name of the IANA database, or `{field: tz}` for the property that holds one. Default: `defaults.zone`.',
    examples: ['Europe/Moscow'],
  },
  to: { type: 'string', default: 'UTC', description: 'Zone in which the result is written.' },
  output: {
    type: 'string',
    default: 'date-time',
    description:
      'What comes out: `date-time`, `date`, `time`, `epoch_s`, `epoch_ms`, `year`, or a pattern. For `date`, `year` and patterns without a time, a date without a time stays the day that it is, whatever the zones. With `time`, the formats take times without a date, too.',
  },
  precision: {
    type: 'string',
    options: ['keep', 'us', 'ms', 's'],
    default: 'keep',
    description: 'Digits of a second: as many as there are, up to nine (`keep`), six (`us`), three (`ms`), none (`s`) at most.',
  },
  rounding: {
    type: 'string',
    options: ['truncate', 'round'],
    default: 'truncate',
    description: 'What becomes of the digits that `precision` leaves out.',
  },
  ambiguous: {
    type: 'string',
    options: ['earlier', 'later', 'error'],
    default: 'earlier',
    description: 'Which instant a local time means that came twice, as clocks were set back. Counted.',
  },
  gap: {
    type: 'string',
    options: ['forward', 'error'],
    default: 'forward',
    description: 'What becomes of a local time that the clocks left out: moved on by as much as they were, or an error. Counted.',
  },
  two_digit_year_pivot: {
    type: 'integer',
    minimum: 0,
    maximum: 99,
    description:
      'Years of two digits above it are of the 20th century, the others of the 21st. Without it there are no such years.',
  },
  min: { type: 'string', description: 'The first date or date-time that is taken, as `iso`.', examples: ['2016-01-01'] },
  max: { type: 'string', description: 'The last one; a date means all of that day.' },
  keep_original: { type: 'string', description: 'Name of a new property that keeps the value as it came.' },
  abbreviations: {
    type: 'object',
    members: { type: 'string', description: 'A name of the IANA database.' },
    description: 'Zones that abbreviations in texts mean. All but UTC, GMT and Z are errors without it.',
    examples: [{ MSK: 'Europe/Moscow' }],
  },
} as const;

export default defineOperation({
  name: 'datetime',
  group: 'times',
  summary: 'Reads dates and times in any of several formats and writes them in one.',
  notes: [
    'Nothing is guessed: what no format takes as a whole is an error, so is a date of numbers whose order nobody stated, a zone that nobody explained, a weekday that is not that of the date, a day that does not exist.',
    'Local times that came twice or never are settled by `ambiguous` and `gap`, whatever the date of the run, and counted: `ambiguous-time`, `missing-time`, `ambiguous-date-order`, `fraction-cut` (more than nine digits).',
    'Digits of a second are kept as they stand, without rounding. In patterns a number of one letter (`d`) takes one digit or two, and one space any white space. Years are those of the Gregorian calendar.',
    'Tokens of patterns: y yy yyyy, M MM MMM MMMM L LL LLL LLLL, d dd, o ooo, E EEE EEEE c ccc cccc, H HH h hh a, m mm, s ss, S, SSS to SSSSSSSSS, u, Z ZZ ZZZ z.',
  ],
  parameters,
  main: 'formats',
  examples: [
    {
      step: {
        datetime: { formats: ['iso', 'MM/dd/yyyy hh:mm a', 'd MMMM yyyy HH:mm'], locales: ['en', 'ru'], zone: 'Europe/Moscow' },
      },
      input: '16 апреля 2018 09:01',
      output: '2018-04-16T06:01:00Z',
    },
    { step: 'datetime', input: '2018-11-26 14:47:36.0429 UTC', output: '2018-11-26T14:47:36.0429Z' },
    {
      step: { datetime: { formats: 'epoch_ms' } },
      schema: { type: 'integer' },
      input: 1523869272042,
      output: '2018-04-16T09:01:12.042Z',
    },
    { step: { datetime: { order: 'dmy', output: 'date' } }, input: '16.4.2018', output: '2018-04-16' },
    { step: 'datetime', input: '04/05/2018' },
  ],
  prepare(given, field) {
    const { convert, output, read } = partsOf(given, field);
    const moment = new Moment();
    return {
      schema: outputSchema(output, field.schema),
      merges: given.output !== 'date-time' || given.precision !== 'keep',
      ...(given.keep_original === undefined ? {} : { keeps: given.keep_original }),
      apply(value, record) {
        const text = readable(textIn(value));
        moment.trouble = undefined;
        if (!read(text, moment)) throw new ValueFault(...troubleOf(text, moment));
        return convert(moment, record);
      },
    };
  },
});

/** Compiles the parameters. Tells the field what is wrong with them. */
function partsOf(given: Config<typeof parameters>, field: Field) {
  const zones = createZones();
  const locales = localesOf(given.locales ?? field.defaults.locale, field);
  const abbreviations = new Map(
    Object.entries(given.abbreviations ?? {}).map(([word, name]) => [
      word.toUpperCase(),
      knownZone(name, `abbreviations.${word}`, zones, field),
    ]),
  );
  const to = knownZone(given.to, 'to', zones, field);
  const output = knownOutput(given, locales[0] ?? 'en', field);
  const read = formatsReader({
    formats: typeof given.formats === 'string' ? [given.formats] : given.formats,
    names: () => field.once(`names of ${locales.join()}`, () => localeNames(locales)),
    order: given.order,
    pivot: given.two_digit_year_pivot,
    zones,
    abbreviations,
    clocks: given.output === 'time',
    problem: (message, at) => field.problem(message, at),
  });
  const zone = zoneFinder(given.zone ?? field.defaults.zone, zones, field);
  const policies: ClockPolicies = { ambiguous: given.ambiguous, gap: given.gap, count: (what) => field.count(what) };
  const convert = converter({
    zoneOf: zone.find,
    to,
    digits: Math.min(DIGITS[given.precision], output.digits),
    rounding: given.rounding,
    limits: limitsOf(given, { zones, zone: zone.fixed ?? UTC, abbreviations }, field),
    policies,
    keepsDates: output.keepsDates,
    write: output.write,
  });
  return { read, convert, output };
}

const DIGITS = { keep: MOST_DIGITS, us: 6, ms: 3, s: 0 } as const;
const UTC = new Zone(undefined);

/** Numbers count as their text: an epoch, a serial number of Excel, 20180416. */
function textIn(value: Json | undefined): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number') return String(value);
  if (value instanceof ExactNumber) return plainNumber(value.text);
  throw new ValueFault('datetime-kind', 'neither a text nor a number');
}

/** An exponent that came with a number of a size that dates have is written out; nothing is rounded. */
function plainNumber(text: string): string {
  const number = Number(text);
  return /[eE]/.test(text) && Number.isSafeInteger(number) ? String(number) : text;
}

function localesOf(given: string | readonly string[], field: Field): readonly string[] {
  const known: string[] = [];
  for (const locale of typeof given === 'string' ? [given] : given) {
    if (isLocale(locale)) known.push(locale);
    else field.problem(noLocale(locale), 'locales');
  }
  return known;
}

function knownZone(name: string, at: string, zones: Zones, field: Field): Zone {
  const zone = zones(name);
  if (zone !== undefined) return zone;
  field.problem(noZone(name), at);
  return UTC;
}

function knownOutput({ output, to }: Config<typeof parameters>, locale: string, field: Field): Output {
  const known = outputOf(output, { locale, zoneName: to });
  if (typeof known !== 'string') return known;
  const near = nearest(output, OUTPUT_NAMES);
  field.problem(near === undefined ? known : `${known}; did you mean ${near}?`, 'output');
  return outputOf('date-time', { locale, zoneName: to }) as Output;
}

/** `fixed`: the zone that holds for all records. */
function zoneFinder(given: string | { readonly field: string }, zones: Zones, field: Field): ZoneFinder {
  if (typeof given === 'string') {
    const fixed = knownZone(given, 'zone', zones, field);
    return { fixed, find: () => fixed };
  }
  if (field.schemaOf(given.field) === undefined) field.problem(`the stream has no field ${given.field}`, 'zone.field');
  return {
    fixed: undefined,
    find(record) {
      const name = record.get(given.field);
      const zone = typeof name === 'string' ? zones(name.trim()) : undefined;
      if (zone === undefined) throw new ValueFault('datetime-zone', `${given.field} holds no zone of the IANA database`);
      return zone;
    },
  };
}

interface ZoneFinder {
  readonly fixed: Zone | undefined;
  readonly find: (record: Fields) => Zone;
}

function limitsOf(
  { min, max }: Config<typeof parameters>,
  o: { readonly zones: Zones; readonly zone: Zone; readonly abbreviations: ReadonlyMap<string, Zone> },
  field: Field,
): Limits {
  const read = isoReader({ zone: zoneReader(o.zones, o.abbreviations), between: 'both', basic: false, clocks: false });
  const limit = (text: string | undefined, side: 'min' | 'max'): Limit | undefined => {
    if (text === undefined) return undefined;
    const moment = new Moment();
    if (!read(text, moment) || !moment.settle()) {
      field.problem('must be a date or a date-time, such as 2016-01-01', side);
      return undefined;
    }
    const policies = { ambiguous: 'earlier', gap: 'forward', count: () => {} } as const;
    return limitOf(moment, moment.offset ?? offsetIn(moment.zone ?? o.zone, moment.seconds, policies), side);
  };
  const limits = { min: limit(min, 'min'), max: limit(max, 'max') };
  if (limits.min !== undefined && limits.max !== undefined && limits.max.instant < limits.min.instant) {
    field.problem('is before min', 'max');
  }
  return limits;
}
