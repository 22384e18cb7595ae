import { hash } from 'node:crypto';
import { parseExact } from '../../singer/index.ts';
import { textOf as canonicalTextOf } from '../record.ts';
import { compileRegex } from '../regex.ts';
import { boolArg, type Call, type Callable, type Callables, intArg, textArg } from './callable.ts';
import { dump, type DumpOptions, limited, toJson } from './json-functions.ts';
import { calculate, isFloat, type Numeric, round, toDouble } from './numbers.ts';
import { textOf } from './show.ts';
import { parseIso, timeParser } from './time-format.ts';
import { attempted, timeFunctions } from './time-members.ts';
import {
  ANY,
  BOOLEAN,
  FLOATING,
  INTEGER,
  itemType,
  Kinds,
  listOf,
  mayBe,
  NOTHING,
  MOMENT,
  notNone,
  orNone,
  TEXT,
  type Type,
  union,
} from './types.ts';
import {
  compare,
  Dict,
  entriesOf,
  fault,
  floatOf,
  intOf,
  isTrue,
  itemsOf,
  lengthOf,
  numericOf,
  plain,
  Tuple,
  typeName,
  type Value,
  ValueSet,
} from './values.ts';

function digest(algorithm: string): Callable {
  return {
    takes: 'string',
    hides: true,
    type: TEXT,
    call: ([value]) => {
      const text = textArg(value);
      // All broken texts would have the hash of one.
      if (/\p{Surrogate}/u.test(text)) throw fault('a text with half a character');
      return hash(algorithm, text, 'hex');
    },
  };
}

function toInt(value: Value, base: number | undefined): Value {
  if (typeof value === 'string') return parseInteger(value, base ?? 10);
  if (base !== undefined) throw fault('a base for what is no text');
  const number = numericOf(value);
  if (number === undefined) throw fault(`${typeName(value)} has no int`);
  if (!isFloat(number)) return plain(number);
  const double = toDouble(number);
  if (!Number.isFinite(double)) throw fault('an infinite number or NaN has no int');
  return intOf(BigInt(Math.trunc(double)));
}

/** What may stand before the digits of a base: `0x1f`. */
const MARKS: Readonly<Record<string, number>> = { b: 2, o: 8, x: 16 };
const DIGIT_VALUES = '0123456789abcdefghijklmnopqrstuvwxyz';

/** `int(text, base)`; the base 0 is what the mark before the digits says. */
function parseInteger(text: string, base: number): Value {
  // Adding zero makes 0 of -0, which is no int.
  if (base === 10 && /^-?\d{1,15}$/.test(text)) return Number(text) + 0;
  if (base !== 0 && (base < 2 || base > 36)) throw fault('a base that is not 0 and not from 2 to 36');
  const [, sign, spelled = ''] = /^\s*([-+]?)([\da-z_]+)\s*$/i.exec(text) ?? [];
  const lower = spelled.toLowerCase();
  const mark = lower.startsWith('0') ? MARKS[lower.charAt(1)] : undefined;
  const isMarked = mark !== undefined && (base === 0 || base === mark);
  const radix = base !== 0 ? base : (mark ?? 10);
  const grouped = isMarked ? lower.slice(2).replace(/^_/, '') : lower;
  const digits = grouped.replaceAll('_', '');
  const isGrouped = /^[\da-z]+(?:_[\da-z]+)*$/.test(grouped);
  const fits = Array.from(digits).every((digit) => DIGIT_VALUES.indexOf(digit) < radix);
  // `012` means nothing to somebody who asks what the mark says.
  const isBroken = base === 0 && !isMarked && /^0+[1-9]/.test(digits);
  if (!isGrouped || !fits || isBroken) throw fault('a text that is no int');
  if (digits.length > 4300) throw fault('a text that is too long for an int');
  const size = wholeOf(digits, radix);
  return intOf(sign === '-' ? -size : size);
}

function wholeOf(digits: string, radix: number): bigint {
  if (radix === 10) return BigInt(digits);
  let size = 0n;
  for (const digit of digits) size = size * BigInt(radix) + BigInt(DIGIT_VALUES.indexOf(digit));
  return size;
}

function toFloat(value: Value): Value {
  if (typeof value === 'string') return floatOf(parseFloatText(value));
  const number = numericOf(value);
  if (number === undefined) throw fault(`${typeName(value)} has no float`);
  return floatOf(toDouble(number));
}

function parseFloatText(text: string): number {
  const word = text.trim().toLowerCase();
  const special = /^([-+]?)(?:(inf(?:inity)?)|nan)$/.exec(word);
  if (special !== null) return special[2] === undefined ? Number.NaN : special[1] === '-' ? -Infinity : Infinity;
  if (!/^[-+]?(?:\d+(?:_\d+)*\.?(?:\d+(?:_\d+)*)?|\.\d+(?:_\d+)*)(?:e[-+]?\d+)?$/.test(word)) {
    throw fault('a text that is no float');
  }
  return Number(word.replaceAll('_', ''));
}

/** One value with items, or several values. */
function manyOf(args: readonly (Value | undefined)[]): readonly Value[] {
  const values = args.filter((value) => value !== undefined);
  return values.length === 1 ? itemsOf(values[0]!) : values;
}

function manyType(args: readonly (Type | undefined)[]): Type {
  const types = args.filter((type) => type !== undefined);
  return types.length === 1 ? itemType(types[0]!) : types.reduce(union, NOTHING);
}

function extreme(wanted: -1 | 1): Callable {
  return {
    takes: '*',
    type: manyType,
    call: (args) => {
      const [first, ...others] = manyOf(args);
      if (first === undefined) throw fault('the least or greatest of nothing');
      return others.reduce((best, value) => (compare(value, best) * wanted > 0 ? value : best), first);
    },
  };
}

function sortable(values: readonly Value[], isReversed: boolean): readonly Value[] {
  const sorted = values.toSorted((a, b) => compare(a, b) * (isReversed ? -1 : 1));
  if (values.length === 1) compare(values[0]!, values[0]!);
  return sorted;
}

function add(a: Value, b: Value): Numeric {
  const [x, y] = [numericOf(a), numericOf(b)];
  if (x === undefined || y === undefined) throw fault(`the sum of ${typeName(a)} and ${typeName(b)}`);
  return calculate('+', x, y);
}

function numberKinds(type: Type): Type {
  return { kinds: mayBe(type, Kinds.float) ? Kinds.float | (type.kinds & Kinds.int) : Kinds.int };
}

function toDict(value: Value | undefined): Dict {
  const dict = new Dict();
  if (value === undefined) return dict;
  const entries = entriesOf(value);
  if (entries !== undefined) for (const [key, member] of entries) dict.set(key, member);
  else {
    for (const pair of itemsOf(value)) {
      const [key, member, ...others] = itemsOf(pair);
      if (member === undefined || others.length > 0) throw fault('a dict is made of pairs');
      dict.set(key!, member);
    }
  }
  return dict;
}

/**
 * A function whose first argument is a regular expression, written out. Without the flags u and i, with which V8 cannot go over to its
 * linear engine.
 */
function withRegex(
  flags: '' | 'g',
  o: Omit<Callable, 'call' | 'bind'>,
  call: (regex: RegExp, args: Parameters<Call>[0]) => Value,
): Callable {
  return {
    ...o,
    literal: [0],
    bind: ([pattern], { problem }) => {
      const regex = compileRegex(pattern!, flags, (message) => problem(`has a wrong regular expression: ${message}`));
      return (args) => call(regex, args);
    },
  };
}

const DUMP: DumpOptions = { ascii: true, sorted: false, indent: undefined, comma: ', ', colon: ': ' };

/** The functions, by name. */
export const functions: Callables = {
  int: {
    takes: 'x base?',
    type: INTEGER,
    call: ([x, base]) => toInt(x!, base === undefined ? undefined : intArg(base)),
  },
  float: { takes: 'x', type: FLOATING, call: ([x]) => toFloat(x!) },
  str: { takes: 'x', takesNull: true, type: TEXT, call: ([x]) => limited(textOf(x!)) },
  bool: { takes: 'x', takesNull: true, type: BOOLEAN, call: ([x]) => isTrue(x!) },
  len: {
    takes: 'x',
    type: INTEGER,
    call: ([x]) => lengthOf(x!) ?? nothing(`${typeName(x!)} has no length`),
  },
  min: extreme(-1),
  max: extreme(1),
  sum: {
    takes: 'items start?',
    type: ([items]) => numberKinds(itemType(items!)),
    call: ([items, start]) => itemsOf(items!).reduce((sum: Value, item) => add(sum, item), start ?? 0),
  },
  abs: {
    takes: 'x',
    type: ([x]) => numberKinds(x!),
    call: ([x]) => {
      const number = numericOf(x!);
      if (number === undefined) throw fault(`${typeName(x!)} has no absolute value`);
      if (isFloat(number)) return floatOf(Math.abs(toDouble(number)));
      const value = plain(number);
      return value < 0 ? -value : value;
    },
  },
  round: {
    takes: 'number ndigits?',
    type: ([number, digits]) => (digits === undefined ? INTEGER : numberKinds(number!)),
    call: ([value, digits]) => {
      const number = numericOf(value!);
      if (number === undefined) throw fault(`${typeName(value!)} cannot be rounded`);
      return round(number, (digits ?? null) === null ? undefined : intArg(digits));
    },
  },
  sorted: {
    takes: 'items reverse?',
    type: ([items]) => listOf(itemType(items!)),
    call: ([items, reverse]) => sortable(itemsOf(items!), boolArg(reverse, false)),
  },
  any: { takes: 'items', type: BOOLEAN, call: ([items]) => itemsOf(items!).some(isTrue) },
  all: { takes: 'items', type: BOOLEAN, call: ([items]) => itemsOf(items!).every(isTrue) },
  list: {
    takes: 'items?',
    type: ([items]) => listOf(items === undefined ? NOTHING : itemType(items)),
    call: ([items]) => (items === undefined ? [] : itemsOf(items)),
  },
  tuple: {
    takes: 'items?',
    type: ([items]) => listOf(items === undefined ? NOTHING : itemType(items)),
    call: ([items]) => new Tuple(items === undefined ? [] : itemsOf(items)),
  },
  set: {
    takes: 'items?',
    type: ([items]) => ({ kinds: Kinds.set, items: items === undefined ? NOTHING : itemType(items) }),
    call: ([items]) => new ValueSet(items === undefined ? [] : itemsOf(items)),
  },
  dict: { takes: 'items?', type: { kinds: Kinds.dict }, call: ([items]) => toDict(items) },
  md5: digest('md5'),
  sha256: digest('sha256'),
  hmac: {
    takes: 'value domain key?',
    hides: true,
    literal: [1, 2],
    type: TEXT,
    bind: ([, domain, name], { keys, problem }) => {
      const key = keys.find(name);
      if (key === undefined)
        problem(name === undefined ? 'hmac needs a key: name it (key=…)' : `the setting keys has no ${name}`);
      const mac = domain === undefined ? undefined : key?.mac(domain);
      return ([value]) => mac!.digest(canonicalTextOf(toJson(value!))).toString('hex');
    },
  },
  rand: { takes: '', type: FLOATING, call: () => floatOf(Math.random()) },
  randint: { takes: 'top', type: INTEGER, call: ([top]) => Math.floor(Math.random() * intArg(top)) },
  coalesce: {
    takes: '*',
    takesNull: true,
    type: (args) => {
      const types = args.filter((type) => type !== undefined);
      const all = types.map(notNone).reduce(union, NOTHING);
      return types.every((type) => mayBe(type, Kinds.null)) ? orNone(all) : all;
    },
    call: (args) => args.find((value) => (value ?? null) !== null) ?? null,
  },
  re_match: withRegex('', { takes: 'pattern string', subject: 1, type: BOOLEAN }, (regex, [, text]) => regex.test(textArg(text))),
  re_extract: withRegex(
    '',
    { takes: 'pattern string group?', subject: 1, type: { kinds: Kinds.str | Kinds.null } },
    (regex, [, text, group]) => {
      const found = regex.exec(textArg(text));
      if (found === null) return null;
      const index = group === undefined ? Math.min(1, found.length - 1) : intArg(group);
      if (index < 0 || index >= found.length) throw fault('a group that the regular expression does not have');
      return found[index] ?? null;
    },
  ),
  re_sub: withRegex('g', { takes: 'pattern repl string', subject: 2, type: TEXT }, (regex, [, by, text]) => {
    const template = textArg(by);
    return limited(textArg(text).replaceAll(regex, (...found) => filled(template, found as string[])));
  }),
  parse_date: {
    takes: 'string format?',
    type: MOMENT,
    bind: ([, format], { problem }) => {
      const parse = format === undefined ? undefined : attempted(format, problem);
      return ([text, format]) =>
        format === undefined ? parseIso(textArg(text)) : (parse ?? timeParser(textArg(format)))(textArg(text));
    },
  },
  'json.dumps': {
    takes: 'obj indent? sort_keys? separators? ensure_ascii?',
    takesNull: true,
    type: TEXT,
    call: ([value, indent, sorted, separators, ascii]) => {
      const given = (separators ?? null) === null ? undefined : itemsOf(separators!).map((text) => textArg(text));
      const step =
        (indent ?? null) === null ? undefined : typeof indent === 'string' ? indent : ' '.repeat(Math.min(100, intArg(indent)));
      return limited(
        dump(value!, {
          ascii: boolArg(ascii, true),
          sorted: boolArg(sorted, false),
          indent: step,
          comma: given?.[0] ?? (step === undefined ? DUMP.comma : ','),
          colon: given?.[1] ?? DUMP.colon,
        }),
      );
    },
  },
  'json.loads': {
    takes: 's',
    type: ANY,
    call: ([text]) => {
      try {
        return parseExact(textArg(text));
      } catch (error) {
        throw error instanceof SyntaxError ? fault('a text that is no JSON') : error;
      }
    },
  },
  ...timeFunctions,
  // Without the module in front, as long as nothing else has the name.
  date: timeFunctions['datetime.date']!,
  datetime: timeFunctions['datetime.datetime']!,
  timedelta: timeFunctions['datetime.timedelta']!,
};

function nothing(message: string): never {
  throw fault(message);
}

/** `\1` and `\g<1>` stand for groups. */
function filled(template: string, found: readonly unknown[]): string {
  if (!template.includes('\\')) return template;
  return template.replaceAll(/\\(?:g<(\d+)>|(\d)|\\)/g, (whole, long?: string, short?: string) => {
    if (whole === '\\\\') return '\\';
    const group = found[Number(long ?? short)];
    return typeof group === 'string' ? group : '';
  });
}
