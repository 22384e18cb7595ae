import { digitsEnd, NO_NUMBER, numberAt } from './digits.ts';
import type { Moment } from './moment.ts';
import type { Zone, Zones } from './zone.ts';

/** No zone was ever further from UTC. */
const MOST_HOURS = 18;
const UTC_WORDS: ReadonlySet<string> = new Set(['Z', 'UTC', 'GMT', 'UT']);

/** Reads what tells the zone at `text[at]` to the text's end. False if it is none; a word that is not known is noted in the moment. */
export type ZoneReader = (text: string, at: number, moment: Moment) => number;

/**
 * A reader of `Z`, `UTC`, offsets (`+03:00`, `+0300`, `+3`, `GMT+3`), names of the IANA database, and abbreviations of which a table
 * says the zone. Gives where it ends, -1 if it is none of these.
 */
export function zoneReader(zones: Zones, abbreviations: ReadonlyMap<string, Zone>): ZoneReader {
  return (text, at, moment) => {
    const code = text.charCodeAt(at);
    if (code === 0x2b || code === 0x2d) return readOffset(text, at, moment);
    const end = wordEnd(text, at);
    if (end === at) return -1;
    const word = text.slice(at, end);
    const named = abbreviations.get(word.toUpperCase());
    if (named === undefined && UTC_WORDS.has(word.toUpperCase())) {
      moment.offset = 0;
      const sign = text.charCodeAt(end);
      return word.length > 1 && (sign === 0x2b || sign === 0x2d) ? readOffset(text, end, moment) : end;
    }
    moment.zone = named ?? (word.includes('/') ? zones(zoneEnd(text, at, end)) : undefined);
    if (moment.zone === undefined) {
      moment.trouble = 'zone';
      return -1;
    }
    return named === undefined ? at + zoneEnd(text, at, end).length : end;
  };
}

/** Letters, and what stands in names of zones between them. */
function wordEnd(text: string, at: number): number {
  while (at < text.length && /[A-Za-z_/]/.test(text[at]!)) at++;
  return at;
}

/** The name of a zone may go on with a hyphen and digits: `America/Port-au-Prince`, `Etc/GMT+3`. */
function zoneEnd(text: string, at: number, end: number): string {
  return text.slice(at, end) + (/^[-+\w/]*/.exec(text.slice(end))?.[0] ?? '');
}

/** `+HH`, `+H`, `+HHMM`, `+HH:MM`, `+HH:MM:SS`. */
function readOffset(text: string, at: number, moment: Moment): number {
  const sign = text.charCodeAt(at) === 0x2d ? -1 : 1;
  const first = digitsEnd(text, at + 1, 4);
  const count = first - at - 1;
  if (count === 0 || count === 3) return -1;
  const hours = numberAt(text, at + 1, Math.min(count, 2));
  let minutes = count === 4 ? numberAt(text, at + 3, 2) : 0;
  let seconds = 0;
  let end = first;
  if (count <= 2 && text[end] === ':') {
    minutes = numberAt(text, end + 1, 2);
    end += 3;
    if (minutes !== NO_NUMBER && text[end] === ':') {
      seconds = numberAt(text, end + 1, 2);
      end += 3;
    }
  }
  if (hours > MOST_HOURS || minutes > 59 || seconds > 59) return -1;
  moment.offset = sign * (hours * 3600 + minutes * 60 + seconds);
  return end;
}
