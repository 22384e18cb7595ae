import { readClock } from './clock.ts';
import { digitsEnd, numberAt } from './digits.ts';
import type { Moment, Reader } from './moment.ts';
import type { NameTable } from './names.ts';
import type { ZoneReader } from './zone-words.ts';

export type Order = 'dmy' | 'mdy' | 'ymd';

export interface NumericDateOptions {
  readonly order: Order;
  /** As for patterns. */
  readonly pivot: number | undefined;
  readonly halves: NameTable;
  readonly zone: ZoneReader;
}

/** A date of three numbers with the same sign between them, but for that of ISO 8601, whose order is known. */
const NUMERIC_DATE = /^(?!\d{4}-)\d{1,4}([./-])\d{1,2}\1\d{1,4}(?!\d)/;

/** True if the text begins with numbers that could be a date, if one knew their order. */
export function looksNumeric(text: string): boolean {
  return NUMERIC_DATE.test(text);
}

/** Dates of three numbers in a given order, with `.`, `/` or `-` between them, then maybe a time and a zone. */
export function numericDateReader({ order, pivot, halves, zone }: NumericDateOptions): Reader {
  const yearFirst = order === 'ymd';
  return (text, moment) => {
    const first = digitsEnd(text, 0, 4);
    const second = digitsEnd(text, first + 1, 2);
    const third = digitsEnd(text, second + 1, 4);
    const sign = text[first];
    if (sign === undefined || !'./-'.includes(sign) || text[second] !== sign) return false;
    const yearDigits = yearFirst ? first : third - second - 1;
    const otherDigits = yearFirst ? third - second - 1 : first;
    if (!(yearDigits === 4 || (yearDigits === 2 && pivot !== undefined))) return false;
    if (otherDigits < 1 || otherDigits > 2 || second === first + 1) return false;
    const one = numberAt(text, 0, first);
    const middle = numberAt(text, first + 1, second - first - 1);
    const last = numberAt(text, second + 1, third - second - 1);
    const year = yearFirst ? one : last;
    moment.year = yearDigits === 4 ? year : year + (year > pivot! ? 1900 : 2000);
    moment.month = order === 'mdy' ? one : middle;
    moment.day = order === 'mdy' ? middle : yearFirst ? last : one;
    moment.isEitherOrder = !yearFirst || yearDigits === 2;
    return third === text.length || readTime(text, third, moment);
  };

  function readTime(text: string, at: number, moment: Moment): boolean {
    const between = /^(?:, ?| |T)/.exec(text.slice(at, at + 2))?.[0];
    if (between === undefined) return false;
    at = readClock(text, at + between.length, moment, 'H');
    if (at < 0) return false;
    const half = halves.read(text, afterSpace(text, at));
    if (half >= 0) {
      moment.hour12 = moment.hour;
      moment.half = half;
      at = halves.end;
      if (text[at] === '.') at++;
    }
    return at === text.length || zone(text, afterSpace(text, at), moment) === text.length;
  }
}

function afterSpace(text: string, at: number): number {
  return text[at] === ' ' ? at + 1 : at;
}
