import { hasIbanCheck, ibanLength } from '../ibans.ts';
import type { Detector, Finding } from './detector.ts';

/** IBANs of the length that their country has, with the right check digits, in one piece or in groups of four. */
export const iban: Detector = {
  label: 'IBAN',
  *find(text) {
    for (const { index } of text.matchAll(/[A-Z]{2}[ -]?\d\d/gi)) {
      const found = isWithinWord(text, index) ? undefined : ibanAt(text, index);
      if (found !== undefined) yield found;
    }
  },
};

/** The word IBAN itself may stand right before it. */
function isWithinWord(text: string, start: number): boolean {
  return isWordAt(text, start - 1) && !/(?<![\p{L}\p{N}])IBAN$/iu.test(text.slice(Math.max(start - 6, 0), start));
}

function ibanAt(text: string, start: number): Finding | undefined {
  let value = text.slice(start, start + 2).toUpperCase();
  const length = ibanLength(value);
  if (length === undefined) return undefined;
  let at = start + 2;
  while (value.length < length) {
    if ((value.length % 4 === 0 || value.length === 2) && /^[ .\n-]$/.test(text.charAt(at))) at++;
    const character = text.charAt(at);
    if (!/^[A-Z\d]$/i.test(character)) return undefined;
    value += character.toUpperCase();
    at++;
  }
  // With more letters or digits right behind it, it is a part of something else.
  return isWordAt(text, at) || !hasIbanCheck(value) ? undefined : { start, end: at, value };
}

function isWordAt(text: string, at: number): boolean {
  return /^[\p{L}\p{N}]$/u.test(text.charAt(at));
}
