import type { Coerce } from './coerce.ts';
import { RecordError } from '../errors.ts';
import { ExactNumber, type Json, type Row } from '../json.ts';
import type { Log } from '../log.ts';
import type { Cut } from './schema-tree.ts';

/** One top-level property of the records to be written. */
export interface RowColumn {
  readonly name: string;
  /** What remains of the value; undefined = all of it. */
  readonly cut: Cut | undefined;
  readonly coerce: Coerce | undefined;
}

export interface RowWriter {
  readonly stream: string;
  /** In the order in which they are written. */
  readonly columns: readonly RowColumn[];
  readonly keys: readonly string[];
  /** Properties of the source that are left out on purpose. */
  readonly deselected: ReadonlySet<string>;
  readonly log: Log;
}

/**
 * Compiles the function that writes a row as JSON text on one line: selected properties only, in column order, numbers exact,
 * strings as valid UTF-8. NaN and infinities become null and are told once per property; properties that no schema
 * announced are left out and told once. The function throws RecordError for a missing key and for a value that is not JSON.
 */
export function rowEncoder(o: RowWriter): (row: Row) => string {
  const columns = o.columns.map(({ name, cut, coerce }) => ({
    name,
    cut,
    coerce,
    label: `${JSON.stringify(name)}:`,
    // `row['constructor']` finds what every object inherits.
    inherited: name in Object.prototype,
    place: { stream: o.stream, property: name, log: o.log },
  }));
  const known = new Set(columns.map((column) => column.name));
  const keys = new Set(o.keys);
  return (row) => {
    let text = '';
    let present = 0;
    for (const column of columns) {
      const value = column.inherited && !Object.hasOwn(row, column.name) ? undefined : row[column.name];
      if (value === undefined) {
        if (keys.has(column.name)) throw missingKey(o.stream, column.name);
        continue;
      }
      const sent = column.coerce === undefined ? value : coerced(column.coerce, value, column.place);
      text += (present++ === 0 ? '' : ',') + column.label + encode(sent, column.cut, column.place);
    }
    if (Object.keys(row).length !== present) tellUndeclared(o, known, row);
    return `{${text}}`;
  };
}

/** Where a value stands, for messages. */
interface Place {
  readonly stream: string;
  readonly property: string;
  readonly log: Log;
}

function encode(value: unknown, cut: Cut | undefined, place: Place): string {
  switch (typeof value) {
    case 'string':
      return quote(value);
    case 'number':
      return number(value, place);
    case 'boolean':
      return value ? 'true' : 'false';
    case 'bigint':
      return value.toString();
    case 'object':
      return value === null ? 'null' : composite(value, cut, place);
    default:
      throw notJson(typeof value, place);
  }
}

// Anything but what stands in JSON as it is: control characters, the quote, the backslash, and surrogates, which JSON.stringify
// escapes where they stand alone.
const SPECIAL = /[^ !#-[\]-\ud7ff\ue000-\uffff]/;

function quote(text: string): string {
  return text.length < 64 && !SPECIAL.test(text) ? `"${text}"` : JSON.stringify(text);
}

function number(value: number, place: Place): string {
  if (Number.isFinite(value)) return Object.is(value, -0) ? '-0' : String(value);
  place.log.warnOnce(
    `not-finite:${place.stream}:${place.property}`,
    'NaN or infinity was sent as null: JSON has no such numbers',
    {
      stream: place.stream,
      property: place.property,
    },
  );
  return 'null';
}

function composite(value: object, cut: Cut | undefined, place: Place): string {
  if (value instanceof ExactNumber) return value.text;
  if (Array.isArray(value)) {
    return `[${value.map((item: unknown) => (item === undefined ? 'null' : encode(item, cut?.items, place))).join(',')}]`;
  }
  if (value instanceof Date) return time(value, place);
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== null && prototype !== Object.prototype) throw notJson(value.constructor.name, place);
  return object(value as Readonly<Record<string, unknown>>, cut, place);
}

function object(value: Readonly<Record<string, unknown>>, cut: Cut | undefined, place: Place): string {
  const fields = cut?.fields;
  let text = '';
  for (const name of Object.keys(value)) {
    const member = value[name];
    if (member === undefined || (fields !== undefined && !fields.has(name))) continue;
    text += `${text === '' ? '' : ','}${quote(name)}:${encode(member, fields?.get(name), place)}`;
  }
  return `{${text}}`;
}

function time(value: Date, place: Place): string {
  const year = value.getUTCFullYear();
  if (year >= 0 && year <= 9999) return `"${value.toISOString()}"`;
  place.log.warnOnce(`date-range:${place.stream}:${place.property}`, 'A time outside of the years 0 to 9999 was sent as null', {
    stream: place.stream,
    property: place.property,
  });
  return 'null';
}

function coerced(coerce: Coerce, value: Json, { stream, property }: Place): Json {
  const sent = coerce(value);
  if (sent !== undefined) return sent;
  throw new RecordError(
    `A value of ${JSON.stringify(property)} in stream ${JSON.stringify(stream)} does not fit the type that the catalog gives it`,
    {
      code: 'coercion',
      facts: { stream, property },
      hint: "Change the property's schema in the catalog, for example to a string.",
    },
  );
}

function missingKey(stream: string, key: string): RecordError {
  return new RecordError(`A record of stream ${JSON.stringify(stream)} has no ${JSON.stringify(key)}, which is a key property`, {
    code: 'key-missing',
    facts: { stream, key },
    hint: 'Choose other keys, or repair the source.',
  });
}

function notJson(kind: string, { stream, property }: Place): RecordError {
  return new RecordError(
    `A value of ${JSON.stringify(property)} in stream ${JSON.stringify(stream)} is a ${kind}, which JSON cannot hold`,
    {
      code: 'not-json',
      facts: { stream, property, kind },
      hint: 'The tap must turn it into text, a number, a list or an object.',
    },
  );
}

function tellUndeclared(o: RowWriter, known: ReadonlySet<string>, row: Row): void {
  for (const [name, value] of Object.entries(row)) {
    if (value === undefined || known.has(name) || o.deselected.has(name)) continue;
    o.log.warnOnce(`undeclared:${o.stream}:${name}`, 'A property that the schema does not announce is left out', {
      stream: o.stream,
      property: name,
    });
  }
}
