import { ExactNumber, type Json } from '../../singer/index.ts';

/** A number with all its digits: `digits` times ten to the power of `exponent`. */
export interface Decimal {
  readonly isNegative: boolean;
  /** No zeros at the front; empty for zero. */
  readonly digits: string;
  readonly exponent: number;
}

const NUMBER = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/;

/** The number of a text: digits, one point, an exponent. Undefined for anything else. */
export function decimalOf(text: string): Decimal | undefined {
  const parts = NUMBER.exec(text);
  if (parts === null) return undefined;
  const [, sign, whole, fraction = '', exponent = '0'] = parts;
  const digits = `${whole}${fraction}`.replace(/^0+/, '');
  return { isNegative: sign === '-', digits, exponent: digits === '' ? 0 : Number(exponent) - fraction.length };
}

/** The number that a value is; undefined if it is none, or none that JSON has. */
export function decimalIn(value: Json | undefined): Decimal | undefined {
  if (typeof value === 'number') return decimalOf(String(value));
  return value instanceof ExactNumber ? decimalOf(value.text) : undefined;
}

/** A number of JSON as a value: one of JavaScript if that prints the same, else the text. */
export function exactNumber(text: string): number | ExactNumber {
  const number = Number(text);
  return String(number) === text ? number : new ExactNumber(text);
}

/** More zeros than this are written as an exponent. */
const MOST_ZEROS = 400;

/** Without zeros that say nothing, and without an exponent if the text is not all zeros then. */
export function textOfDecimal({ digits, exponent, isNegative }: Decimal): string {
  if (digits === '') return '0';
  const short = digits.replace(/0+$/, '');
  const shift = exponent + digits.length - short.length;
  const sign = isNegative ? '-' : '';
  if (Math.abs(shift) > MOST_ZEROS + short.length) return `${sign}${short}e${shift}`;
  if (shift >= 0) return `${sign}${short}${'0'.repeat(shift)}`;
  const padded = short.padStart(1 - shift, '0');
  return `${sign}${padded.slice(0, shift)}.${padded.slice(shift)}`;
}

/** Below zero if `a` is less than `b`, above if it is more. */
export function compareDecimals(a: Decimal, b: Decimal): number {
  if (a.digits === '' || b.digits === '' || a.isNegative !== b.isNegative) return signOf(a) - signOf(b);
  return a.isNegative ? compareSizes(b, a) : compareSizes(a, b);
}

function signOf({ digits, isNegative }: Decimal): number {
  return digits === '' ? 0 : isNegative ? -1 : 1;
}

function compareSizes(a: Decimal, b: Decimal): number {
  const places = a.digits.length + a.exponent - b.digits.length - b.exponent;
  if (places !== 0) return places;
  const length = Math.max(a.digits.length, b.digits.length);
  const [left, right] = [a.digits.padEnd(length, '0'), b.digits.padEnd(length, '0')];
  return left === right ? 0 : left < right ? -1 : 1;
}

/** What becomes of the digits that are left out: `half` is below, at or above zero as they are less than, just, or more than a half. */
const ROUNDS_UP = {
  half_up: ({ half }) => half >= 0,
  half_even: ({ half, isOdd }) => half > 0 || (half === 0 && isOdd),
  truncate: () => false,
  floor: ({ isNegative }) => isNegative,
  ceiling: ({ isNegative }) => !isNegative,
} as const satisfies Record<string, (o: { half: number; isOdd: boolean; isNegative: boolean }) => boolean>;

export type RoundingMode = keyof typeof ROUNDS_UP;

export const ROUNDING_MODES = Object.keys(ROUNDS_UP) as readonly RoundingMode[];

/** Rounds to so many digits after the point (before it, if below zero). The same object if there is nothing to round. */
export function roundDecimal(number: Decimal, places: number, mode: RoundingMode): Decimal {
  const { digits, exponent, isNegative } = number;
  const cut = -places - exponent;
  if (cut <= 0 || digits === '') return number;
  const kept = digits.slice(0, Math.max(0, digits.length - cut));
  const rest = digits.slice(kept.length);
  const isOdd = Number(kept.at(-1) ?? 0) % 2 === 1;
  const isUp = /[1-9]/.test(rest) && ROUNDS_UP[mode]({ half: halfOf(rest, cut), isOdd, isNegative });
  const rounded = isUp ? (BigInt(kept === '' ? 0 : kept) + 1n).toString() : kept;
  return { isNegative, digits: rounded, exponent: rounded === '' ? 0 : -places };
}

/** Compares the digits left out, `cut` of them with those in front that are not written, with a half. */
function halfOf(rest: string, cut: number): number {
  if (rest.length < cut || rest < '5') return -1;
  return /^50*$/.test(rest) ? 0 : 1;
}
