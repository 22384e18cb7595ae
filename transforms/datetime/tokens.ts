/** A part of a pattern in luxon's tokens. */
export type Token = { readonly text: string; readonly isLiteral: boolean };

/** What the tokens that can be read and written mean. */
export const TOKENS = {
  y: 'year', yy: 'year of two digits', yyyy: 'year of four digits',
  M: 'month', MM: 'month', L: 'month', LL: 'month',
  MMM: 'name of a month', MMMM: 'name of a month', LLL: 'name of a month', LLLL: 'name of a month',
  d: 'day', dd: 'day', o: 'day of the year', ooo: 'day of the year',
  E: 'weekday', EEE: 'name of a weekday', EEEE: 'name of a weekday', c: 'weekday', ccc: 'name of a weekday', cccc: 'name of a weekday',
  H: 'hour', HH: 'hour', h: 'hour to 12', hh: 'hour to 12', a: 'half of the day',
  m: 'minute', mm: 'minute', s: 'second', ss: 'second', S: 'milliseconds', u: 'fraction',
  Z: 'zone', ZZ: 'zone', ZZZ: 'zone', z: 'zone',
} as const; // prettier-ignore

type TokenName = keyof typeof TOKENS;

/** What tells a date. */
export const DATE_MEANINGS: ReadonlySet<string> = new Set([
  'year', 'year of two digits', 'year of four digits', 'month', 'name of a month', 'day', 'day of the year',
]); // prettier-ignore

/** `SSS` and more: so many digits of a fraction. */
const FRACTION = /^S{3,9}$/;

export function isFraction(token: string): boolean {
  return FRACTION.test(token);
}

/** Splits a pattern: runs of one letter are tokens, text in '...' and all else stands for itself ('' is an apostrophe). */
export function tokensOf(pattern: string): Token[] {
  const tokens: Token[] = [];
  for (const [part, quoted, letters] of pattern.matchAll(/'((?:[^']|'')*)'|(([a-zA-Z])\3*)|[^a-zA-Z']+|'/g)) {
    if (letters !== undefined) tokens.push({ text: letters, isLiteral: false });
    else tokens.push({ text: quoted === undefined ? part : quoted === '' ? "'" : quoted.replaceAll("''", "'"), isLiteral: true });
  }
  return tokens;
}

/** What is wrong with a pattern, as far as its tokens tell; undefined: nothing. */
export function tokenProblem(tokens: readonly Token[]): string | undefined {
  const stranger = tokens.find(({ text, isLiteral }) => !isLiteral && !Object.hasOwn(TOKENS, text) && !isFraction(text));
  if (stranger !== undefined) {
    return `${stranger.text} is no token (year, month and day are yyyy, MM and dd; text stands in '...')`;
  }
  return undefined;
}

export function meaningOf({ text, isLiteral }: Token): (typeof TOKENS)[TokenName] | undefined {
  if (isLiteral) return undefined;
  return isFraction(text) ? 'fraction' : TOKENS[text as TokenName];
}
