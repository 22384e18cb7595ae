/** Numbers of the general lane, exact: by their text, never by a JavaScript number. */

/** A decimal number, taken apart. */
export interface DecimalParts {
  /** A minus sign or nothing; zero has none. */
  readonly sign: '-' | '';
  /** Significant digits, without zeros at either end; empty for zero. */
  readonly digits: string;
  /** Power of ten of the last significant digit; 0 for zero. */
  readonly exponent: number;
  /** Power of ten of the last digit as written. */
  readonly writtenExponent: number;
}

/** Why a text is no value of a type of numbers. */
export type Unfit = 'not-a-number' | 'not-an-integer' | 'out-of-range';

const NUMBER = /^([-+]?)(\d*)(?:\.(\d*))?(?:[eE]([-+]?\d+))?$/;

/** The parts of a number as JSON, CSV and databases write it; undefined for any other text. */
export function decimalParts(text: string): DecimalParts | undefined {
  const match = NUMBER.exec(text);
  if (match === null) return undefined;
  const [, written = '', whole = '', fraction = '', power = '0'] = match;
  const all = whole + fraction;
  if (all === '') return undefined;
  const writtenExponent = Number(power) - fraction.length;
  const first = all.search(/[1-9]/);
  if (first < 0) return { sign: '', digits: '', exponent: 0, writtenExponent };
  let last = all.length;
  while (all[last - 1] === '0') last--;
  const exponent = writtenExponent + all.length - last;
  return { sign: written === '-' ? '-' : '', digits: all.slice(first, last), exponent, writtenExponent };
}

const INT64_MAX = 9_223_372_036_854_775_807n;
const INT64_MIN = -9_223_372_036_854_775_808n;
/** Digits of the longest. */
const INT64_DIGITS = 19;

/** An integer of 64 bits (`1.0` and `1e3` are integers too) in its usual spelling, or why it is none. */
export function plainInt64(text: string): { readonly text: string } | Unfit {
  const parts = decimalParts(text);
  if (parts === undefined) return 'not-a-number';
  const { sign, digits, exponent } = parts;
  if (digits === '') return { text: '0' };
  if (exponent < 0) return 'not-an-integer';
  if (digits.length + exponent > INT64_DIGITS) return 'out-of-range';
  const value = BigInt(`${sign}${digits}${'0'.repeat(exponent)}`);
  return value > INT64_MAX || value < INT64_MIN ? 'out-of-range' : { text: String(value) };
}
