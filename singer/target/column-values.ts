import type { Column } from '../columns.ts';
import { RecordError } from '../errors.ts';
import { parseExact, stringifyExact } from '../json-text.ts';
import { ExactNumber, isJsonObject, type Json, type Row } from '../json.ts';
import type { RowChanges } from './row-changes.ts';

/** What the encoders of destinations with typed columns share (general lane). */

/** Where a value stands. */
export interface ValuePlace<Reason extends string = string> {
  readonly stream: string;
  /** The property, the name of its column and how it was announced; our own columns were not. */
  readonly column: { readonly name: string; readonly target: string; readonly column?: Column };
  /** The column's type, as errors name it. */
  readonly type: string;
  /** Where it is told what became of the value. */
  readonly changes: RowChanges<Reason>;
}

/** Tells that a value is stored otherwise than it came. */
export function noteChange<Reason extends string>(place: ValuePlace<Reason>, reason: Reason, old: Json): void {
  const { name, target } = place.column;
  place.changes.add({ property: name, target, reason, old });
}

/** Throws RecordError: `what` says, without the value, why the column cannot hold it. */
export function refuseValue({ stream, column, type }: ValuePlace, what: string, code: string, hint?: string): never {
  throw new RecordError(`A value of ${stream}.${column.name} ${what}`, {
    code,
    facts: { stream, property: column.name, column: column.target, type },
    ...(hint === undefined ? {} : { hint }),
  });
}

/** Reads a property; one with the name of an inherited member only if it is the record's own. */
export function propertyReader(name: string): (record: Row) => Json | undefined {
  return name in Object.prototype
    ? (record) => (Object.hasOwn(record, name) ? record[name] : undefined)
    : (record) => record[name];
}

/** A number as text, exact. Minus zero keeps its sign. Throws RecordError for what is neither a number nor text. */
export function numberText(value: NonNullable<Json>, place: ValuePlace): string {
  if (typeof value === 'number') return Object.is(value, -0) ? '-0' : String(value);
  if (value instanceof ExactNumber) return value.text;
  return typeof value === 'string' ? value : refuseValue(place, 'is no number', 'value-wrong-type');
}

/** The value for a column of JSON: what a string announced as JSON text says, any other value itself. */
export function jsonValue(value: NonNullable<Json>, { column }: ValuePlace): Json {
  const isText = typeof value === 'string' && column.column?.schema['contentMediaType'] === 'application/json';
  if (!isText) return value;
  try {
    return parseExact(value);
  } catch {
    // Not an accident: text that is no JSON is kept as a JSON string.
    return value;
  }
}

/** The JSON text of a value with each of its texts, names of members too, as `clean` gives it. */
export function cleanJsonText(value: Json, clean: (text: string) => string): string {
  return stringifyExact(cleanDeep(value, clean));
}

function cleanDeep(value: Json, clean: (text: string) => string): Json {
  if (typeof value === 'string') return clean(value);
  if (Array.isArray(value)) return value.map((item: Json) => cleanDeep(item, clean));
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [clean(name), cleanDeep(member ?? null, clean)]));
}

const BASE16 = /^(?:[\da-f]{2})*$/i;
const BASE64 = /^[\w+/-]*={0,2}$/;

/** The bytes that a text of a property with `contentEncoding` says; undefined for one that is not encoded so. */
export function decodedBytes(text: string, encoding: Column['encoding']): Buffer | undefined {
  if (encoding === 'base16') return BASE16.test(text) ? Buffer.from(text, 'hex') : undefined;
  // Line breaks are usual in base64 (MIME).
  const packed = text.replaceAll(/\s/g, '');
  const digits = packed.replace(/=+$/, '').length;
  return BASE64.test(packed) && digits % 4 !== 1 ? Buffer.from(packed, 'base64') : undefined;
}
