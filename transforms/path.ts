import { isJsonObject, type Json, type JsonObject, type JsonSchema } from '../singer/index.ts';
import { simplify } from '../singer/mapper/index.ts';
import { propertiesOf, requiredOf } from './engine/shape.ts';
import type { Shape } from './rule.ts';
import { withItemsOf, withMembers } from './schemas.ts';

/** One step of a path below a top-level property: a member's name, or all items of a list. */
export type PathStep = string | typeof ITEMS;
export const ITEMS = Symbol('items');

/** A place in the records of a stream. */
export interface Place {
  /** As the schema spells it: `address.zip`, `tags[]`. */
  readonly text: string;
  /** The top-level property. */
  readonly name: string;
  readonly steps: readonly PathStep[];
  readonly schema: JsonSchema;
}

/** Splits a field key of the config: several names and patterns, separated by commas. */
export function splitPatterns(key: string): string[] {
  return key
    .split(',')
    .map((pattern) => pattern.trim())
    .filter((pattern) => pattern !== '');
}

/**
 * The places that a pattern means in a shape: an exact property name first, then a path (`address.zip`, `items[].sku`), `*` for any part
 * of a name within one level. Empty if the schema has none; as long as no schema is known, the pattern counts as the name of a property.
 */
export function placesOf(pattern: string, shape: Shape): Place[] {
  const properties = propertiesOf(shape);
  if (Object.hasOwn(properties, pattern)) {
    return [{ text: pattern, name: pattern, steps: [], schema: simplify(properties[pattern]!) }];
  }
  if (shape.isOpen) return [{ text: pattern, name: pattern, steps: [], schema: {} }];
  const parts = partsOf(pattern);
  const places: Place[] = [];
  for (const [name, schema] of Object.entries(properties)) {
    if (!matches(parts[0], name)) continue;
    for (const place of below(parts.slice(1), { text: name, name, steps: [], schema: simplify(schema) })) places.push(place);
  }
  return places;
}

/** All places that a shape names, nested ones too: for the nearest name to a mistyped one. */
export function allPlaces(shape: Shape): string[] {
  const places: string[] = [];
  const walk = (text: string, schema: JsonSchema, depth: number): void => {
    places.push(text);
    if (depth > 8) return;
    for (const [name, inner] of Object.entries(membersOf(schema))) walk(`${text}.${name}`, inner, depth + 1);
    const items = itemsOf(schema);
    if (items !== undefined) walk(`${text}[]`, items, depth + 1);
  };
  for (const [name, schema] of Object.entries(propertiesOf(shape))) walk(name, simplify(schema), 0);
  return places;
}

export function partsOf(pattern: string): PathStep[] {
  return pattern.split('.').flatMap((part) => {
    const lists = /(?:\[\])+$/.exec(part)?.[0] ?? '';
    const name = part.slice(0, part.length - lists.length);
    return [...(name === '' ? [] : [name]), ...Array.from({ length: lists.length / 2 }, (): PathStep => ITEMS)];
  });
}

function below(parts: readonly PathStep[], at: Place): Place[] {
  const [part, ...rest] = parts;
  if (part === undefined) return [at];
  if (part === ITEMS) {
    const items = itemsOf(at.schema);
    return items === undefined ? [] : below(rest, { ...at, text: `${at.text}[]`, steps: [...at.steps, ITEMS], schema: items });
  }
  return Object.entries(membersOf(at.schema))
    .filter(([name]) => matches(part, name))
    .flatMap(([name, schema]) => below(rest, { ...at, text: `${at.text}.${name}`, steps: [...at.steps, name], schema }));
}

export function membersOf(schema: JsonSchema): Record<string, JsonSchema> {
  const properties = schema['properties'];
  if (!isJsonObject(properties)) return {};
  return Object.fromEntries(
    Object.entries(properties).map(([name, inner]) => [name, simplify(isJsonObject(inner) ? inner : {})]),
  );
}

export function itemsOf(schema: JsonSchema): JsonSchema | undefined {
  const { items } = schema;
  return isJsonObject(items) ? simplify(items) : undefined;
}

export function matches(part: PathStep | undefined, name: string): boolean {
  if (typeof part !== 'string') return false;
  return part === name || (part.includes('*') && globOf(part).test(name));
}

/** A pattern with `*` as a regular expression. */
export function globOf(pattern: string): RegExp {
  return new RegExp(
    `^${pattern
      .split('*')
      .map((text) => text.replaceAll(/[\\^$.|?+()[\]{}]/g, '\\$&'))
      .join('.*')}$`,
    's',
  );
}

/** Replaces the schema at the end of a path. */
export function withSchemaAt(
  schema: JsonSchema,
  steps: readonly PathStep[],
  change: (schema: JsonSchema) => JsonSchema,
): JsonSchema {
  const [step, ...rest] = steps;
  if (step === undefined) return change(simplify(schema));
  const simple = simplify(schema);
  if (step === ITEMS) return withItemsOf(simple, withSchemaAt((simple['items'] ?? {}) as JsonSchema, rest, change));
  const inner = withSchemaAt(propertiesOf({ schema: simple })[step]!, rest, change);
  const properties = Object.entries(propertiesOf({ schema: simple }));
  const changed = Object.fromEntries(properties.map(([name, old]) => [name, name === step ? inner : old]));
  return withMembers(simple, changed, requiredOf({ schema: simple }));
}

/**
 * The value with `change` applied at the end of the path, wherever that leads to. What is not touched is the same value; an object or list
 * on the way is copied. A part of the path that is absent, null or of another kind is left as it is: `elsewhere` is told.
 */
export function withValueAt(
  value: Json | undefined,
  steps: readonly PathStep[],
  change: (value: Json | undefined) => Json | undefined,
  elsewhere: (value: Json) => Json,
): Json | undefined {
  const [step, ...rest] = steps;
  if (step === undefined) return change(value);
  if (value === undefined || value === null) return value;
  if (step === ITEMS) {
    if (!Array.isArray(value)) return elsewhere(value);
    return (value as readonly Json[]).map((item) => withValueAt(item, rest, change, elsewhere) ?? null);
  }
  if (!isJsonObject(value)) return elsewhere(value);
  const before = Object.hasOwn(value, step) ? value[step] : undefined;
  const after = withValueAt(before, rest, change, elsewhere);
  if (after === before) return value;
  return withMember(value, step, after);
}

/** A copy with one member set, or without it. A member called `__proto__` is a member. */
export function withMember(object: JsonObject, name: string, value: Json | undefined): JsonObject {
  const entries = Object.entries(object);
  if (value === undefined) return Object.fromEntries(entries.filter(([key]) => key !== name));
  if (!Object.hasOwn(object, name)) return Object.fromEntries([...entries, [name, value]]);
  return Object.fromEntries(entries.map(([key, old]) => [key, key === name ? value : old]));
}
