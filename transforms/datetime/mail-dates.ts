import { localeNames } from './locale-names.ts';
import type { Reader } from './moment.ts';
import { patternReader, type PatternOptions } from './pattern.ts';
import type { Zones } from './zone.ts';
import { zoneReader } from './zone-words.ts';

/** RFC 2822, section 3.3: the weekday and the seconds may be absent. Years of two digits are those of RFC 822. */
const RFC_2822 = ['', ':ss'].flatMap((seconds) =>
  ['ccc, ', ''].flatMap((weekday) => ['yyyy', 'yy'].map((year) => `${weekday}d MMM ${year} HH:mm${seconds} z`)),
);

/** RFC 9110, section 5.6.7: the form of today, that of RFC 850, that of asctime. */
const HTTP = ["ccc, dd MMM yyyy HH:mm:ss 'GMT'", "cccc, dd-MMM-yy HH:mm:ss 'GMT'", 'ccc MMM d HH:mm:ss yyyy'];

/** Zones of RFC 2822, section 4.3. The sign of such a zone's name is that of POSIX. */
const MAIL_ZONES = {
  EST: 'Etc/GMT+5', EDT: 'Etc/GMT+4', CST: 'Etc/GMT+6', CDT: 'Etc/GMT+5',
  MST: 'Etc/GMT+7', MDT: 'Etc/GMT+6', PST: 'Etc/GMT+8', PDT: 'Etc/GMT+7',
} as const; // prettier-ignore

export interface MailOptions {
  readonly zones: Zones;
  readonly pivot: number | undefined;
}

/** Dates of mails. A comment at the end, `(MSK)`, says nothing that counts. */
export function rfc2822Reader({ zones, pivot }: MailOptions): Reader {
  const abbreviations = new Map(Object.entries(MAIL_ZONES).map(([word, name]) => [word, zones(name)!]));
  const read = anyOf(RFC_2822, { zone: zoneReader(zones, abbreviations), pivot });
  return (text, moment) => read(withoutComment(text), moment);
}

/** Dates of HTTP, always in GMT. */
export function httpReader({ zones, pivot }: MailOptions): Reader {
  const read = anyOf(HTTP, { zone: zoneReader(zones, new Map()), pivot });
  return (text, moment) => {
    if (!read(text, moment)) return false;
    moment.offset = 0;
    return true;
  };
}

function anyOf(patterns: readonly string[], options: Pick<PatternOptions, 'zone' | 'pivot'>): Reader {
  const names = localeNames(['en']);
  const readers = patterns
    .filter((pattern) => options.pivot !== undefined || !/\byy\b/.test(pattern))
    .map((pattern) => patternReader(pattern, { ...options, names, clocks: false }))
    .filter((reader) => typeof reader !== 'string');
  return (text, moment) =>
    readers.some((read) => {
      moment.reset();
      return read(text, moment);
    });
}

function withoutComment(text: string): string {
  const start = text.endsWith(')') ? text.lastIndexOf(' (') : -1;
  return start < 0 ? text : text.slice(0, start);
}
