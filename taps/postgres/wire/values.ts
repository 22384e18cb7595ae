import { ExactNumber, type Json, parseExact } from '../../../singer/tap/index.ts';
import type { Wire } from '../model.ts';
import type { Changes } from './changes.ts';
import { arrayOf, fieldsOf, type Inner, multirangeOf, type Nested, pairsOf, type RangeText, rangeOf } from './literals.ts';
import { timeReader } from './times.ts';

/** Makes the value of a text that Postgres wrote, as the general lane sends it. Throws RecordError. */
export type ReadValue = (text: string) => Json;

type Kind = Wire['kind'];
type Made = { readonly [K in Kind]: (wire: Extract<Wire, { kind: K }>, column: string, changes: Changes) => ReadValue };

/** How the values of a column are made. `column` is for messages and counts. */
export function valueReader(wire: Wire, column: string, changes: Changes): ReadValue {
  const read = readerOf(wire, column, changes);
  return (text) => {
    try {
      return read(text);
    } catch (error) {
      // The message would quote the text.
      if (error instanceof SyntaxError) throw changes.unreadable(column, wire.kind);
      throw error;
    }
  };
}

function readerOf<K extends Kind>(wire: Extract<Wire, { kind: K }>, column: string, changes: Changes): ReadValue {
  return READERS[wire.kind](wire, column, changes);
}

const READERS: Made = {
  number: numbers,
  boolean: (_, column, changes) => (text) => {
    if (text === 't' || text === '1') return true;
    if (text === 'f' || text === '0') return false;
    throw changes.unreadable(column, 'boolean');
  },
  text: () => (text) => text,
  json: () => parseExact,
  date: ({ kind, outOfRange }, column, changes) => timeReader(kind, outOfRange, column, changes),
  timestamp: ({ kind, outOfRange }, column, changes) => timeReader(kind, outOfRange, column, changes),
  timestamptz: ({ kind, outOfRange }, column, changes) => timeReader(kind, outOfRange, column, changes),
  bytea:
    ({ form }, column, changes) =>
    (text) => {
      if (!text.startsWith(String.raw`\x`)) throw changes.unreadable(column, 'bytea');
      return form === 'hex' ? text.slice(2) : Buffer.from(text.slice(2), 'hex').toString('base64');
    },
  trimmed: () => (text) => withoutBlanks(text),
  hstore: () => (text) => objectOf(pairsOf(text)),
  array: ({ of, delimiter }, column, changes) => {
    const read = orNull(readerOf(of, column, changes));
    const value = (nested: Nested): Json => (isList(nested) ? nested.map(value) : read(nested));
    return (text) => value(arrayOf(text, delimiter));
  },
  composite: ({ fields }, column, changes) => {
    const readers = fields.map(({ name, wire }) => ({ name, read: orNull(readerOf(wire, column, changes)) }));
    return (text) => {
      const texts = fieldsOf(text, fields.length);
      return objectOf(readers.map(({ name, read }, i) => [name, read(texts[i]!)] as const));
    };
  },
  range: ({ of }, column, changes) => {
    const value = ranges(readerOf(of, column, changes));
    return (text) => value(rangeOf(text));
  },
  multirange: ({ of }, column, changes) => {
    const value = ranges(readerOf(of, column, changes));
    return (text) => multirangeOf(text).map(value);
  },
};

/** NaN and the infinities as Postgres writes them. */
const SPECIAL = /^(?:NaN|-?Infinity)$/;
const NUMBER = /^-?\d+(?:\.\d+)?(?:e[+-]?\d+)?$/;

function numbers({ special, as }: Extract<Wire, { kind: 'number' }>, column: string, changes: Changes): ReadValue {
  return (text) => {
    if (NUMBER.test(text)) return as === 'string' ? text : exact(text);
    if (!SPECIAL.test(text)) throw changes.unreadable(column, 'number');
    if (special === 'fail') throw changes.refusal(column, 'NaN or infinite, which is no number in JSON', 'special_numbers');
    if (special === 'string') return text;
    changes.add(column, 'null');
    return null;
  };
}

function exact(text: string): number | ExactNumber {
  const number = Number(text);
  return String(number) === text ? number : new ExactNumber(text);
}

function withoutBlanks(text: string): string {
  let end = text.length;
  while (end > 0 && text[end - 1] === ' ') end--;
  return text.slice(0, end);
}

function ranges(read: ReadValue): (range: RangeText) => Json {
  const bound = orNull(read);
  return ({ lower, upper, lowerInc, upperInc, empty }) => ({
    lower: bound(lower),
    upper: bound(upper),
    lower_inc: lowerInc,
    upper_inc: upperInc,
    empty,
  });
}

function orNull(read: ReadValue): (text: Inner) => Json {
  return (text) => (text === null ? null : read(text));
}

/** Members may have any name, `__proto__` too. */
function objectOf(members: Iterable<readonly [string, Json]>): Json {
  const object = Object.create(null) as Record<string, Json>;
  for (const [name, value] of members) object[name] = value;
  return object;
}

function isList(nested: Nested): nested is readonly Nested[] {
  return Array.isArray(nested);
}
