import type { FlattenOptions } from './flatten-settings.ts';
import { isJsonObject } from '../json.ts';
import { hashedName } from './names.ts';
import type { StreamHeader } from './destination.ts';
import { columnOf } from './schema.ts';
import { membersOf, orNull } from './simple-schema.ts';

/** A property that becomes a column. */
export interface Leaf {
  readonly path: readonly string[];
  name: string;
  readonly schema: unknown;
  readonly isRequired: boolean;
}

/** An object whose members become columns, or the record itself. */
export interface Branch {
  readonly path: readonly string[];
  readonly members: Map<string, Leaf | Branch>;
  /** All columns below it. */
  readonly leaves: Leaf[];
}

/** What becomes of each property of a stream. */
export function planOf({ schema, keys }: StreamHeader, options: FlattenOptions): Branch {
  // At the root all properties stand in one place already, whichever branch has named them.
  const { properties, required } = membersOf({ properties: schema['properties'], required: schema['required'] });
  const root: Branch = { path: [], members: new Map(), leaves: [] };
  const whole = new Set(keys);
  for (const [name, property] of properties) {
    grow(root, name, property, {
      required: required.has(name),
      nullable: false,
      maxDepth: whole.has(name) ? 0 : options.maxDepth,
    });
  }
  nameAll(root.leaves, options);
  return root;
}

interface Growth {
  /** True if the property is in every valid record. */
  readonly required: boolean;
  /** True if an object above it may be null or absent. */
  readonly nullable: boolean;
  readonly maxDepth: number;
}

function grow(above: Branch, name: string, property: unknown, { required, nullable, maxDepth }: Growth): void {
  const path = [...above.path, name];
  const members = path.length <= maxDepth ? flatMembers(property) : undefined;
  if (members === undefined) {
    const leaf = { path, name, schema: nullable ? orNull(property) : property, isRequired: required };
    above.members.set(name, leaf);
    above.leaves.push(leaf);
    return;
  }
  const branch: Branch = { path, members: new Map(), leaves: [] };
  above.members.set(name, branch);
  const isSure = required && !nullable && !members.nullable;
  for (const [member, schema] of members.properties) {
    grow(branch, member, schema, { required: isSure && members.required.has(member), nullable: !isSure, maxDepth });
  }
  above.leaves.push(...branch.leaves);
}

/** The members of a property that is nothing but an object with named ones (or null); undefined for any other. */
function flatMembers(property: unknown) {
  if (!isJsonObject(property)) return undefined;
  const { schema, type, nullable } = columnOf('', property);
  if (type !== 'object') return undefined;
  const { properties, required } = membersOf(schema);
  return properties.size === 0 ? undefined : { properties, required, nullable };
}

/** Joins the names. Names of the top level stay; of the others all that clash give way. */
function nameAll(leaves: readonly Leaf[], { separator, maxNameBytes }: FlattenOptions): void {
  const nested = leaves.filter(({ path }) => path.length > 1);
  const joined = new Map(nested.map((leaf) => [leaf, leaf.path.join(separator)]));
  const counts = new Map<string, number>();
  for (const leaf of leaves) {
    const name = joined.get(leaf) ?? leaf.name;
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  const clashing = nested.filter((leaf) => {
    const name = joined.get(leaf)!;
    const fits = Buffer.byteLength(name) <= maxNameBytes && counts.get(name) === 1;
    if (fits) leaf.name = name;
    return !fits;
  });
  const taken = new Set(counts.keys());
  for (const leaf of clashing.toSorted((a, b) => (keyOf(a.path) < keyOf(b.path) ? -1 : 1))) {
    leaf.name = freeName(leaf.path, { separator, maxNameBytes }, (name) => taken.has(name));
    taken.add(leaf.name);
  }
}

/** The joined name with a hash of the path behind it; of another round in the rare case that this is taken as well. */
export function freeName(
  path: readonly string[],
  { separator, maxNameBytes }: Omit<FlattenOptions, 'maxDepth'>,
  isTaken: (name: string) => boolean,
): string {
  for (let round = 0; ; round++) {
    const hashed = round === 0 ? keyOf(path) : `${keyOf(path)}\0${round}`;
    const name = hashedName(path.join(separator), { casing: 'keep', maxBytes: maxNameBytes }, hashed);
    if (!isTaken(name)) return name;
  }
}

function keyOf(path: readonly string[]): string {
  return JSON.stringify(path);
}
