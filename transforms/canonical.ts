import { ExactNumber, isJsonObject, type Json } from '../singer/index.ts';

/**
 * The text of a value that is the same for equal values, however they are spelled: numbers in their shortest decimal form (1.10, 1.1 and
 * 11e-1 are `1.1`), members of objects in the order of their names. A text is itself.
 */
export function canonicalOf(value: Json): string {
  return typeof value === 'string' ? value : canonicalJson(value);
}

function canonicalJson(value: Json): string {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? String(value + 0) : canonicalNumber(String(value));
  if (value instanceof ExactNumber) return canonicalNumber(value.text);
  if (Array.isArray(value)) return `[${(value as readonly Json[]).map(canonicalJson).join(',')}]`;
  if (!isJsonObject(value)) return JSON.stringify(value);
  const names = Object.keys(value).toSorted();
  return `{${names.map((name) => `${JSON.stringify(name)}:${canonicalJson(value[name]!)}`).join(',')}}`;
}

/** Written out unless that needs more zeros than anyone wants to read. */
const MOST_ZEROS = 40;

function canonicalNumber(text: string): string {
  const match = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(text);
  if (match === null) return text;
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = match;
  const digits = (whole + fraction).replace(/^0+/, '');
  const significant = digits.replace(/0+$/, '');
  if (significant === '') return '0';
  // The number is `significant` × 10^power.
  const power = BigInt(exponent) - BigInt(fraction.length) + BigInt(digits.length - significant.length);
  if (power > BigInt(MOST_ZEROS) || power < BigInt(-MOST_ZEROS - significant.length)) return `${sign}${significant}e${power}`;
  const shift = Number(power);
  if (shift >= 0) return sign + significant + '0'.repeat(shift);
  const padded = significant.padStart(1 - shift, '0');
  return `${sign}${padded.slice(0, shift)}.${padded.slice(shift)}`;
}
