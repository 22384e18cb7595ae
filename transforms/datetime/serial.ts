import { DAY_SECONDS } from './calendar.ts';
import type { Moment, Reader } from './moment.ts';

const NUMBER = /^(-?)(\d{1,21})(?:\.(\d{1,40}))?$/;
/** Seconds of the year 9999 have twelve digits. */
const MOST_DIGITS = 12;

/** Seconds, or parts of them, from 1970-01-01T00:00:00Z; `unit` is the number of digits of a second that are no fraction of the number. */
export function epochReader(unit: 0 | 3): Reader {
  return (text, moment) => {
    const parts = NUMBER.exec(text);
    return parts !== null && takeEpoch(parts, unit, moment);
  };
}

/** The unit is told by the magnitude: seconds below 10^11 (the year 5138), then milliseconds, microseconds, nanoseconds. */
export function epochAutoReader(): Reader {
  return (text, moment) => {
    const parts = NUMBER.exec(text);
    if (parts === null) return false;
    const digits = parts[2]!.replace(/^0+/, '').length;
    const unit = digits <= 11 ? 0 : digits <= 14 ? 3 : digits <= 17 ? 6 : 9;
    return takeEpoch(parts, unit, moment);
  };
}

function takeEpoch([, sign, whole, after = '']: RegExpExecArray, unit: number, moment: Moment): boolean {
  const digits = whole!.padStart(unit + 1, '0');
  const seconds = digits.slice(0, digits.length - unit).replace(/^0+(?=\d)/, '');
  if (seconds.length > MOST_DIGITS) return false;
  const fraction = digits.slice(digits.length - unit) + after;
  const hasFraction = /[1-9]/.test(fraction);
  const isNegative = sign === '-';
  moment.seconds = isNegative ? -Number(seconds) - (hasFraction ? 1 : 0) : Number(seconds);
  moment.fraction = !hasFraction ? '' : isNegative ? complement(fraction) : fraction;
  moment.offset = 0;
  moment.hasTime = true;
  return true;
}

/** The fraction of the second in which a negative one ends. */
function complement(fraction: string): string {
  return (10n ** BigInt(fraction.length) - BigInt(fraction)).toString().padStart(fraction.length, '0');
}

/** Days from 1970-01-01 to day 0 of each system. The first counts a day too many, 1900-02-29, which is its day 60. */
const EXCEL_ZERO = { 1900: -25_569, 1904: -24_107 } as const;
const EXCEL_FALSE_DAY = 60;
/** Excel shows no smaller part of a second. */
const DAY_MS = DAY_SECONDS * 1000;

/** Excel's serial numbers of days; the fraction is the time of day, to the millisecond. `clocks`: a number below 1 is a time without a date. */
export function excelReader(system: 1900 | 1904, clocks: boolean): Reader {
  return (text, moment) => {
    if (!NUMBER.test(text) || text.startsWith('-')) return false;
    const serial = Number(text);
    let day = Math.floor(serial);
    let ms = Math.round((serial - day) * DAY_MS);
    if (ms === DAY_MS) [day, ms] = [day + 1, 0];
    const isClock = clocks && day === 0;
    if (!isClock && system === 1900 && (day < 1 || day === EXCEL_FALSE_DAY)) return false;
    const shift = system === 1900 && day < EXCEL_FALSE_DAY ? 1 : 0;
    moment.seconds = (day + EXCEL_ZERO[system] + shift) * DAY_SECONDS + Math.floor(ms / 1000);
    moment.fraction = ms % 1000 === 0 ? '' : String(ms % 1000).padStart(3, '0');
    moment.hasDate = !isClock;
    moment.hasTime = isClock || ms > 0;
    return true;
  };
}
