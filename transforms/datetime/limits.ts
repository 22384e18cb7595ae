import { DAY_SECONDS } from './calendar.ts';
import type { Moment } from './moment.ts';

/** A bound of what is taken. A date as a bound means all of that day. */
export interface Limit {
  /** Of the bound as it was written. */
  readonly days: number;
  readonly instant: number;
  readonly fraction: string;
}

export interface Limits {
  readonly min: Limit | undefined;
  readonly max: Limit | undefined;
}

/** The bound that a moment is: `moment` was read, and is `offset` seconds east of UTC. */
export function limitOf(moment: Moment, offset: number, side: 'min' | 'max'): Limit {
  const { days } = moment;
  if (moment.hasTime) return { days, instant: moment.seconds - offset, fraction: moment.fraction };
  if (side === 'min') return { days, instant: days * DAY_SECONDS - offset, fraction: '' };
  return { days, instant: (days + 1) * DAY_SECONDS - 1 - offset, fraction: '999999999' };
}

export function holdsDay({ min, max }: Limits, days: number): boolean {
  return (min === undefined || days >= min.days) && (max === undefined || days <= max.days);
}

export function holdsInstant({ min, max }: Limits, instant: number, fraction: string): boolean {
  return (
    (min === undefined || !isBefore(instant, fraction, min.instant, min.fraction)) &&
    (max === undefined || !isBefore(max.instant, max.fraction, instant, fraction))
  );
}

/** Fractions have nine digits at most. */
function isBefore(a: number, aFraction: string, b: number, bFraction: string): boolean {
  return a < b || (a === b && aFraction.padEnd(9, '0') < bFraction.padEnd(9, '0'));
}
