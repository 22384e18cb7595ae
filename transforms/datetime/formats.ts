import { nearest } from '../../singer/index.ts';
import { isoReader } from './iso.ts';
import type { LocaleNames } from './locale-names.ts';
import { httpReader, rfc2822Reader } from './mail-dates.ts';
import type { Moment, Reader } from './moment.ts';
import { looksNumeric, numericDateReader, type Order } from './numeric-date.ts';
import { patternReader } from './pattern.ts';
import { epochAutoReader, epochReader, excelReader } from './serial.ts';
import type { Zone, Zones } from './zone.ts';
import { zoneReader, type ZoneReader } from './zone-words.ts';

export interface FormatOptions {
  readonly formats: readonly string[];
  /** Words of the languages; asked for by the first pattern that needs some. */
  names(): LocaleNames;
  readonly order: Order | undefined;
  readonly pivot: number | undefined;
  readonly zones: Zones;
  /** By abbreviation, upper case. */
  readonly abbreviations: ReadonlyMap<string, Zone>;
  /** Texts may tell a time without a date. */
  readonly clocks: boolean;
  problem(message: string, at: string): void;
}

interface Parts extends FormatOptions {
  readonly zone: ZoneReader;
}

/** The formats that have a name. */
const NAMED: Readonly<Record<string, (parts: Parts) => Reader>> = {
  iso: ({ zone, clocks }) => isoReader({ zone, between: 'both', basic: true, clocks }),
  sql: ({ zone, clocks }) => isoReader({ zone, between: 'space', basic: false, clocks }),
  rfc2822: rfc2822Reader,
  http: httpReader,
  epoch_s: () => epochReader(0),
  epoch_ms: () => epochReader(3),
  epoch_auto: epochAutoReader,
  excel: ({ clocks }) => excelReader(1900, clocks),
  excel1904: ({ clocks }) => excelReader(1904, clocks),
};

const FORMAT_NAMES: readonly string[] = Object.keys(NAMED);

/**
 * A reader that tries formats in turn: the first that takes the whole text, with parts of a date that exists, wins. Tells what is wrong
 * with them.
 */
export function formatsReader(options: FormatOptions): Reader {
  const zone = zoneReader(options.zones, options.abbreviations);
  const parts = { ...options, zone };
  const readers = options.formats.flatMap((format, index) => readerOf(format, `formats[${index}]`, parts) ?? []);
  if (options.order !== undefined) {
    readers.push(numericDateReader({ order: options.order, pivot: options.pivot, halves: options.names().halves, zone }));
  }
  return (text, moment) => {
    for (const read of readers) {
      moment.reset();
      if (read(text, moment) && moment.settle()) return true;
    }
    return false;
  };
}

function readerOf(format: string, at: string, parts: Parts): Reader | undefined {
  const named = Object.hasOwn(NAMED, format) ? NAMED[format] : undefined;
  if (named !== undefined) return named(parts);
  const near = /^[a-z]+[_\d]*[a-z]*$/i.test(format) ? nearest(format, FORMAT_NAMES) : undefined;
  const reader = patternReader(format, { ...parts, names: parts.names() });
  if (typeof reader !== 'string') return reader;
  parts.problem(near === undefined ? reader : `${reader}; did you mean ${near}?`, at);
  return undefined;
}

/** Why no format takes a text: a rule and a message that shows nothing of it. */
export function troubleOf(text: string, moment: Moment): readonly [rule: string, message: string] {
  if (moment.trouble === 'zone') {
    return ['datetime-zone', 'it names a zone that is not known: say in abbreviations which one is meant'];
  }
  if (moment.trouble === 'name') return ['datetime-name', 'it holds a name that means different things in the given locales'];
  return looksNumeric(text)
    ? ['datetime-order', 'it is a date of numbers, and neither a format nor `order` says how to read it']
    : ['datetime-format', 'none of the formats fits'];
}
