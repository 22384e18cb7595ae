import { type Decimal, textOfDecimal } from './decimal.ts';

/** Exponents beyond this are numbers that nobody adds up; written out, they would fill the memory. */
const MOST_EXPONENT = 1000;

/** True for a number that an `ExactSum` takes. */
export function isSummable({ exponent }: Decimal): boolean {
  return Math.abs(exponent) <= MOST_EXPONENT;
}

/** A sum of decimal numbers that loses nothing. */
export class ExactSum {
  /** The sum is `units` × 10^-`scale`. */
  #units = 0n;
  #scale = 0;

  add({ digits, exponent, isNegative }: Decimal): void {
    const scale = Math.max(this.#scale, -exponent);
    const units = BigInt(digits === '' ? 0 : digits) * 10n ** BigInt(exponent + scale);
    this.#units = this.#units * 10n ** BigInt(scale - this.#scale) + (isNegative ? -units : units);
    this.#scale = scale;
  }

  /** In its shortest form. */
  get text(): string {
    const isNegative = this.#units < 0n;
    const digits = String(isNegative ? -this.#units : this.#units);
    return textOfDecimal({ digits: digits === '0' ? '' : digits, exponent: -this.#scale, isNegative });
  }
}
