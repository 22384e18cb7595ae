/** Numbers of the general lane, exact: by their text, never by a JavaScript number. */

const INT64_MAX = 9_223_372_036_854_775_807n;
const INT64_MIN = -9_223_372_036_854_775_808n;
/** Digits that always fit. */
const SAFE_DIGITS = 18;
/** What numeric holds before and after the point. */
const NUMERIC_WHOLE_DIGITS = 131_072;
const NUMERIC_FRACTION_DIGITS = 16_383;

const SHORT_INTEGER = /^-?\d{1,18}$/;
const NUMBER = /^([-+]?)(\d*)(?:\.(\d*))?(?:[eE]([-+]?\d+))?$/;
/** What numeric has beside numbers; one with a precision has no infinities. */
const SPECIAL: ReadonlySet<string> = new Set(['NaN', 'Infinity', '-Infinity']);

/** Why a text is no value of a type. */
export type Unfit = 'not-a-number' | 'not-an-integer' | 'out-of-range';

/** The text of an integer as bigint reads it (`1.0` and `1e3` are integers too), or why it is none. */
export function bigintText(text: string): { readonly text: string } | Unfit {
  if (SHORT_INTEGER.test(text)) return { text };
  const parts = partsOf(text);
  if (parts === undefined) return 'not-a-number';
  const { sign, digits, exponent } = parts;
  if (digits === '') return { text: '0' };
  if (exponent < 0) return 'not-an-integer';
  if (digits.length + exponent > SAFE_DIGITS + 1) return 'out-of-range';
  const value = BigInt(`${sign === '-' ? '-' : ''}${digits}${'0'.repeat(exponent)}`);
  return value > INT64_MAX || value < INT64_MIN ? 'out-of-range' : { text: String(value) };
}

/**
 * The text of a number as numeric reads it, or why it is none. With `precision` and `scale` it says whether digits after the
 * scale are lost.
 */
export function numericText(
  text: string,
  precision?: number,
  scale = 0,
): { readonly text: string; readonly rounded: boolean } | Unfit {
  if (SPECIAL.has(text)) return precision === undefined || text === 'NaN' ? { text, rounded: false } : 'out-of-range';
  const parts = partsOf(text);
  if (parts === undefined) return 'not-a-number';
  const { digits, exponent } = parts;
  const whole = digits === '' ? 0 : digits.length + exponent;
  // Postgres keeps the zeros at the end of a fraction too, so they count in its limit.
  const fraction = Math.max(-parts.writtenExponent, 0);
  if (whole > NUMERIC_WHOLE_DIGITS || fraction > NUMERIC_FRACTION_DIGITS) return 'out-of-range';
  if (precision === undefined) return { text, rounded: false };
  if (whole > precision - scale || (exponent < -scale && roundsUp(digits, exponent, precision, scale))) return 'out-of-range';
  return { text, rounded: digits !== '' && exponent < -scale };
}

/** True if rounding to the scale carries into a digit more than the precision has: 99.96 as numeric(3,1). */
function roundsUp(digits: string, exponent: number, precision: number, scale: number): boolean {
  const kept = digits.length + exponent + scale;
  return kept === precision && /^9*$/.test(digits.slice(0, kept)) && digits.charCodeAt(kept) >= 0x35;
}

interface Parts {
  readonly sign: string;
  /** Significant digits, without zeros at either end; empty for zero. */
  readonly digits: string;
  /** Power of ten of the last significant digit. */
  readonly exponent: number;
  /** Power of ten of the last digit as written. */
  readonly writtenExponent: number;
}

function partsOf(text: string): Parts | undefined {
  const match = NUMBER.exec(text);
  if (match === null) return undefined;
  const [, sign = '', whole = '', fraction = '', power = '0'] = match;
  const all = whole + fraction;
  if (all === '') return undefined;
  const writtenExponent = Number(power) - fraction.length;
  const first = all.search(/[1-9]/);
  if (first < 0) return { sign, digits: '', exponent: 0, writtenExponent };
  let last = all.length;
  while (all[last - 1] === '0') last--;
  return { sign, digits: all.slice(first, last), exponent: writtenExponent + all.length - last, writtenExponent };
}
