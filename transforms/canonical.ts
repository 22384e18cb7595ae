import { ExactNumber, type Json, type JsonObject } from '../singer/index.ts';

/** More digits than this are written with an exponent. */
const MOST_DIGITS = 40;

/**
 * The text by which values are compared, hashed and shown: equal for equal values, whatever their spelling. A string is itself, a number
 * its shortest decimal (1.10 and 1.1 are `1.1`, 1e2 is `100`), an object JSON with its members in the order of their names.
 */
export function canonicalOf(value: Json): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'boolean' || value === null) return String(value);
  if (typeof value === 'number') return Number.isSafeInteger(value) ? String(value) : decimalText(String(value));
  if (value instanceof ExactNumber) return decimalText(value.text);
  if (Array.isArray(value)) return `[${(value as readonly Json[]).map(jsonOf).join(',')}]`;
  const object = value as JsonObject;
  const members = Object.keys(object).toSorted();
  return `{${members.flatMap((name) => (object[name] === undefined ? [] : `${JSON.stringify(name)}:${jsonOf(object[name])}`)).join(',')}}`;
}

function jsonOf(value: Json): string {
  return typeof value === 'string' ? JSON.stringify(value) : canonicalOf(value);
}

const NUMBER = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([-+]?\d+))?$/;

/** One text for all spellings of a number, exact at any length. */
function decimalText(text: string): string {
  const parts = NUMBER.exec(text);
  if (parts === null) return text;
  const [, sign = '', whole = '', fraction = '', power = '0'] = parts;
  const all = whole + fraction;
  let first = 0;
  while (all[first] === '0') first++;
  let end = all.length;
  while (end > first && all[end - 1] === '0') end--;
  const digits = all.slice(first, end);
  if (digits === '') return '0';
  // The value is 0.DIGITS times ten to the power of `point`.
  const point = whole.length - first + Number(power);
  if (point > MOST_DIGITS || point < -MOST_DIGITS / 2) return `${sign}${withPoint(digits, 1)}e${point - 1}`;
  if (point <= 0) return `${sign}0.${'0'.repeat(-point)}${digits}`;
  return sign + (point >= digits.length ? digits + '0'.repeat(point - digits.length) : withPoint(digits, point));
}

function withPoint(digits: string, at: number): string {
  return digits.length <= at ? digits : `${digits.slice(0, at)}.${digits.slice(at)}`;
}
