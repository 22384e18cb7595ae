import { ExactNumber, type Json } from '../../singer/index.ts';
import { floatText, numberText } from './numbers.ts';
import { textOf } from './show.ts';
import { Dict, entriesOf, fault, Float, isList, isObject, numericOf, Tuple, typeName, type Value, ValueSet } from './values.ts';
import { Day, Moment, Span } from './time-values.ts';

/** Longest text that an expression may make, in UTF-16 units. */
export const MAX_TEXT = 100_000;

/**
 * The value as JSON: what nobody touched is the same value; floats that are integers keep their `.0`; dates and times become ISO 8601.
 * Throws ValueFault for sets, NaN and infinite numbers, and keys that are no texts.
 */
export function toJson(value: Value): Json {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'number' || value instanceof ExactNumber) return value;
  if (typeof value === 'bigint') return new ExactNumber(String(value));
  if (value instanceof Float) return new ExactNumber(finiteText(value.value));
  if (isList(value)) return itemsToJson(value);
  if (value instanceof Tuple) return itemsToJson(value.items);
  if (value instanceof Dict) {
    return Object.fromEntries(value.entries().map(([key, member]) => [keyText(key), toJson(member)]));
  }
  if (isObject(value)) return value;
  if (value instanceof Day || value instanceof Moment || value instanceof Span) return value.toString();
  throw fault(`${typeName(value)} is no JSON value`);
}

function itemsToJson(items: readonly Value[]): readonly Json[] {
  let copy: Json[] | undefined;
  for (let i = 0; i < items.length; i++) {
    const json = toJson(items[i]!);
    if (json !== items[i] && copy === undefined) copy = items.slice(0, i) as Json[];
    copy?.push(json);
  }
  return copy ?? (items as readonly Json[]);
}

function finiteText(value: number): string {
  if (Number.isFinite(value)) return floatText(value);
  throw fault('an infinite number or NaN is no JSON value');
}

/** A key of a dict as the name of a member. */
function keyText(key: Value): string {
  if (typeof key === 'string') return key;
  if (key === null) return 'null';
  if (typeof key === 'boolean') return String(key);
  const number = numericOf(key);
  if (number !== undefined) return numberText(number);
  throw fault(`${typeName(key)} cannot be the name of a member`);
}

export interface DumpOptions {
  readonly ascii: boolean;
  readonly sorted: boolean;
  /** Text of one level; undefined: one line. */
  readonly indent: string | undefined;
  readonly comma: string;
  readonly colon: string;
}

/** `json.dumps` of Python, to the byte. Throws ValueFault for what it refuses. */
export function dump(value: Value, options: DumpOptions, level = ''): string {
  if (value === null) return 'null';
  if (typeof value === 'boolean') return String(value);
  if (typeof value === 'string') return dumpText(value, options.ascii);
  const number = numericOf(value);
  if (number !== undefined) return value instanceof ExactNumber ? textOf(value) : numberWord(numberText(number));
  if (isList(value))
    return dumpAll(
      '[]',
      value.map((item) => item),
      { options, level },
    );
  if (value instanceof Tuple) return dumpAll('[]', value.items, { options, level });
  const entries = entriesOf(value);
  if (entries === undefined || value instanceof ValueSet) throw fault(`${typeName(value)} is no JSON value`);
  const named = entries.map(([key, member]) => [keyText(key), member] as const);
  const ordered = options.sorted ? named.toSorted(([a], [b]) => (a < b ? -1 : 1)) : named;
  return dumpAll('{}', ordered, { options, level });
}

function dumpAll(
  brackets: '[]' | '{}',
  items: readonly Value[] | readonly (readonly [string, Value])[],
  { options, level }: { options: DumpOptions; level: string },
): string {
  if (items.length === 0) return brackets;
  const { ascii, colon, comma, indent } = options;
  const inner = indent === undefined ? '' : `\n${level}${indent}`;
  const deeper = `${level}${indent ?? ''}`;
  const texts =
    brackets === '[]'
      ? (items as readonly Value[]).map((item) => dump(item, options, deeper))
      : (items as readonly (readonly [string, Value])[]).map(
          ([name, member]) => `${dumpText(name, ascii)}${colon}${dump(member, options, deeper)}`,
        );
  const end = indent === undefined ? '' : `\n${level}`;
  return limited(`${brackets[0]}${inner}${texts.join(`${comma}${inner}`)}${end}${brackets[1]}`);
}

function numberWord(text: string): string {
  if (text === 'nan') return 'NaN';
  return text.replace('inf', 'Infinity');
}

function dumpText(text: string, ascii: boolean): string {
  const json = JSON.stringify(text);
  if (!ascii) return json;
  return json.replaceAll(/[\u007F-\uFFFF]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** The text, if it is not too long. Throws ValueFault. */
export function limited(text: string): string {
  if (text.length > MAX_TEXT) throw fault(`a text of more than ${MAX_TEXT} characters`);
  return text;
}
