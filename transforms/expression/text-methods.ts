import { codePointIndex, fromCodePoints, hasAstral, sliceBounds } from './code-points.ts';
import { type Callable, type Callables, boolArg, intArg, textArg } from './callable.ts';
import { limited } from './json-functions.ts';
import { BOOLEAN, INTEGER, listOf, TEXT, type Type } from './types.ts';
import { fault, itemsOf, lengthOf, Tuple, type Value } from './values.ts';

/** What Python calls white space. */
const SPACE = '\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000';
const IS_SPACE = new RegExp(`^[${SPACE}]$`);
const WORD = new RegExp(`[^${SPACE}]+`, 'g');
// oxlint-disable-next-line no-control-regex -- Python ends lines at these, too
const LINE_END = /\r\n|[\n\r\v\f\u001C-\u001E\u0085\u2028\u2029]/g;

const TEXTS = listOf(TEXT);
const THREE: Type = TEXTS;

/** A method that needs nothing but the text. */
function simple(change: (text: string) => string): Callable {
  return { takes: '', type: TEXT, call: ([self]) => limited(change(self as string)) };
}

function test(pattern: RegExp | ((text: string) => boolean)): Callable {
  const holds = pattern instanceof RegExp ? (text: string): boolean => pattern.test(text) : pattern;
  return { takes: '', type: BOOLEAN, call: ([self]) => holds(self as string) };
}

function strip(ends: 'both' | 'left' | 'right'): Callable {
  return {
    takes: 'chars?',
    type: TEXT,
    call: ([self, chars]) => {
      const whole = self as string;
      // White space is never two units of UTF-16.
      const text = (chars ?? null) === null || !hasAstral(whole) ? whole : fromCodePoints(whole);
      const set = (chars ?? null) === null ? undefined : new Set(textArg(chars));
      const goes = (c: string): boolean => (set === undefined ? IS_SPACE.test(c) : set.has(c));
      let start = 0;
      let end = text.length;
      if (ends !== 'right') while (start < end && goes(text[start]!)) start++;
      if (ends !== 'left') while (end > start && goes(text[end - 1]!)) end--;
      return typeof text === 'string' ? text.slice(start, end) : text.slice(start, end).join('');
    },
  };
}

function find(direction: 'first' | 'last', missing: 'fault' | -1): Callable {
  return {
    takes: 'sub start? end?',
    type: INTEGER,
    call: ([self, sub, start, end]) => {
      const { isBeyond, offset, text } = window(self as string, start, end);
      const needle = textArg(sub);
      const unit = isBeyond ? -1 : direction === 'first' ? text.indexOf(needle) : text.lastIndexOf(needle);
      if (unit >= 0) return codePointIndex(text, unit) + offset;
      if (missing === 'fault') throw fault('a text that does not contain what is looked for');
      return -1;
    },
  };
}

/** The part of a text between two indices of code points. `isBeyond`: it begins behind the end, where not even nothing is found. */
function window(
  text: string,
  start: Value | undefined,
  end: Value | undefined,
): { text: string; offset: number; isBeyond: boolean } {
  if ((start ?? null) === null && (end ?? null) === null) return { text, offset: 0, isBeyond: false };
  const points = hasAstral(text) ? fromCodePoints(text) : undefined;
  const index = (value: Value | undefined): number | undefined => ((value ?? null) === null ? undefined : intArg(value));
  const length = points?.length ?? text.length;
  const bounds = sliceBounds(length, { start: index(start), stop: index(end), step: 1 });
  const last = Math.max(bounds.first, bounds.end);
  return {
    text: points === undefined ? text.slice(bounds.first, last) : points.slice(bounds.first, last).join(''),
    offset: bounds.first,
    isBeyond: (index(start) ?? 0) > length || bounds.first > bounds.end,
  };
}

function affix(test: (text: string, part: string) => boolean): Callable {
  return {
    takes: 'prefix start? end?',
    type: BOOLEAN,
    call: ([self, part, start, end]) => {
      const { isBeyond, text } = window(self as string, start, end);
      if (isBeyond) return false;
      return part instanceof Tuple ? part.items.some((one) => test(text, textArg(one))) : test(text, textArg(part));
    },
  };
}

function justify(place: (missing: number) => number): Callable {
  return {
    takes: 'width fillchar?',
    type: TEXT,
    call: ([self, width, fill]) => {
      const text = self as string;
      const missing = intArg(width) - lengthOf(text)!;
      if (missing <= 0) return text;
      const char = textArg(fill, ' ');
      if (lengthOf(char) !== 1) throw fault('a fill of more than one character');
      if (missing > 100_000) throw fault('a text that is too long');
      const left = place(missing);
      return limited(char.repeat(left) + text + char.repeat(missing - left));
    },
  };
}

function part(direction: 'first' | 'last'): Callable {
  return {
    takes: 'sep',
    type: THREE,
    call: ([self, sep]) => {
      const text = self as string;
      const by = separator(sep);
      const at = direction === 'first' ? text.indexOf(by) : text.lastIndexOf(by);
      if (at < 0) return new Tuple(direction === 'first' ? [text, '', ''] : ['', '', text]);
      return new Tuple([text.slice(0, at), by, text.slice(at + by.length)]);
    },
  };
}

function separator(value: Value | undefined): string {
  const by = textArg(value);
  if (by === '') throw fault('an empty separator');
  return by;
}

function split(direction: 'left' | 'right'): Callable {
  return {
    takes: 'sep? maxsplit?',
    type: TEXTS,
    call: ([self, sep, most]) => {
      const text = self as string;
      const limit = intArg(most, -1);
      if ((sep ?? null) === null) return splitWords(text, { limit, direction });
      const parts = text.split(separator(sep));
      if (limit < 0 || parts.length <= limit + 1) return parts;
      const by = separator(sep);
      return direction === 'left'
        ? [...parts.slice(0, limit), parts.slice(limit).join(by)]
        : [parts.slice(0, parts.length - limit).join(by), ...parts.slice(parts.length - limit)];
    },
  };
}

function splitWords(text: string, { limit, direction }: { limit: number; direction: 'left' | 'right' }): string[] {
  const words = [...text.matchAll(WORD)];
  if (limit < 0 || words.length <= limit) return words.map(([word]) => word);
  if (direction === 'left') {
    return [...words.slice(0, limit).map(([word]) => word), text.slice(words[limit]!.index)];
  }
  const taken = words.slice(words.length - limit);
  const last = words[words.length - limit - 1]!;
  return [text.slice(0, last.index + last[0].length), ...taken.map(([word]) => word)];
}

function splitLines(text: string, keep: boolean): string[] {
  const lines: string[] = [];
  let at = 0;
  for (const { index, 0: end } of text.matchAll(LINE_END)) {
    lines.push(text.slice(at, index + (keep ? end.length : 0)));
    at = index + end.length;
  }
  return at < text.length ? [...lines, text.slice(at)] : lines;
}

function title(text: string): string {
  let titled = '';
  let run = '';
  const end = (): void => {
    titled += capitalized(run);
    run = '';
  };
  for (const c of text) {
    if (isCased(c)) run += c;
    else {
      end();
      titled += c;
    }
  }
  end();
  return titled;
}

/** The first letter large, the others small: as one word, because a sigma at its end is another than one within. */
function capitalized(text: string): string {
  const [first] = fromCodePoints(text);
  return first === undefined ? '' : titleOf(first) + text.toLowerCase().slice(first.toLowerCase().length);
}

function swapCase(text: string): string {
  const chars = fromCodePoints(text);
  return chars
    .map((c, i) => {
      if (c === DOUBLE[c]) return c;
      if (c !== c.toUpperCase()) return c.toUpperCase();
      const isLast = c === 'Σ' && i > 0 && isCased(chars[i - 1]!) && !isCased(chars[i + 1] ?? '');
      return isLast ? 'ς' : c.toLowerCase();
    })
    .join('');
}

/** Letters that are two, of which only the first becomes large. */
const DOUBLE: Readonly<Record<string, string>> = {
  ǆ: 'ǅ',
  Ǆ: 'ǅ',
  ǅ: 'ǅ',
  ǉ: 'ǈ',
  Ǉ: 'ǈ',
  ǈ: 'ǈ',
  ǌ: 'ǋ',
  Ǌ: 'ǋ',
  ǋ: 'ǋ',
  ǳ: 'ǲ',
  Ǳ: 'ǲ',
  ǲ: 'ǲ',
};

/** `ß` becomes `Ss`. */
function titleOf(c: string): string {
  const double = DOUBLE[c];
  if (double !== undefined) return double;
  const [first, ...rest] = fromCodePoints(c.toUpperCase());
  return (first ?? '') + rest.join('').toLowerCase();
}

function isCased(c: string): boolean {
  return c.toLowerCase() !== c.toUpperCase();
}

function isTitle(text: string): boolean {
  let after = false;
  let any = false;
  for (const c of text) {
    const cased = isCased(c);
    if (cased && (after ? c !== c.toLowerCase() : c === c.toLowerCase())) return false;
    any ||= cased;
    after = cased;
  }
  return any;
}

function replace(text: string, o: { old: string; by: string; count: number }): string {
  const { by, count, old } = o;
  if (count === 0) return text;
  // Between all characters, as Python does.
  const parts = old === '' ? ['', ...fromCodePoints(text), ''] : text.split(old);
  const places = count < 0 ? parts.length - 1 : Math.min(count, parts.length - 1);
  if (text.length + places * by.length > 1_000_000) throw fault('a text that is too long');
  const kept = parts.slice(0, places + 1).join(by);
  const rest = parts.slice(places + 1);
  return limited(rest.length === 0 ? kept : kept + old + rest.join(old));
}

/** The methods of texts. */
export const textMethods: Callables = {
  lower: simple((text) => text.toLowerCase()),
  upper: simple((text) => text.toUpperCase()),
  title: simple(title),
  capitalize: simple(capitalized),
  casefold: simple((text) =>
    fromCodePoints(text)
      .map((c) => (c === 'ı' ? c : c.toUpperCase().toLowerCase()))
      .join(''),
  ),
  swapcase: simple(swapCase),
  strip: strip('both'),
  lstrip: strip('left'),
  rstrip: strip('right'),
  split: split('left'),
  rsplit: split('right'),
  splitlines: {
    takes: 'keepends?',
    type: TEXTS,
    call: ([self, keep]) => splitLines(self as string, boolArg(keep, false)),
  },
  partition: part('first'),
  rpartition: part('last'),
  replace: {
    takes: 'old new count?',
    type: TEXT,
    call: ([self, old, by, count]) => replace(self as string, { old: textArg(old), by: textArg(by), count: intArg(count, -1) }),
  },
  removeprefix: {
    takes: 'prefix',
    type: TEXT,
    call: ([self, given]) => {
      const [text, prefix] = [self as string, textArg(given)];
      return text.startsWith(prefix) ? text.slice(prefix.length) : text;
    },
  },
  removesuffix: {
    takes: 'suffix',
    type: TEXT,
    call: ([self, given]) => {
      const [text, suffix] = [self as string, textArg(given)];
      return text.endsWith(suffix) ? text.slice(0, text.length - suffix.length) : text;
    },
  },
  startswith: affix((text, part) => text.startsWith(part)),
  endswith: affix((text, part) => text.endsWith(part)),
  find: find('first', -1),
  rfind: find('last', -1),
  index: find('first', 'fault'),
  rindex: find('last', 'fault'),
  count: {
    takes: 'sub start? end?',
    type: INTEGER,
    call: ([self, sub, start, end]) => {
      const { isBeyond, text } = window(self as string, start, end);
      const needle = textArg(sub);
      if (isBeyond) return 0;
      return needle === '' ? lengthOf(text)! + 1 : text.split(needle).length - 1;
    },
  },
  join: {
    takes: 'iterable',
    type: TEXT,
    call: ([self, items]) =>
      limited(
        itemsOf(items!)
          .map((item) => textArg(item))
          .join(self as string),
      ),
  },
  zfill: {
    takes: 'width',
    type: TEXT,
    call: ([self, width]) => {
      const text = self as string;
      const missing = intArg(width) - lengthOf(text)!;
      if (missing <= 0) return text;
      if (missing > 100_000) throw fault('a text that is too long');
      const sign = /^[-+]/.test(text) ? text[0]! : '';
      return limited(sign + '0'.repeat(missing) + text.slice(sign.length));
    },
  },
  ljust: justify(() => 0),
  rjust: justify((missing) => missing),
  center: {
    ...justify(() => 0),
    call: ([self, width, fill]) =>
      // Python puts the odd one to the left if the width is odd.
      justify((missing) => Math.floor(missing / 2) + (missing & intArg(width) & 1)).call!([self, width, fill]),
  },
  isalnum: test(/^[\p{L}\p{N}]+$/u),
  isalpha: test(/^\p{L}+$/u),
  isascii: test((text) => !/[^\0-\u007F]/.test(text)),
  isdecimal: test(/^\p{Nd}+$/u),
  isdigit: test(/^[\p{Nd}\u00B2\u00B3\u00B9\u2070\u2074-\u2079\u2080-\u2089]+$/u),
  isidentifier: test(/^[\p{ID_Start}_]\p{ID_Continue}*$/u),
  isnumeric: test(/^\p{N}+$/u),
  isprintable: test(/^(?:\x20|[^\p{C}\p{Z}])*$/u),
  isspace: test(new RegExp(`^[${SPACE}]+$`)),
  islower: test((text) => fromCodePoints(text).some(isCased) && text === text.toLowerCase()),
  isupper: test((text) => fromCodePoints(text).some(isCased) && text === text.toUpperCase()),
  istitle: test(isTitle),
};
