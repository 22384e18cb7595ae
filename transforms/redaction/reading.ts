import { plainDigits } from '../plain-text.ts';

/** A text as detectors read it, with the way back to the text as it came. Places are UTF-16 units. */
export interface Reading {
  readonly text: string;
  /** Where the character begins, in the text as it came, that made the unit at `at`. */
  from(at: number): number;
  /** Where the character ends that made the unit before `at`, and those behind it that made none. */
  to(at: number): number;
}

/**
 * A text with compatibility forms (full width, ligatures) as what they mean, digits of any script as 0 to 9, every dash as `-`, every blank
 * but line breaks as a plain space, and without invisible marks. As long as it was unless it has such characters.
 */
export function plainReading(text: string): Reading {
  return isAscii(text) ? asItIs(text) : readBy(text, plainCharacter);
}

/** The same without case and accents, and with one space wherever there is white space: for names. */
export function foldedReading(text: string): Reading {
  return readBy(text, foldedCharacter, true);
}

/** What `foldedReading` reads, without blanks at the ends. */
export function folded(text: string): string {
  return foldedReading(text).text.trim();
}

function isAscii(text: string): boolean {
  for (let at = 0; at < text.length; at++) if (text.charCodeAt(at) > 0x7e) return false;
  return true;
}

function asItIs(text: string): Reading {
  return { text, from: (at) => at, to: (at) => at };
}

/** By character, what a detector reads. Few characters make up most texts. */
const plain = new Map<string, string>();
const foldings = new Map<string, string>();
const MOST_REMEMBERED = 5000;

function plainCharacter(character: string): string {
  if (character >= ' ' && character <= '~') return character;
  return remembered(plain, character, () => {
    if (/[\p{Cf}\u034F\u17B4\u17B5\uFE00-\uFE0F]/u.test(character)) return '';
    if (/[\p{Zs}\t]/u.test(character)) return ' ';
    if (/[\p{Pd}\u2212]/u.test(character)) return '-';
    if (/\p{Nd}/u.test(character)) return plainDigits(character);
    // ², ½ and ① are no digits of a number.
    if (/\p{No}/u.test(character)) return character;
    const normal = character.normalize('NFKC');
    return normal.length === 1 || /^[\p{L}\p{M}]+$/u.test(normal) ? normal : character;
  });
}

function foldedCharacter(character: string): string {
  if (character >= '!' && character <= '~') return character.toLowerCase();
  return remembered(foldings, character, () => {
    const read = plainCharacter(character).normalize('NFKD').replaceAll(/\p{M}/gu, '').toLowerCase();
    return /^\s$/.test(read) ? ' ' : read.replaceAll('ß', 'ss').replaceAll('ς', 'σ');
  });
}

function remembered(known: Map<string, string>, character: string, make: () => string): string {
  const found = known.get(character);
  if (found !== undefined) return found;
  const made = make();
  if (known.size < MOST_REMEMBERED) known.set(character, made);
  return made;
}

function readBy(text: string, read: (character: string) => string, joinsBlanks = false): Reading {
  const starts: number[] = [];
  const ends: number[] = [];
  const parts: string[] = [];
  let at = 0;
  let before = '';
  for (const character of text) {
    const end = at + character.length;
    const part = read(character);
    const isLost = part === '' || (joinsBlanks && part === ' ' && before === ' ');
    if (isLost && ends.length > 0) ends[ends.length - 1] = end;
    else if (!isLost) {
      for (let unit = 0; unit < part.length; unit++) {
        starts.push(at);
        ends.push(end);
      }
      parts.push(part);
      before = part;
    }
    at = end;
  }
  return { text: parts.join(''), from: (at) => starts[at]!, to: (at) => ends[at - 1]! };
}
