const SPACE = 0x20;
const TILDE = 0x7e;

/**
 * A text as the readers take it: one plain space wherever there is white space, none at the ends, compatibility forms (full width,
 * ligatures) as what they mean, digits of any script as 0 to 9, no invisible marks, lower case unless all of it is ASCII. A text with ², ½ or ① is left alone: these
 * are no digits of a date.
 */
export function readable(text: string): string {
  return isPlain(text) ? text : normalized(text.toLowerCase());
}

/** The same, without the lower case. */
export function tidied(text: string): string {
  return isPlain(text) ? text : normalized(text);
}

/** True for printable ASCII with single spaces, none at the ends. */
function isPlain(text: string): boolean {
  let before = SPACE;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code > TILDE || code < SPACE || (code === SPACE && before === SPACE)) return false;
    before = code;
  }
  return before !== SPACE || text === '';
}

function normalized(text: string): string {
  if (/\p{No}/u.test(text)) return text;
  return plainDigits(text.replaceAll(/\p{Cf}/gu, '').normalize('NFKC'))
    .replaceAll('\u2212', '-')
    .replaceAll(/\s+/g, ' ')
    .trim();
}

/** Digits of every script as 0 to 9. */
export function plainDigits(text: string): string {
  return text.replaceAll(/(?![0-9])\p{Nd}/gu, digitOf);
}

/** Unicode's digits stand in runs of ten, from zero to nine. */
function digitOf(digit: string): string {
  const code = digit.codePointAt(0)!;
  let first = code;
  while (/\p{Nd}/u.test(String.fromCodePoint(first - 1))) first--;
  return String((code - first) % 10);
}
