import { decimalParts, plainInt64, type Unfit } from '../../../singer/index.ts';
import { DECIMAL_DIGITS, type ColumnType } from '../types/types.ts';

/** Numbers of the general lane, exact: by their text, never by a JavaScript number. */

/** Integers of up to so many digits are the same to every reader of JSON. */
const SAFE_DIGITS = 15;

/** A number as JSON text for a load file, and whether digits were lost. */
export interface Written {
  readonly text: string;
  readonly lost?: true;
}

/** INT64: `1.0` and `1e3` are integers too. Long ones go as strings, because readers of JSON may round them. */
export function int64Text(text: string): Written | Unfit {
  const integer = plainInt64(text);
  if (typeof integer === 'string') return integer;
  const digits = integer.text.length - (integer.text.startsWith('-') ? 1 : 0);
  return digits > SAFE_DIGITS ? { text: `"${integer.text}"` } : integer;
}

/** FLOAT64: the text as it came; `lost` if a double is another number. */
export function float64Text(text: string): Written | Unfit {
  const parts = decimalParts(text);
  if (parts === undefined) return 'not-a-number';
  const number = Number(text);
  if (!Number.isFinite(number)) return 'out-of-range';
  const kept = decimalParts(String(number))!;
  const isSame =
    kept.sign === parts.sign && kept.digits === parts.digits && (kept.exponent === parts.exponent || kept.digits === '');
  // JSON has no plus sign, and no point without digits on both sides.
  const json = JSON_NUMBER.test(text) ? text : String(number);
  return isSame ? { text: json } : { text: json, lost: true };
}

const JSON_NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?$/;

/** NUMERIC and BIGNUMERIC: a string, so that no reader makes a double of it; rounded to the column's scale, half away from zero. */
export function decimalText(text: string, type: ColumnType): Written | Unfit {
  const parts = decimalParts(text);
  if (parts === undefined) return 'not-a-number';
  const { fraction, whole } = digitsOf(type);
  const { sign, digits, exponent } = parts;
  if (digits.length + exponent > whole) return digits === '' ? { text: '"0"' } : 'out-of-range';
  if (exponent >= -fraction) return { text: `"${sign}${plainText(digits, exponent)}"` };
  const kept = roundedTo(digits, exponent, fraction);
  if (String(kept).length - fraction > whole) return 'out-of-range';
  const zero = kept === 0n;
  return { text: `"${zero ? '' : sign}${plainText(String(kept), -fraction)}"`, ...(digits === '' ? {} : { lost: true }) };
}

/** Digits that a decimal column has before and behind the point. */
export function digitsOf({ type, precision, scale = 0 }: ColumnType): { readonly whole: number; readonly fraction: number } {
  if (precision !== undefined) return { whole: precision - scale, fraction: scale };
  return DECIMAL_DIGITS[type === 'NUMERIC' ? 'NUMERIC' : 'BIGNUMERIC'];
}

/** The digits as an integer of units of 10^-fraction. */
function roundedTo(digits: string, exponent: number, fraction: number): bigint {
  const cut = digits.length + exponent + fraction;
  if (cut < 0) return 0n;
  const whole = BigInt(digits.slice(0, cut) || '0');
  return digits.charCodeAt(cut) >= 0x35 ? whole + 1n : whole;
}

/** The digits, the last of which is worth 10^exponent, without an exponent. */
function plainText(digits: string, exponent: number): string {
  if (digits === '' || digits === '0') return '0';
  if (exponent >= 0) return digits + '0'.repeat(exponent);
  const padded = digits.padStart(1 - exponent, '0');
  return `${padded.slice(0, exponent)}.${padded.slice(exponent)}`;
}
