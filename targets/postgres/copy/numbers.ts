import { decimalParts, plainInt64, type Unfit } from '../../../singer/index.ts';

/** Numbers of the general lane, exact: by their text, never by a JavaScript number. */

/** What numeric holds before and after the point. */
const NUMERIC_WHOLE_DIGITS = 131_072;
const NUMERIC_FRACTION_DIGITS = 16_383;

const SHORT_INTEGER = /^-?\d{1,18}$/;
/** What numeric has beside numbers; one with a precision has no infinities. */
const SPECIAL: ReadonlySet<string> = new Set(['NaN', 'Infinity', '-Infinity']);

/** The text of an integer as bigint reads it (`1.0` and `1e3` are integers too), or why it is none. */
export function bigintText(text: string): { readonly text: string } | Unfit {
  return SHORT_INTEGER.test(text) ? { text } : plainInt64(text);
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
  const parts = decimalParts(text);
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
