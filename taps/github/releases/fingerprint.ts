import { createHash } from 'node:crypto';
import { ExactNumber, isJsonObject, type JsonSchema, type Row } from '../../../singer/tap/index.ts';
import { HASH_BYTES } from '../state/packed.ts';

/** Of a record that was left out: what comes later is always another. */
export const NOT_SENT = '0'.repeat(2 * HASH_BYTES);

export interface Fingerprint {
  /** Stands for the fields that count: fingerprints of another basis say nothing. */
  readonly basis: string;
  /** The content of these fields, in hexadecimal. */
  of(row: Row): string;
}

type Writer = (value: unknown) => string;

/**
 * Compares records by their announced fields, in the schema's order: the order of an answer's members, and members that nobody
 * announced, say nothing. `ignored` and `counted` are paths such as `assets.download_count`, through lists.
 */
export function fingerprint(
  schema: JsonSchema,
  { ignored = [], counted }: { readonly ignored?: readonly string[]; readonly counted?: readonly string[] | undefined } = {},
): Fingerprint {
  const counts = (path: string): boolean =>
    !ignored.includes(path) && (counted === undefined || counted.some((one) => related(one, path)));
  const write = writer(schema, '', counts);
  return { basis: hashOf(JSON.stringify([schema, ignored, counted])), of: (row) => hashOf(write(row)) };
}

/** The short hash of a text, in hexadecimal. */
export function hashOf(text: string): string {
  return createHash('sha256')
    .update(text)
    .digest('hex')
    .slice(0, 2 * HASH_BYTES);
}

function related(one: string, path: string): boolean {
  return one === path || one.startsWith(`${path}.`) || path.startsWith(`${one}.`);
}

function writer(schema: JsonSchema, path: string, counts: (path: string) => boolean): Writer {
  const { properties, items } = schema;
  if (isSchema(items)) {
    const item = writer(items, path, counts);
    return (value) => (Array.isArray(value) ? `[${value.map(item).join(',')}]` : plain(value));
  }
  if (!isSchema(properties)) return plain;
  const members: (readonly [string, Writer])[] = [];
  for (const [name, property] of Object.entries(properties)) {
    const inner = path === '' ? name : `${path}.${name}`;
    if (counts(inner)) members.push([name, writer(isSchema(property) ? property : {}, inner, counts)]);
  }
  return (value) => {
    if (!isJsonObject(value)) return plain(value);
    let text = '{';
    for (const [name, write] of members) text += `${write(value[name])},`;
    return `${text}}`;
  };
}

/** A missing value is the same as null. */
function plain(value: unknown): string {
  if (value === undefined || value === null) return '~';
  if (typeof value === 'string') return `${value.length}:${value}`;
  if (typeof value !== 'object') return JSON.stringify(value);
  if (value instanceof ExactNumber) return value.text;
  if (Array.isArray(value)) return `[${value.map(plain).join(',')}]`;
  const names = Object.keys(value).toSorted();
  return `{${names.map((name) => `${name.length}:${name}=${plain((value as Row)[name])}`).join(',')}}`;
}

function isSchema(value: unknown): value is JsonSchema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
