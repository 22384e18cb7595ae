import { readClock, readFraction } from './clock.ts';
import { NO_NUMBER, numberAt } from './digits.ts';
import type { Moment, Reader } from './moment.ts';
import type { ZoneReader } from './zone-words.ts';

const DASH = 0x2d;
const COLON = 0x3a;
const SPACE = 0x20;

export interface IsoOptions {
  readonly zone: ZoneReader;
  /** What may stand between date and time. */
  readonly between: 'T' | 'space' | 'both';
  /** Take `20180416` and `20180416T090112`, too. */
  readonly basic: boolean;
  /** Take a time without a date, too. */
  readonly clocks: boolean;
}

/** ISO 8601 and RFC 3339: a date, with a time, a fraction and a zone or without. Weeks are not read. */
export function isoReader({ zone, between, basic, clocks }: IsoOptions): Reader {
  const readRest = (text: string, at: number, moment: Moment): boolean => {
    if (at < 0) return false;
    if (at === text.length) return true;
    return zone(text, text.charCodeAt(at) === SPACE ? at + 1 : at, moment) === text.length;
  };
  return (text, moment) => {
    if (clocks && text.charCodeAt(2) === COLON) {
      moment.hasDate = false;
      return readClock(text, 0, moment) === text.length;
    }
    moment.year = numberAt(text, 0, 4);
    let at: number;
    if (text.charCodeAt(4) === DASH) {
      at = readDay(text, moment);
      if (at < 0) return false;
    } else if (basic) {
      moment.month = numberAt(text, 4, 2);
      moment.day = numberAt(text, 6, 2);
      at = 8;
    } else return false;
    if (moment.year === NO_NUMBER || moment.day === NO_NUMBER) return false;
    if (at === text.length) return true;
    if (!isBetween(text.charCodeAt(at), between)) return false;
    const end = readClock(text, at + 1, moment);
    return readRest(text, end < 0 && basic ? readBasicClock(text, at + 1, moment) : end, moment);
  };
}

/** `-MM-dd` or `-ooo`. */
function readDay(text: string, moment: Moment): number {
  if (text.charCodeAt(7) === DASH) {
    moment.month = numberAt(text, 5, 2);
    moment.day = numberAt(text, 8, 2);
    return 10;
  }
  moment.ordinal = numberAt(text, 5, 3);
  return moment.ordinal === NO_NUMBER ? -1 : 8;
}

/** `HHmm`, `HHmmss` or `HHmmss.f`. */
function readBasicClock(text: string, at: number, moment: Moment): number {
  moment.hour = numberAt(text, at, 2);
  moment.minute = numberAt(text, at + 2, 2);
  if (moment.minute === NO_NUMBER) return -1;
  moment.hasTime = true;
  const second = numberAt(text, at + 4, 2);
  if (second === NO_NUMBER) return at + 4;
  moment.second = second;
  return readFraction(text, at + 6, moment);
}

function isBetween(code: number, between: IsoOptions['between']): boolean {
  if (code === SPACE) return between !== 'T';
  return between !== 'space' && (code | 0x20) === 0x74;
}
