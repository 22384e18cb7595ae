import { setFlagsFromString } from 'node:v8';

let isReady = false;

/**
 * A regular expression of the user's that cannot hang the run. V8 goes over to its linear engine when a pattern backtracks too much (14.8 s
 * became 2 ms), but only for what that engine knows: no flag `i` or `u`, no look-around, no back-references. So `i` is written out as
 * classes of ASCII letters, `u` is kept only for a pattern that needs it, and of the rest those are refused that repeat what repeats.
 * What is wrong is told to `problem`; the expression never matches then.
 */
export function compileRegex(pattern: string, flags: string, problem: (message: string) => void): RegExp {
  prepare();
  try {
    // The pattern as it is must be one, whatever becomes of it.
    const given = new RegExp(pattern, flags);
    const source = flags.includes('i') ? anyCase(pattern) : pattern;
    const rest = flags.replaceAll(/[iu]/g, '');
    if (!needsUnicode(pattern) && isLinear(source, rest)) return new RegExp(source, rest);
    if (!repeatsRepeats(pattern)) return given;
    problem(
      'can take time without end on some texts: a group that repeats holds something that repeats or is a choice; with look-around, back-references or \\p{…} that cannot be cured, so write it without one of the two',
    );
  } catch (error) {
    problem(error instanceof Error ? error.message : 'is no regular expression');
  }
  return NOTHING;
}

const NOTHING = /(?!)/;

function prepare(): void {
  if (isReady) return;
  // The second one lets `isLinear` ask.
  setFlagsFromString('--enable-experimental-regexp-engine-on-excessive-backtracks');
  setFlagsFromString('--enable-experimental-regexp-engine');
  isReady = true;
}

/** True if V8's linear engine knows all that is in the pattern. */
function isLinear(pattern: string, flags: string): boolean {
  try {
    return new RegExp(pattern, `${flags}l`).source !== '';
  } catch {
    // A SyntaxError says that it does not.
    return false;
  }
}

function needsUnicode(pattern: string): boolean {
  return /\\[pP]\{|\\u\{|[\u{10000}-\u{10FFFF}]/u.test(pattern);
}

/** The tokens of a pattern: an escape, a class, the head of a group, or one character. */
const TOKEN =
  /\\(?:[pP]\{[^}]*\}|u\{[^}]*\}|u[\da-fA-F]{4}|x[\da-fA-F]{2}|k<[^>]*>|c[a-zA-Z]|[^])|\[(?:\\[^]|[^\]\\])*\]|\(\?(?:<[^=!>][^>]*>|<?[=!]|:)|[^]/g;

/** The pattern with a class of both cases for each letter of ASCII. */
function anyCase(pattern: string): string {
  return pattern.replaceAll(TOKEN, (token) => {
    if (/^[a-z]$/i.test(token)) return `[${token.toLowerCase()}${token.toUpperCase()}]`;
    return token.startsWith('[') && token.length > 1 ? anyCaseClass(token) : token;
  });
}

function anyCaseClass(text: string): string {
  const negated = text.startsWith('[^');
  const inside = text.slice(negated ? 2 : 1, -1);
  let more = '';
  const parts = inside.matchAll(/\\[^]|([a-z])-([a-z])|([A-Z])-([A-Z])|[a-zA-Z]/g);
  for (const [part, low, lowEnd, high, highEnd] of parts) {
    if (low !== undefined && lowEnd !== undefined) more += `${low.toUpperCase()}-${lowEnd.toUpperCase()}`;
    else if (high !== undefined && highEnd !== undefined) more += `${high.toLowerCase()}-${highEnd.toLowerCase()}`;
    else if (part.length === 1) more += part === part.toLowerCase() ? part.toUpperCase() : part.toLowerCase();
  }
  return `[${negated ? '^' : ''}${inside}${more}]`;
}

/** True if a group that repeats holds a quantifier without end, or a choice: what takes exponential time is among these. */
function repeatsRepeats(pattern: string): boolean {
  const open: boolean[] = [];
  let risky = false;
  const tokens = pattern.match(TOKEN) ?? [];
  for (const [index, token] of tokens.entries()) {
    if (token.startsWith('(')) {
      open.push(risky);
      risky = false;
    } else if (token === ')') {
      const inside: boolean = risky;
      risky = (open.pop() ?? false) || inside;
      if (inside && repeats(tokens, index + 1)) return true;
    } else if (token === '|') risky = true;
    else if (index > 0 && repeats(tokens, index)) risky = true;
  }
  return false;
}

/** True if the tokens from `index` on are a quantifier without end: `*`, `+`, `{2,}`. */
function repeats(tokens: readonly string[], index: number): boolean {
  const token = tokens[index];
  if (token === '*' || token === '+') return true;
  return token === '{' && /^\{\d+(?:,\d*)?\}/.test(tokens.slice(index, index + 12).join(''));
}
