import type { Json } from '../../singer/index.ts';
import { ValueFault } from '../fault.ts';
import type { Fields } from '../operation.ts';
import { FIRST_YEAR, LAST_YEAR } from './calendar.ts';
import { holdsDay, holdsInstant, type Limits } from './limits.ts';
import type { Moment } from './moment.ts';
import type { Writer } from './write.ts';
import type { Zone } from './zone.ts';

export interface ClockPolicies {
  /** Which instant a local time means that came twice. */
  readonly ambiguous: 'earlier' | 'later' | 'error';
  /** What becomes of a local time that the clocks left out. */
  readonly gap: 'forward' | 'error';
  readonly count: (what: string) => void;
}

export interface ConvertOptions {
  /** The zone of times that name none. */
  readonly zoneOf: (record: Fields) => Zone;
  readonly to: Zone;
  /** Digits of a second that are kept. */
  readonly digits: number;
  readonly rounding: 'truncate' | 'round';
  readonly limits: Limits;
  readonly policies: ClockPolicies;
  /** A date alone is written as it is: no zone can make another day of it. */
  readonly keepsDates: boolean;
  readonly write: Writer;
}

/** Digits of a second that anything downstream may know of. */
export const MOST_DIGITS = 9;

/**
 * Makes the output of a moment that was read from a record. Throws ValueFault `out-of-range`, `ambiguous-time` or `missing-time`.
 */
export function converter(o: ConvertOptions): (moment: Moment, record: Fields) => Json {
  const { digits, limits, policies, rounding, to, write } = o;
  const hasLimits = limits.min !== undefined || limits.max !== undefined;
  const needsInstant = hasLimits || !to.isUtc;

  return (moment, record) => {
    const carry = cutFraction(moment);
    if (!moment.hasDate) {
      if (carry > 0) throw outOfRange();
      return write(moment, 0);
    }
    if (moment.isEitherOrder && moment.day <= 12 && moment.month !== moment.day) policies.count('ambiguous-date-order');
    if (!moment.hasTime && o.keepsDates) {
      if (hasLimits && !holdsDay(limits, moment.days)) throw outOfRange();
      return write(moment, 0);
    }
    const local = moment.seconds;
    const offset =
      moment.zone === undefined
        ? (moment.offset ?? offsetIn(o.zoneOf(record), local, policies))
        : offsetIn(moment.zone, local, policies);
    if (offset === 0 && carry === 0 && !needsInstant) return write(moment, 0);
    const instant = local - offset + carry;
    if (hasLimits && !holdsInstant(limits, instant, moment.fraction)) throw outOfRange();
    const toOffset = to.offsetAt(instant);
    moment.seconds = instant + toOffset;
    if (moment.year < FIRST_YEAR || moment.year > LAST_YEAR) throw outOfRange();
    return write(moment, toOffset);
  };

  /** Gives the second to be added: 1 if the fraction was rounded up to one. */
  function cutFraction(moment: Moment): 0 | 1 {
    const { fraction } = moment;
    if (fraction.length <= digits) return 0;
    if (digits === MOST_DIGITS && /[1-9]/.test(fraction.slice(MOST_DIGITS))) policies.count('fraction-cut');
    moment.fraction = fraction.slice(0, digits);
    if (rounding === 'truncate' || fraction.charCodeAt(digits) < 0x35) return 0;
    const up = String(Number(`1${moment.fraction}`) + 1);
    moment.fraction = up.slice(1);
    return up.startsWith('2') ? 1 : 0;
  }
}

/** The offset of a local time in a zone. Throws ValueFault where the policy asks for it. */
export function offsetIn(zone: Zone, local: number, { ambiguous, count, gap }: ClockPolicies): number {
  const steady = zone.steadyOffset(local);
  if (steady !== undefined) return steady;
  const offsets = zone.offsetsOf(local);
  if (offsets.length === 1) return offsets[0]!;
  if (offsets.length === 0) {
    if (gap === 'error') throw new ValueFault('missing-time', 'the clocks of the zone left this time out');
    count('missing-time');
    return zone.offsetBefore(local);
  }
  if (ambiguous === 'error') throw new ValueFault('ambiguous-time', 'the clocks of the zone showed this time twice');
  count('ambiguous-time');
  return ambiguous === 'earlier' ? offsets[0]! : offsets.at(-1)!;
}

function outOfRange(): ValueFault {
  return new ValueFault('out-of-range', 'the date or time is out of range');
}
