import { isDeepStrictEqual } from 'node:util';
import { parseExact, stringifyExact } from '../json-text.ts';
import { ExactNumber, isJsonObject, type Json, type JsonSchema } from '../json.ts';
import { typesOf } from './schema-tree.ts';

/** Turns a value into one of an announced type; undefined when it cannot be done without changing its meaning. */
export type Coerce = (value: Json) => Json | undefined;

const FORMATTED = new Set(['date', 'time', 'date-time', 'duration', 'uuid']);

/**
 * What a catalog's override of a property asks of its values: undefined when the source's own values fit as they are.
 * Text becomes a number, a boolean or parsed JSON, anything else becomes text; the empty text becomes null where null is
 * allowed and the announced type or format has no empty text.
 */
export function coercion(source: JsonSchema, announced: JsonSchema): Coerce | undefined {
  if (isDeepStrictEqual(source, announced)) return undefined;
  const to = typesOf(announced);
  if (to === undefined) return undefined;
  const from = typesOf(source);
  const formatted = formatOf(announced) !== undefined && formatOf(source) !== formatOf(announced);
  const fits = from !== undefined && [...from].every((type) => to.has(type) || (type === 'integer' && to.has('number')));
  if (fits && !formatted) return undefined;
  const wanted = TARGETS.filter(([type]) => to.has(type));
  return (value) => {
    if (value === null) return to.has('null') ? null : undefined;
    if (value === '' && to.has('null') && (formatted || !to.has('string'))) return null;
    if (to.has(typeOf(value)) || (typeOf(value) === 'integer' && to.has('number'))) return value;
    for (const [, convert] of wanted) {
      const converted = convert(value);
      if (converted !== undefined) return converted;
    }
    return undefined;
  };
}

function formatOf(schema: JsonSchema): string | undefined {
  const format = schema['format'];
  return typeof format === 'string' && FORMATTED.has(format) ? format : undefined;
}

/** How to reach a type, in order of preference. */
const TARGETS: readonly (readonly [string, Coerce])[] = [
  ['integer', (value) => toNumber(value, INTEGER)],
  ['number', (value) => toNumber(value, NUMBER)],
  ['boolean', toBoolean],
  ['object', (value) => parsed(value, isJsonObject)],
  ['array', (value) => parsed(value, Array.isArray)],
  ['string', toText],
];

// No part can match what its neighbour matches, so that a long text takes no more than linear time.
const INTEGER = /^\s*([+-]?)(\d+)(?:\.0*)?\s*$/;
const NUMBER = /^\s*([+-]?)(\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)\s*$/;
const LEADING_ZEROS = /^0+(?=\d)/;

function toNumber(value: Json, form: RegExp): Json | undefined {
  if (typeof value !== 'string') return undefined;
  const [, sign, digits] = form.exec(value) ?? [];
  if (digits === undefined) return undefined;
  const text = (sign === '-' ? '-' : '') + digits.replace(LEADING_ZEROS, '');
  const number = Number(text);
  return String(number) === text ? number : new ExactNumber(text);
}

const BOOLEANS = new Map([
  ...['true', 't', 'yes', 'y', '1'].map((text) => [text, true] as const),
  ...['false', 'f', 'no', 'n', '0'].map((text) => [text, false] as const),
]);

function toBoolean(value: Json): boolean | undefined {
  return typeof value === 'string' ? BOOLEANS.get(value.trim().toLowerCase()) : undefined;
}

function parsed(value: Json, wanted: (value: unknown) => boolean): Json | undefined {
  if (typeof value !== 'string') return undefined;
  try {
    const found = parseExact(value);
    return wanted(found) ? found : undefined;
  } catch {
    // Not JSON: the caller reports it with the property's name.
    return undefined;
  }
}

function toText(value: Json): string {
  return typeof value === 'string' ? value : stringifyExact(value);
}

function typeOf(value: Json): string {
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number';
  if (value instanceof ExactNumber) return /^-?\d+$/.test(value.text) ? 'integer' : 'number';
  return Array.isArray(value) ? 'array' : typeof value;
}
