const LOWER = 'abcdefghijklmnopqrstuvwxyz';
const UPPER = LOWER.toUpperCase();
const DIGITS = '0123456789';

/** Stays as it is: what shapes a text and says nothing of a person. */
const KEPT = /^[\s!-/:-@[-`{-~]$/;

/**
 * A text of the same shape: each digit becomes a digit, each letter one of the same case, any other character that is not white space or
 * ASCII punctuation a letter. Never the text itself, unless nothing in it is replaced. `asNumber` makes no zero of a leading digit, and
 * nothing greater.
 */
export function patternOf(text: string, source: Iterator<number>, { asNumber = false } = {}): string {
  const from = Array.from(text);
  let isFirst = true;
  const made = from.map((character) => {
    const alphabet = alphabetOf(character);
    if (alphabet === undefined) return character;
    const byte = source.next().value as number;
    const leads = asNumber && isFirst && /^-?\d\d/.test(text);
    isFirst = false;
    if (!leads) return alphabet[byte % alphabet.length]!;
    return String(1 + (byte % Math.max(1, Number(character) - 1)));
  });
  const result = made.join('');
  return result === text ? turned(made, asNumber) : result;
}

function alphabetOf(character: string): string | undefined {
  if (KEPT.test(character)) return undefined;
  if (/^\p{Nd}$/u.test(character)) return DIGITS;
  return /^\p{Lu}$/u.test(character) ? UPPER : LOWER;
}

/** The last character that may be another becomes the next one of its kind. */
function turned(characters: readonly string[], asNumber: boolean): string {
  const last = characters.findLastIndex((character) => alphabetOf(character) !== undefined);
  if (last < 0) return characters.join('');
  const character = characters[last]!;
  const alphabet = alphabetOf(character)!;
  const step = asNumber && character !== '0' ? alphabet.length - 1 : 1;
  const next = alphabet[(alphabet.indexOf(character) + step) % alphabet.length]!;
  return [...characters.slice(0, last), next, ...characters.slice(last + 1)].join('');
}
