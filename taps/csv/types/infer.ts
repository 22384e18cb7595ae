import { isDate } from '../../../singer/tap/index.ts';
import type { TypeName } from './column-type.ts';
import type { Offsets } from './convert.ts';
import { dateTimeOf, UTC_OFFSETS } from './convert.ts';
import { booleanOf, fitsInt64, isPlainInteger, isSureNumber, significantDigits } from './scan.ts';

const INTEGER = 1;
const NUMBER = 2;
const BOOLEAN = 4;
const DATE = 8;
const DATE_TIME = 16;
const ALL = 31;

/** Digits that every double keeps. */
const DOUBLE_DIGITS = 15;

/** Narrowest first: an integer is a number, too. */
const NARROWEST: readonly (readonly [bit: number, name: TypeName])[] = [
  [BOOLEAN, 'boolean'],
  [INTEGER, 'integer'],
  [NUMBER, 'number'],
  [DATE, 'date'],
  [DATE_TIME, 'date-time'],
];

/** Learns from cells, one after the other, what type a column has: the narrowest that all of them fit. */
export class ColumnEvidence {
  /** Cells that are not null. */
  seen = 0;
  /** Times that would be date-times if their zone were known. */
  zoneless = 0;
  #fits = ALL;
  #long = false;

  /** A cell's text, not null. `offsets`: of the zone that times without one are in, if it is known. */
  add(bytes: Buffer, start: number, end: number, offsets: Offsets | undefined): void {
    this.seen++;
    if (this.#fits === 0) return;
    let fits = 0;
    const first = bytes[start]!;
    const digitOrMinus = start < end && ((first >= 0x30 && first <= 0x39) || first === 0x2d);
    if (digitOrMinus) {
      if (this.#fits & NUMBER && isSureNumber(bytes, start, end)) {
        const whole = isPlainInteger(bytes, start, end);
        // A whole number beyond 64 bits is more likely a code than a quantity.
        if (!whole) fits |= NUMBER;
        else if (fitsInt64(bytes, start, end)) fits |= INTEGER | NUMBER;
        if (!whole && significantDigits(bytes, start, end) > DOUBLE_DIGITS) this.#long = true;
      } else if (this.#fits & (DATE | DATE_TIME)) fits |= this.#time(bytes, start, end, offsets);
    } else if (this.#fits & BOOLEAN && booleanOf(bytes, start, end) >= 0) fits |= BOOLEAN;
    this.#fits &= fits;
  }

  /** Decides for the column; numbers with more digits than a double keeps are decimals. */
  get type(): TypeName {
    if (this.seen === 0) return 'string';
    const name = NARROWEST.find(([bit]) => (this.#fits & bit) !== 0)?.[1] ?? 'string';
    return name === 'number' && this.#long ? 'decimal' : name;
  }

  /** Takes what another learnt of the same column. */
  join(other: ColumnEvidence): void {
    if (other.seen === 0) return;
    this.seen += other.seen;
    this.zoneless += other.zoneless;
    this.#fits &= other.#fits;
    this.#long ||= other.#long;
  }

  #time(bytes: Buffer, start: number, end: number, offsets: Offsets | undefined): number {
    if (isDate(bytes, start, end)) return DATE;
    if (end - start < 16 || bytes[start + 4] !== 0x2d) return 0;
    const text = bytes.toString('latin1', start, end);
    if (dateTimeOf(text, offsets) !== undefined) return DATE_TIME;
    if (offsets === undefined && dateTimeOf(text, UTC_OFFSETS) !== undefined) this.zoneless++;
    return 0;
  }
}
