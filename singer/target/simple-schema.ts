import { isDeepStrictEqual } from 'node:util';
import { isJsonObject, type JsonSchema } from '../json.ts';

/** Keywords that say nothing about validity. */
export const ANNOTATIONS: ReadonlySet<string> = new Set([
  'title', 'description', 'default', 'examples', 'example', '$comment', 'readOnly', 'writeOnly', 'deprecated', 'selected', 'inclusion',
]); // prettier-ignore

/** Keywords that judge null too, or that do not say by themselves what they judge: a type list cannot be widened beside them. */
const JUDGES_NULL: ReadonlySet<string> = new Set([
  'enum', 'const', 'not', 'if', 'then', 'else', 'allOf', 'anyOf', 'oneOf', '$ref', 'nullable',
]); // prettier-ignore

/** Keywords whose meaning hangs on others of the same schema object, so that they cannot move to another. */
const ENTANGLED: ReadonlySet<string> = new Set([
  'if', 'then', 'else', 'nullable', '$ref', 'items', 'prefixItems', 'additionalItems', 'unevaluatedItems', 'contains', 'minContains', 'maxContains',
  'additionalProperties', 'patternProperties', 'unevaluatedProperties',
]); // prettier-ignore

/**
 * The same schema in fewer words where that is sure to mean the same: `allOf` merged into its surroundings, `anyOf` with null and
 * `nullable: true` written as a type list. Looks at the value itself, not at what is below it. Pure.
 */
export function simplify(schema: JsonSchema): JsonSchema {
  const { nullable, ...rest } = schema;
  if (nullable === true) {
    const simple = simplify(rest);
    const widened = withNull(simple);
    return widened ?? { ...simple, nullable };
  }
  return optional(merged(nullable === undefined ? schema : rest));
}

/** The schema, and null allowed too. */
export function orNull(schema: unknown): unknown {
  if (schema === true) return true;
  if (!isJsonObject(schema)) return { type: 'null' };
  return withNull(schema) ?? { anyOf: [schema, { type: 'null' }] };
}

/** With null in its type list; undefined if that would not be the same as "this, or null". */
function withNull(schema: JsonSchema): JsonSchema | undefined {
  const { type } = schema;
  if (type === undefined || Object.keys(schema).some((keyword) => JUDGES_NULL.has(keyword))) return undefined;
  const types = typeList(type);
  return types.includes('null') ? schema : { ...schema, type: [...types, 'null'] };
}

/** `anyOf` or `oneOf` of one schema, or of one and null, as that schema; anything else as it is. */
function optional(schema: JsonSchema): JsonSchema {
  for (const keyword of ['anyOf', 'oneOf'] as const) {
    const branches = schema[keyword];
    if (!Array.isArray(branches)) continue;
    const { [keyword]: _, ...around } = schema;
    const others = branches.filter((branch) => !isNull(branch));
    const [only] = others;
    if (others.length !== 1 || !isJsonObject(only)) continue;
    const simple = simplify(only);
    if (others.length === branches.length) {
      const both = mergeInto(around, simple);
      if (both !== undefined) return optional(both);
    } else if (Object.keys(around).every(isAnnotation) && !(keyword === 'oneOf' && typeList(simple['type']).includes('null'))) {
      const widened = withNull(simple);
      if (widened !== undefined) return { ...widened, ...around };
    }
  }
  return schema;
}

/** With the branches of `allOf` merged into it that can be. */
function merged(schema: JsonSchema): JsonSchema {
  if (!Array.isArray(schema['allOf'])) return schema;
  const { allOf, ...rest } = schema;
  let around: JsonSchema = rest;
  const left: unknown[] = [];
  for (const branch of allOf as readonly unknown[]) {
    const both = isJsonObject(branch) ? mergeInto(around, simplify(branch)) : branch === true ? around : undefined;
    if (both === undefined) left.push(branch);
    else around = both;
  }
  return left.length === 0 ? around : { ...around, allOf: left };
}

/** One schema that says what both say; undefined if no single one surely does. */
function mergeInto(around: JsonSchema, branch: JsonSchema): JsonSchema | undefined {
  const isBare = Object.keys(around).every(isAnnotation);
  const keywords = Object.keys(branch);
  if (!isBare && [...keywords, ...Object.keys(around)].some((keyword) => ENTANGLED.has(keyword))) return undefined;
  const out: Record<string, unknown> = { ...around };
  for (const keyword of keywords) {
    const both = Object.hasOwn(around, keyword) ? mergeKeyword(keyword, around[keyword], branch[keyword]) : branch[keyword];
    if (both === undefined) return undefined;
    out[keyword] = both;
  }
  return out;
}

function mergeKeyword(keyword: string, a: unknown, b: unknown): unknown {
  if (isAnnotation(keyword) || isDeepStrictEqual(a, b)) return a;
  if (keyword === 'type') return commonTypes(typeList(a), typeList(b));
  if (keyword === 'required' && Array.isArray(a) && Array.isArray(b)) return [...new Set<unknown>([...a, ...b])];
  if (keyword !== 'properties' || !isJsonObject(a) || !isJsonObject(b)) return undefined;
  return Object.fromEntries(mergeProperties([Object.entries(a), Object.entries(b)], 'allOf'));
}

function commonTypes(a: readonly string[], b: readonly string[]): unknown {
  const takes = (types: readonly string[], type: string): boolean =>
    types.includes(type) || (type === 'integer' && types.includes('number'));
  const common = [...new Set([...a.filter((type) => takes(b, type)), ...b.filter((type) => takes(a, type))])];
  return common.length === 0 ? undefined : common;
}

/** What an object schema says of its members, whichever way it says it. */
export interface Members {
  readonly properties: ReadonlyMap<string, unknown>;
  /** Those that every valid object has. */
  readonly required: ReadonlySet<string>;
}

/**
 * The properties that a resolved schema names, in itself or in branches of `allOf`, `anyOf`, `oneOf`, `then` and `else`. One
 * named in several alternatives may be what any of them says.
 */
export function membersOf(schema: JsonSchema): Members {
  const properties = Object.entries(isJsonObject(schema['properties']) ? schema['properties'] : {});
  const required = Array.isArray(schema['required']) ? schema['required'].filter((name) => typeof name === 'string') : [];
  const parts: Members[] = [{ properties: new Map(properties), required: new Set<string>(required) }];
  for (const branch of branchesOf(schema, 'allOf')) parts.push(membersOf(branch));
  for (const keyword of ['anyOf', 'oneOf']) parts.push(alternatives(branchesOf(schema, keyword)));
  const outcomes = [schema['then'], schema['else']].filter(isJsonObject);
  // Without one of the two nothing is asked there, so nothing is required for sure.
  if (outcomes.length > 0) parts.push(alternatives(outcomes.length === 1 ? [...outcomes, {}] : outcomes));
  return {
    properties: mergeProperties(
      parts.map((part) => part.properties),
      'allOf',
    ),
    required: new Set(parts.flatMap((part) => [...part.required])),
  };
}

function alternatives(branches: readonly JsonSchema[]): Members {
  const parts = branches.filter((branch) => !isNull(branch)).map(membersOf);
  const [first, ...others] = parts.map((part) => part.required);
  return {
    properties: mergeProperties(
      parts.map((part) => part.properties),
      'anyOf',
    ),
    required: new Set([...(first ?? [])].filter((name) => others.every((other) => other.has(name)))),
  };
}

/** Each property of several lists, in order of appearance; one in more than one of them is a combination. */
function mergeProperties(
  lists: readonly Iterable<readonly [string, unknown]>[],
  combined: 'allOf' | 'anyOf',
): Map<string, unknown> {
  const found = new Map<string, unknown[]>();
  for (const list of lists) {
    for (const [name, schema] of list) {
      const known = found.get(name);
      if (known === undefined) found.set(name, [schema]);
      else if (!known.some((one) => isDeepStrictEqual(one, schema))) known.push(schema);
    }
  }
  return new Map([...found].map(([name, schemas]) => [name, schemas.length === 1 ? schemas[0] : { [combined]: schemas }]));
}

function branchesOf(schema: JsonSchema, keyword: string): JsonSchema[] {
  const branches = schema[keyword];
  return Array.isArray(branches) ? branches.filter(isJsonObject) : [];
}

function typeList(type: unknown): readonly string[] {
  return [type].flat().filter((one) => typeof one === 'string');
}

/** True for a schema that allows null and nothing else. */
export function isNull(schema: unknown): boolean {
  if (!isJsonObject(schema)) return false;
  const types = typeList(schema['type']);
  if (types.length > 0) return types.every((type) => type === 'null');
  return 'const' in schema ? schema['const'] === null : isDeepStrictEqual(schema['enum'], [null]);
}

function isAnnotation(keyword: string): boolean {
  return ANNOTATIONS.has(keyword);
}
