import { RecordError } from '../errors.ts';
import type { FlattenOptions } from './flatten-settings.ts';
import { createFlatLines, type FlatLines } from './flat-lines.ts';
import { type Branch, freeName, planOf } from './flat-plan.ts';
import { isJsonObject, type Json, type JsonObject, type JsonSchema, type Row } from '../json.ts';
import type { StreamHeader } from './destination.ts';
import { columnsOf } from './schema.ts';

export interface Flattened {
  /** The stream as its destination sees it. */
  readonly header: StreamHeader;
  /**
   * The record with its nested members as columns. Fields that the schema does not name go along, nested ones under their joined
   * name. A nested object that is null makes all its columns null. Throws RecordError `record-not-flat`, with the property in the
   * facts, if something else stands where the schema has an object.
   */
  reshape(record: Row): Row;
  /** Its fast lane; undefined if its schema asks more than that can check. `validated`: whether records must be valid. */
  lines(validated: boolean): FlatLines | undefined;
}

/**
 * Flattens a stream; undefined if it has nothing to flatten. A key property stays whole, a key may be named by its flattened
 * name. Names are the joined source names; one that is too long, or that another property has too, ends in a hash of its source
 * names, so that it is the same in every run.
 */
export function flattenHeader(header: StreamHeader, options: FlattenOptions): Flattened | undefined {
  const root = planOf(header, options);
  const { leaves } = root;
  if (leaves.every(({ path }) => path.length === 1)) return undefined;
  const properties = Object.fromEntries(leaves.map((leaf) => [leaf.name, leaf.schema]));
  const required = leaves.filter((leaf) => leaf.isRequired).map((leaf) => leaf.name);
  const schema: JsonSchema = { type: 'object', properties, ...(required.length > 0 ? { required } : {}) };
  const names = new Set(Object.keys(properties));
  const byJoined = new Map(leaves.map(({ path, name }) => [path.join(options.separator), name]));
  return {
    header: {
      ...header,
      schema,
      columns: columnsOf(schema),
      keys: header.keys.map((key) => (names.has(key) ? key : (byJoined.get(key) ?? key))),
    },
    reshape(record) {
      const row: Row = {};
      spread(record, root, { row, names, options, stream: header.stream });
      return row;
    },
    lines: (validated) => createFlatLines(header, root, validated),
  };
}

/** What one record is spread with. */
interface Spreading {
  readonly row: Row;
  readonly names: ReadonlySet<string>;
  readonly options: FlattenOptions;
  readonly stream: string;
}

function spread(object: JsonObject, branch: Branch, to: Spreading): void {
  const { row } = to;
  // oxlint-disable-next-line guard-for-in -- parsed JSON inherits no enumerable members
  for (const name in object) {
    const value = object[name];
    const member = branch.members.get(name);
    if (member === undefined) put(row, unnamed([...branch.path, name], to), value);
    else if ('name' in member) put(row, member.name, value);
    else if (value === null) for (const leaf of member.leaves) put(row, leaf.name, null);
    else if (isJsonObject(value)) spread(value, member, to);
    else throw notFlat(member.path, to.stream);
  }
}

/** The name under which a field goes along that the schema does not have. */
function unnamed(path: readonly string[], { row, names, options }: Spreading): string {
  const isTaken = (name: string): boolean => names.has(name) || Object.hasOwn(row, name);
  const joined = path.join(options.separator);
  return isTaken(joined) ? freeName(path, options, isTaken) : joined;
}

function put(row: Row, name: string, value: Json | undefined): void {
  // An assignment to __proto__ would set the prototype instead of a member.
  if (name === '__proto__') Object.defineProperty(row, name, { value, enumerable: true, configurable: true, writable: true });
  else row[name] = value;
}

function notFlat(path: readonly string[], stream: string): RecordError {
  return new RecordError(
    `A record of ${stream} has something else at ${path.join('.')} than the object that its schema announces`,
    {
      code: 'record-not-flat',
      facts: { stream, property: path[0], path: `/${path.join('/')}` },
      hint: 'Mend the source or its schema, or switch flattening off for the stream.',
    },
  );
}
