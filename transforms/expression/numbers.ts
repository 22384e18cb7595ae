import { powerOf } from './powers.ts';
import type { BinaryOperator } from './syntax.ts';
import { fault, Float, floatOf, intOf, plain } from './values.ts';

export type Numeric = number | bigint | Float;

/** Largest int that a power or a shift may give, in bits: what Python still prints. */
const MAX_BITS = 14_000;
/** Largest base or exponent of a power. */
const MAX_POWER = 4_000_000;

export function isFloat(number: Numeric): number is number | Float {
  return number instanceof Float || (typeof number === 'number' && !Number.isInteger(number));
}

/** As a double; an int that is too large for one is infinite. */
export function toDouble(number: Numeric): number {
  return Number(plain(number));
}

/** Arithmetic by the rules of Python: ints are exact at any size, `/` gives a float, `//` and `%` follow the divisor's sign. Throws ValueFault. */
export function calculate(operator: BinaryOperator, a: Numeric, b: Numeric): Numeric {
  if (isFloat(a) || isFloat(b)) return floatArithmetic(operator, toDouble(a), toDouble(b));
  return intArithmetic(operator, a, b);
}

function floatArithmetic(operator: BinaryOperator, a: number, b: number): Numeric {
  switch (operator) {
    case '+':
      return floatOf(a + b);
    case '-':
      return floatOf(a - b);
    case '*':
      return floatOf(a * b);
    case '/':
      if (b === 0) throw fault('a division by zero');
      return floatOf(a / b);
    case '//':
    case '%':
      return floatOf(divmod(a, b)[operator === '%' ? 1 : 0]);
    case '**':
      return floatOf(floatPower(a, b));
    default:
      throw fault(`${operator} takes ints`);
  }
}

/** Quotient and remainder, with the remainder's sign that of the divisor. */
function divmod(a: number, b: number): [quotient: number, remainder: number] {
  if (b === 0) throw fault('a division by zero');
  let remainder = a % b;
  let exact = (a - remainder) / b;
  if (remainder === 0) remainder = b < 0 ? -0 : 0;
  else if (remainder < 0 !== b < 0) {
    remainder += b;
    exact -= 1;
  }
  if (exact === 0) return [a / b < 0 || Object.is(a / b, -0) ? -0 : 0, remainder];
  const floor = Math.floor(exact);
  return [exact - floor > 0.5 ? floor + 1 : floor, remainder];
}

function floatPower(a: number, b: number): number {
  if (Math.abs(a) > MAX_POWER || Math.abs(b) > MAX_POWER) throw fault('a power of numbers that are too large');
  if (a === 0 && b < 0) throw fault('zero to a negative power');
  if (a < 0 && !Number.isInteger(b)) throw fault('a broken power of a negative number');
  // In Python 1 to any power is 1.
  const result = a === 1 ? 1 : powerOf(a, b);
  if (!Number.isFinite(result) && Number.isFinite(a) && Number.isFinite(b)) throw fault('a power that is too large');
  return result;
}

function intArithmetic(operator: BinaryOperator, a: number | bigint, b: number | bigint): Numeric {
  if (isSmall(a) && isSmall(b)) {
    const result = smallArithmetic(operator, a, b);
    if (result !== undefined) return result;
  }
  return bigArithmetic(operator, BigInt(a), BigInt(b));
}

function isSmall(number: number | bigint): number is number {
  return typeof number === 'number' && Number.isSafeInteger(number);
}

/** Without bigints; undefined if it needs them. */
function smallArithmetic(operator: BinaryOperator, a: number, b: number): Numeric | undefined {
  switch (operator) {
    case '+':
      return safe(a + b);
    case '-':
      return safe(a - b);
    case '*':
      return safe(a * b);
    case '/':
      if (b === 0) throw fault('a division by zero');
      return floatOf(a / b);
    case '//':
    case '%': {
      if (b === 0) throw fault('a division by zero');
      // The remainder of integers is exact, and so is what is left of the quotient then.
      const remainder = a % b;
      const mends = remainder !== 0 && remainder < 0 !== b < 0;
      if (operator === '%') return (mends ? remainder + b : remainder) + 0;
      return (a - remainder) / b - (mends ? 1 : 0) + 0;
    }
    default:
      return undefined;
  }
}

function safe(result: number): number | undefined {
  // Adding zero makes 0 of -0, which is no int.
  return Number.isSafeInteger(result) ? result + 0 : undefined;
}

function bigArithmetic(operator: BinaryOperator, a: bigint, b: bigint): Numeric {
  switch (operator) {
    case '+':
      return intOf(a + b);
    case '-':
      return intOf(a - b);
    case '*':
      if (bits(a) + bits(b) > 4 * MAX_BITS) throw fault('a product that is too large');
      return intOf(a * b);
    case '/':
      return floatOf(quotient(a, b));
    case '//':
    case '%': {
      if (b === 0n) throw fault('a division by zero');
      const remainder = a % b;
      const mends = remainder !== 0n && remainder < 0n !== b < 0n;
      if (operator === '%') return intOf(mends ? remainder + b : remainder);
      return intOf(a / b - (mends ? 1n : 0n));
    }
    case '**':
      return power(a, b);
    case '&':
      return intOf(a & b);
    case '|':
      return intOf(a | b);
    case '^':
      return intOf(a ^ b);
    default:
      return shift(operator, a, b);
  }
}

function power(a: bigint, b: bigint): Numeric {
  if (b < 0n) return floatOf(floatPower(Number(a), Number(b)));
  if (b > MAX_POWER || magnitude(a) > MAX_POWER) throw fault('a power of numbers that are too large');
  if (magnitude(a) > 1n && BigInt(bits(a)) * b > MAX_BITS) throw fault('a power that is too large');
  return intOf(a ** b);
}

function shift(operator: '<<' | '>>', a: bigint, b: bigint): Numeric {
  if (b < 0n) throw fault('a shift by a negative number');
  if (b > 10_000n) throw fault('a shift by too many places');
  if (operator === '<<' && bits(a) + Number(b) > MAX_BITS) throw fault('a shift by too many places');
  return intOf(operator === '<<' ? a << b : a >> b);
}

function quotient(a: bigint, b: bigint): number {
  if (b === 0n) throw fault('a division by zero');
  // 64 bits more than a double has, so that rounding twice cannot be seen.
  const scale = Math.max(0, 118 - bits(a) + bits(b));
  const whole = (a << BigInt(scale)) / b;
  const result = Number(whole) / 2 ** scale;
  if (!Number.isFinite(result)) throw fault('a quotient that is too large');
  return result;
}

function bits(value: bigint): number {
  return magnitude(value).toString(16).length * 4;
}

function magnitude(value: bigint): bigint {
  return value < 0n ? -value : value;
}

/** A float as Python shows it: the shortest text that reads as the same number. */
export function floatText(value: number): string {
  if (Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return value < 0 ? '-inf' : 'inf';
  const [mantissa, exponentText] = value.toExponential().split('e') as [string, string];
  const exponent = Number(exponentText);
  const sign = value < 0 || Object.is(value, -0) ? '-' : '';
  const digits = mantissa.replace('-', '').replace('.', '');
  if (exponent < -4 || exponent >= 16) {
    const fraction = digits.length > 1 ? `.${digits.slice(1)}` : '';
    const power = String(Math.abs(exponent)).padStart(2, '0');
    return `${sign}${digits[0]}${fraction}e${exponent < 0 ? '-' : '+'}${power}`;
  }
  if (exponent < 0) return `${sign}0.${'0'.repeat(-exponent - 1)}${digits}`;
  const whole = digits.slice(0, exponent + 1).padEnd(exponent + 1, '0');
  return `${sign}${whole}.${digits.slice(exponent + 1) || '0'}`;
}

/** A number as Python shows it. */
export function numberText(number: Numeric): string {
  return isFloat(number) ? floatText(toDouble(number)) : String(number);
}

/** Rounds as Python does: halves, by the number's exact binary value, go to the even neighbour. */
export function round(number: Numeric, digits: number | undefined): Numeric {
  if (!isFloat(number)) return digits === undefined || digits >= 0 ? number : roundInt(BigInt(plain(number)), -digits);
  const value = toDouble(number);
  if (digits === undefined) {
    if (!Number.isFinite(value)) throw fault('an infinite number or NaN has no int');
    const floor = Math.floor(value);
    const over = value - floor;
    const up = over > 0.5 || (over === 0.5 && floor % 2 !== 0);
    return intOf(BigInt(up ? floor + 1 : floor));
  }
  if (!Number.isFinite(value) || digits > 40 || Math.abs(value) >= 1e21) return number;
  if (digits < 0) {
    const rounded = Number(plain(roundInt(BigInt(Math.trunc(value)), -digits, value % 1 !== 0)));
    return floatOf(rounded === 0 && value < 0 ? -0 : rounded);
  }
  return floatOf(Number(fixedText(value, digits)));
}

function roundInt(value: bigint, places: number, hasFraction = false): number | bigint {
  if (places > 400) return 0;
  const unit = 10n ** BigInt(places);
  const size = magnitude(value);
  const rest = size % unit;
  const floor = size / unit;
  const up = rest * 2n > unit || (rest * 2n === unit && (hasFraction || floor % 2n === 1n));
  const rounded = (up ? floor + 1n : floor) * unit;
  return intOf(value < 0n ? -rounded : rounded);
}

/** With so many digits after the first and an exponent, halves to even. For finite positive numbers. */
export function scientificText(value: number, digits: number): string {
  const text = value.toExponential(digits);
  const exact = value.toExponential(100);
  const [mantissa, exponent] = exact.split('e') as [string, string];
  if (!/^50*$/.test(mantissa.slice(digits + 2))) return padded(text);
  const kept = digits === 0 ? mantissa.slice(0, 1) : mantissa.slice(0, digits + 2);
  return padded(Number(kept.at(-1)) % 2 === 0 ? `${kept}e${exponent}` : text);
}

/** Exponents have two digits at least. */
function padded(text: string): string {
  return text.replace(/e([-+])(\d)$/, 'e$10$2');
}

/** With so many digits after the point, halves to even. For finite numbers below 1e21. */
export function fixedText(value: number, digits: number): string {
  const text = value.toFixed(Math.min(digits, 100));
  // toFixed sends halves up, away from zero. Only a number with few binary digits is a half.
  const exact = value.toFixed(100);
  const point = exact.indexOf('.');
  const tail = exact.slice(point + 1 + digits);
  if (!/^50*$/.test(tail)) return text;
  const kept = exact.slice(0, digits === 0 ? point : point + 1 + digits);
  return Number(kept.at(-1)) % 2 === 0 ? kept : text;
}
