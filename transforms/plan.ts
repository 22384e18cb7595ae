import { isJsonObject, type Json, type JsonSchema } from '../singer/index.ts';
import { simplify } from '../singer/mapper/index.ts';
import { propertiesOf, requiredOf } from './engine/shape.ts';
import { RecordFault } from './fault.ts';
import { ITEMS, type Place } from './path.ts';
import type { RecordView } from './record.ts';
import type { PreparedRule, Shape } from './rule.ts';
import { withItemsOf, withMembers } from './schemas.ts';

/** What becomes of the members of an object, and of the items of a list: new names, fewer of them. */
export interface Plan {
  readonly members: Map<string, Change>;
  /** Members that are not named go. */
  readonly only: boolean;
  items: Plan | undefined;
}

/** What becomes of one member. */
export interface Change {
  /** Its name afterwards; undefined: it goes. */
  name: string | undefined;
  /** What becomes of what is in it. */
  below: Plan | undefined;
}

export function emptyPlan(only: boolean): Plan {
  return { members: new Map(), only, items: undefined };
}

/**
 * Puts a change at the end of a place's path, which must be a member. In a plan that keeps only what is named, a wider place wins over
 * one within it.
 */
export function plan(root: Plan, { name, steps }: Pick<Place, 'name' | 'steps'>, to: string | undefined): void {
  let at = root;
  let change = changeOf(at, name);
  for (const step of steps) {
    // In such a plan this is here because all of it stays.
    if (root.only && !change.isNew && change.change.below === undefined) return;
    at = change.change.below ??= emptyPlan(root.only);
    if (step === ITEMS) {
      at = at.items ??= emptyPlan(root.only);
      change = { change: { name: '', below: at }, isNew: true };
    } else change = changeOf(at, step);
  }
  change.change.name = to;
  if (root.only) change.change.below = undefined;
}

function changeOf({ members }: Plan, name: string): { readonly change: Change; readonly isNew: boolean } {
  const known = members.get(name);
  if (known !== undefined) return { change: known, isNew: false };
  const change: Change = { name, below: undefined };
  members.set(name, change);
  return { change, isNew: true };
}

/** The schema afterwards. `collide` is told of two members (of the object at `path`) that would have one name. */
function planSchema(
  given: JsonSchema,
  { items, members, only }: Plan,
  collide: (path: string, name: string) => void,
  path = '',
): JsonSchema {
  const schema = simplify(given);
  const below = isJsonObject(schema['items']) ? schema['items'] : undefined;
  const withItems =
    items === undefined || below === undefined ? schema : withItemsOf(schema, planSchema(below, items, collide, `${path}[]`));
  if (members.size === 0 && !only) return withItems;
  const properties = Object.entries(propertiesOf({ schema })).flatMap(([name, inner]): [string, string, JsonSchema][] => {
    const change = members.get(name);
    if (change === undefined) return only ? [] : [[name, name, inner]];
    if (change.name === undefined) return [];
    const at = path === '' ? name : `${path}.${name}`;
    return [[name, change.name, change.below === undefined ? inner : planSchema(inner, change.below, collide, at)]];
  });
  if (!isJsonObject(schema['properties'])) return withItems;
  const names = new Set<string>();
  for (const [, name] of properties) {
    if (names.has(name)) collide(path, name);
    names.add(name);
  }
  const renamed = new Map(properties.map(([before, after]) => [before, after]));
  const required = requiredOf({ schema }).flatMap((name) => renamed.get(name) ?? []);
  const object = withMembers(schema, Object.fromEntries(properties.map(([, name, inner]) => [name, inner])), required);
  return withItems['items'] === undefined ? object : { ...object, items: withItems['items'] };
}

/** The shape afterwards: keys, bookmarks and what is known of privacy follow. */
export function planShape(shape: Shape, plan: Plan, collide: (path: string, name: string) => void): Shape {
  const after = (name: string): string[] => {
    const change = plan.members.get(name);
    if (change === undefined) return plan.only ? [] : [name];
    return change.name === undefined ? [] : [change.name];
  };
  return {
    stream: shape.stream,
    schema: planSchema(shape.schema, plan, collide),
    keys: shape.keys.flatMap(after),
    bookmarks: shape.bookmarks.flatMap(after),
    privacy: Object.fromEntries(
      Object.entries(shape.privacy).flatMap(([before, privacy]) => after(before).map((name) => [name, privacy])),
    ),
  };
}

/** Changes records by a plan. Throws RecordFault with this policy. */
export function planApply(plan: Plan, policy: RecordFault['policy']): PreparedRule['apply'] {
  const changes = [...plan.members];
  const nested = changes.flatMap(([name, { below }]) => (below === undefined ? [] : [{ name, below }]));
  const gone = changes.flatMap(([name, { name: to }]) => (to === undefined ? [name] : []));
  const renamed = changes.flatMap(([name, { name: to }]) => (to === undefined || to === name ? [] : [{ name, to }]));
  const froms = new Set([...renamed.map(({ name }) => name), ...gone]);
  const newNames = renamed.map(({ to }) => to).filter((name) => !froms.has(name));
  let view: RecordView | undefined;
  let moves: (readonly [number, number])[] = [];
  return (record) => {
    if (plan.only) record.filter((name) => plan.members.has(name));
    for (const name of gone) record.delete(name);
    for (const { name, below } of nested) {
      const before = record.get(name);
      if (before === undefined) continue;
      const after = planValue(before, below, { policy, path: name });
      if (after !== before) record.set(name, after);
    }
    if (renamed.length === 0) return true;
    // A field that the schema does not name may have the name already.
    for (const name of newNames) if (record.has(name)) throw nameTaken(name, policy);
    if (view !== record) {
      view = record;
      moves = renamed.map(({ name, to }) => [record.slot(name), record.slot(to)] as const);
    }
    record.rename(moves);
    return true;
  };
}

interface Where {
  readonly policy: RecordFault['policy'];
  readonly path: string;
}

function planValue(value: Json, { items, members, only }: Plan, where: Where): Json {
  if (value === null) return null;
  if (Array.isArray(value)) {
    if (items === undefined) throw wrongKind(where);
    const inner = { ...where, path: `${where.path}[]` };
    return (value as readonly Json[]).map((item) => planValue(item, items, inner));
  }
  if (!isJsonObject(value) || (members.size === 0 && !only)) throw wrongKind(where);
  const entries: [string, Json | undefined][] = [];
  const names = new Set<string>();
  for (const [name, member] of Object.entries(value)) {
    const change = members.get(name);
    if (change === undefined ? only : change.name === undefined) continue;
    const to = change?.name ?? name;
    const path = `${where.path}.${name}`;
    if (names.has(to)) throw nameTaken(`${where.path}.${to}`, where.policy);
    names.add(to);
    const below = change?.below;
    entries.push([to, below === undefined || member === undefined ? member : planValue(member, below, { ...where, path })]);
  }
  return Object.fromEntries(entries);
}

/** A value of another kind than the schema says stands where a path goes on: what is in it cannot be told. */
function wrongKind({ path, policy }: Where): RecordFault {
  return new RecordFault({ policy, rule: 'wrong-kind', field: path, message: 'a value stands where the schema has members' });
}

function nameTaken(field: string, policy: RecordFault['policy']): RecordFault {
  return new RecordFault({ policy, rule: 'name-taken', field, message: 'the record has a field of the new name already' });
}
