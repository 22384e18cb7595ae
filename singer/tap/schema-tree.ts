import { isJsonObject, type JsonSchema } from '../json.ts';

/** The schemas that may hold below one place: by property name, and for the items of an array. */
export interface Children {
  readonly properties: ReadonlyMap<string, readonly JsonSchema[]>;
  readonly items: readonly JsonSchema[];
}

/** Keywords whose members describe the same value: properties inside them have the breadcrumb of that value. */
const BRANCHES = ['anyOf', 'oneOf', 'allOf'] as const;

/** Collects properties and items of a value that these schemas describe, branches included, in order of appearance. */
export function childrenOf(schemas: readonly JsonSchema[]): Children {
  const properties = new Map<string, JsonSchema[]>();
  const items: JsonSchema[] = [];
  const visit = (schema: JsonSchema): void => {
    if (isJsonObject(schema['properties'])) {
      for (const [name, child] of Object.entries(schema['properties'])) {
        const found = properties.get(name) ?? [];
        if (isJsonObject(child)) found.push(child);
        properties.set(name, found);
      }
    }
    for (const item of list(schema['items'])) if (isJsonObject(item)) items.push(item);
    for (const keyword of BRANCHES) for (const branch of list(schema[keyword])) if (isJsonObject(branch)) visit(branch);
  };
  for (const schema of schemas) visit(schema);
  return { properties, items };
}

/** The schemas of the properties of an object. */
export function propertiesOf(schema: JsonSchema): ReadonlyMap<string, JsonSchema> {
  const properties = schema['properties'];
  if (!isJsonObject(properties)) return new Map();
  return new Map(Object.entries(properties).map(([name, property]) => [name, isJsonObject(property) ? property : {}]));
}

/** What remains of a value: named members and, in arrays, what remains of each item. A member without a cut is whole. */
export interface Cut {
  readonly fields?: ReadonlyMap<string, Cut | undefined>;
  readonly items?: Cut;
}

/** The schema of a value after the cut: `properties`, `required`, items and branches lose what the value loses. */
export function cutSchema(schema: JsonSchema, cut: Cut | undefined): JsonSchema {
  if (cut === undefined) return schema;
  return Object.fromEntries(Object.entries(schema).map(([keyword, value]) => [keyword, cutKeyword(keyword, value, cut)]));
}

function cutKeyword(keyword: string, value: unknown, cut: Cut): unknown {
  const { fields } = cut;
  if (keyword === 'properties' && fields !== undefined && isJsonObject(value)) {
    const kept = Object.entries(value).filter(([name]) => fields.has(name));
    return Object.fromEntries(
      kept.map(([name, child]) => [name, isJsonObject(child) ? cutSchema(child, fields.get(name)) : child]),
    );
  }
  if (keyword === 'required' && fields !== undefined && Array.isArray(value)) {
    return value.filter((name: unknown) => typeof name === 'string' && fields.has(name));
  }
  if (keyword === 'items') return cutEach(value, cut.items);
  return BRANCHES.some((branch) => branch === keyword) ? cutEach(value, cut) : value;
}

function cutEach(value: unknown, cut: Cut | undefined): unknown {
  if (Array.isArray(value)) return value.map((one: unknown) => cutEach(one, cut));
  return isJsonObject(value) ? cutSchema(value, cut) : value;
}

/** The JSON types a schema allows, branches of anyOf and oneOf included; undefined when it allows any. */
export function typesOf(schema: JsonSchema): ReadonlySet<string> | undefined {
  const types = list(schema['type']).filter((type) => typeof type === 'string');
  if (types.length > 0) return new Set(types);
  const branches = [...list(schema['anyOf']), ...list(schema['oneOf'])].filter(isJsonObject).map(typesOf);
  if (branches.length === 0 || branches.includes(undefined)) return undefined;
  return new Set(branches.flatMap((branch) => [...(branch ?? [])]));
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : value === undefined ? [] : [value];
}
