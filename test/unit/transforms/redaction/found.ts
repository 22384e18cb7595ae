import { expect, test } from 'vitest';
import type { Detector } from '../../../../transforms/redaction/detector.ts';
import { replaced } from '../../../../transforms/redaction/replaced.ts';

/** The text with the label of each finding in its place. */
export function redacted(text: string, ...detectors: readonly Detector[]): string {
  return replaced(text, { detectors, wanted: [] }, (label) => `<${label}>`);
}

/** A test for each text: what is left of it with labels in the places of what the detector finds. */
export function reads(detector: Detector, cases: readonly (readonly [text: string, result: string])[]): void {
  test.each(cases)('%s', (text, result) => {
    expect(redacted(text, detector)).toBe(result);
  });
}

/** The parts of a text that a detector finds. */
export function foundIn(text: string, detector: Detector): readonly string[] {
  return [...detector.find(text)].map(({ end, start }) => text.slice(start, end));
}

/** The check digit of Luhn for digits that it stands behind. */
export function luhnDigit(digits: string): number {
  const sum = Array.from(digits)
    .toReversed()
    .reduce((sum, digit, place) => {
      const counted = Number(digit) * (place % 2 === 0 ? 2 : 1);
      return sum + Math.floor(counted / 10) + (counted % 10);
    }, 0);
  return (10 - (sum % 10)) % 10;
}

/** The two check digits of an IBAN, by big numbers: 98 less the rest of the whole by 97. */
export function ibanDigits(country: string, rest: string): number {
  const digits = Array.from(`${rest}${country}00`)
    .map((character) => Number.parseInt(character, 36))
    .join('');
  return 98 - Number(BigInt(digits) % 97n);
}
