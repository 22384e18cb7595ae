import { DAY_SECONDS, daysOf, isDay, putDate, weekdayOf } from './calendar.ts';
import type { Zone } from './zone.ts';

/** Parts that a text has not told. */
const UNTOLD = -1;

/**
 * A date, a time or both, as a text tells them. One serves all values of a field in turn: a reader fills it, a writer reads it.
 */
export class Moment {
  year = 0;
  month = 1;
  day = 1;
  /** Day of the year, where that is told in place of month and day. */
  ordinal = UNTOLD;
  /** 1 (Monday) to 7; must agree with the date. */
  weekday = UNTOLD;
  hour = 0;
  /** 0 to 12, told with `half`: 0 before noon, 1 after. */
  hour12 = UNTOLD;
  half = UNTOLD;
  minute = 0;
  second = 0;
  /** Digits after the second's point, as they stood. */
  fraction = '';
  hasDate = true;
  hasTime = false;
  /** Seconds east of UTC, if the text tells them. */
  offset: number | undefined;
  /** The zone that the text names. */
  zone: Zone | undefined;
  /** The text gives day and month as numbers, the year last, so that another order would give another date. */
  isEitherOrder = false;
  /** The name of a zone, or of a month, that stood in the text and means nothing, or several things. Outlives `reset`. */
  trouble: 'zone' | 'name' | undefined;

  reset(): void {
    this.year = 0;
    this.month = 1;
    this.day = 1;
    this.ordinal = UNTOLD;
    this.weekday = UNTOLD;
    this.hour = 0;
    this.hour12 = UNTOLD;
    this.half = UNTOLD;
    this.minute = 0;
    this.second = 0;
    this.fraction = '';
    this.hasDate = true;
    this.hasTime = false;
    this.offset = undefined;
    this.zone = undefined;
    this.isEitherOrder = false;
  }

  /** Puts what was told in other words into year, month, day and hour. False if the parts are no date and time that exist. */
  settle(): boolean {
    if (this.half !== UNTOLD && !this.#settleHalf()) return false;
    if (this.minute > 59 || this.second > 59 || this.hour > 24) return false;
    if (this.hasDate && !this.#settleDate()) return false;
    if (this.hour < 24) return true;
    // 24:00 is the end of its day.
    if (!this.hasDate || this.minute > 0 || this.second > 0 || /[1-9]/.test(this.fraction)) return false;
    this.hour = 0;
    putDate(this.days + 1, this);
    return isDay(this.year, this.month, this.day);
  }

  #settleHalf(): boolean {
    if (this.hour12 === UNTOLD) return this.hour >= 12 === (this.half === 1);
    // Many languages write 0:30 PM for half past noon.
    if (this.hour12 > 12) return false;
    this.hour = (this.hour12 % 12) + 12 * this.half;
    return true;
  }

  #settleDate(): boolean {
    if (this.ordinal !== UNTOLD) {
      if (!isDay(this.year, 1, 1) || this.ordinal < 1) return false;
      const { year } = this;
      putDate(daysOf(year, 1, 1) + this.ordinal - 1, this);
      if (this.year !== year) return false;
    }
    if (!isDay(this.year, this.month, this.day)) return false;
    return this.weekday === UNTOLD || this.weekday === weekdayOf(this.days);
  }

  /** Days from 1970-01-01. */
  get days(): number {
    return daysOf(this.year, this.month, this.day);
  }

  get dayOfYear(): number {
    return this.days - daysOf(this.year, 1, 1) + 1;
  }

  get dayOfWeek(): number {
    return weekdayOf(this.days);
  }

  /** Seconds from 1970-01-01T00:00:00, as if it were UTC. */
  get seconds(): number {
    return this.days * DAY_SECONDS + this.hour * 3600 + this.minute * 60 + this.second;
  }

  set seconds(seconds: number) {
    const days = Math.floor(seconds / DAY_SECONDS);
    const ofDay = seconds - days * DAY_SECONDS;
    putDate(days, this);
    this.hour = Math.floor(ofDay / 3600);
    this.minute = Math.floor((ofDay % 3600) / 60);
    this.second = ofDay % 60;
  }
}

/** Reads a whole text into a moment that was reset. False if it does not fit; the moment then holds anything. */
export type Reader = (text: string, moment: Moment) => boolean;
