import { allOf, boundsLimit, lengthLimit, type Limit, listLimit } from './limits.ts';
import { asLimit, type End, itemsEnd, MAX_MEMBERS, membersEnd, type Rule } from './nested-limits.ts';
import { Check, CHECKS, NOT_NULL, takesStrings } from './slot-checks.ts';
import { ExactNumber, isJsonObject, type JsonSchema } from '../json.ts';
import { columnOf, isUnasking } from '../target/schema.ts';

/** Keywords that say nothing of validity to the validator, though they may decide a column's type. */
const UNCHECKED: ReadonlySet<string> = new Set([
  'precision',
  'scale',
  'multipleOf',
  'contentEncoding',
  '$schema',
  '$id',
  'id',
  '$anchor',
]);

/** Deeper schemas are left to the validator. */
const MAX_DEPTH = 8;

/**
 * What a scanner of bytes must check so that a value is valid by a (resolved) schema; undefined if the schema asks for more than it
 * can tell.
 */
export function ruleOf(property: unknown, depth = 0): Rule | undefined {
  if (property === false || depth > MAX_DEPTH) return undefined;
  const { schema, type, nullable } = columnOf('', property);
  const keywords = Object.keys(schema).filter((keyword) => !UNCHECKED.has(keyword) && !isUnasking(keyword));
  const types = schema['type'] === undefined ? undefined : new Set([schema['type']].flat());
  if (types === undefined && keywords.length === 0 && schema['format'] === undefined)
    return { check: Check.any, limit: undefined };
  types?.delete('null');
  const values = listed(schema);
  // Without a type, only values that are all listed tell what is valid.
  if (types === undefined ? values === undefined : types.size > 1 || type === 'json') return undefined;
  const check = CHECKS[type];
  const end = nestedEndOf(check, schema, depth);
  const limits = [...groupOf(check)(schema), ...(values === undefined ? [] : [listOf(values, check)])];
  const known = keywords.every((keyword) => KEYWORDS.has(keyword));
  if (!known || end === 'unknown' || limits.includes(undefined)) return undefined;
  const isNullValid = nullable && (values === undefined || values.includes(null));
  const nested = end === undefined ? {} : { end };
  if (end !== undefined) limits.push(asLimit(end));
  return { check: check | (isNullValid ? 0 : NOT_NULL), limit: allOf(limits as Limit[]), ...nested };
}

/** Keywords that are looked at below. Those of other types than the value's say nothing of it. */
const KEYWORDS: ReadonlySet<string> = new Set([
  'enum', 'const', 'minLength', 'maxLength', 'minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'properties', 'required', 'additionalProperties', 'items',
]); // prettier-ignore

type Limits = readonly (Limit | undefined)[];
/** The limits that a schema sets to values of a check; undefined for one that bytes cannot tell. */
type Group = (schema: JsonSchema) => Limits;

function groupOf(check: number): Group {
  if (check === Check.integer || check === Check.number) return boundsOf;
  return takesStrings(check) ? lengthsOf : () => [];
}

/** What reads objects or arrays by a schema; undefined if it asks nothing of what is in them, 'unknown' if bytes cannot tell. */
function nestedEndOf(check: number, schema: JsonSchema, depth: number): End | undefined | 'unknown' {
  if (check === Check.object) return membersOf(schema, depth);
  return check === Check.array ? itemsOf(schema, depth) : undefined;
}

/** The values of `const` or `enum`; undefined if the schema has neither, or both. */
function listed(schema: JsonSchema): readonly unknown[] | undefined {
  if ('const' in schema) return 'enum' in schema ? undefined : [schema['const']];
  return Array.isArray(schema['enum']) ? schema['enum'] : undefined;
}

function listOf(values: readonly unknown[], check: number): Limit | undefined {
  const strings = values.filter((value) => typeof value === 'string');
  const others = values.filter((value) => typeof value !== 'string' && value !== null);
  return takesStrings(check) && others.length === 0 ? listLimit(strings) : undefined;
}

function lengthsOf(schema: JsonSchema): Limits {
  const { minLength, maxLength } = schema;
  if (minLength === undefined && maxLength === undefined) return [];
  const least = minLength === undefined ? 0 : numberOf(minLength);
  const most = maxLength === undefined ? Number.MAX_VALUE : numberOf(maxLength);
  return [least === undefined || most === undefined ? undefined : lengthLimit(least, most)];
}

/** How each bound judges a number. */
const BOUNDS: Readonly<Record<string, (number: number, bound: number) => boolean>> = {
  minimum: (number, bound) => number >= bound,
  maximum: (number, bound) => number <= bound,
  exclusiveMinimum: (number, bound) => number > bound,
  exclusiveMaximum: (number, bound) => number < bound,
};
/** What a boolean of draft 4 makes exclusive. */
const BESIDE: Readonly<Record<string, string>> = { exclusiveMinimum: 'minimum', exclusiveMaximum: 'maximum' };

function boundsOf(schema: JsonSchema): Limits {
  return Object.entries(BOUNDS).flatMap(([keyword, judges]): Limits => {
    const given = schema[keyword] === true ? schema[BESIDE[keyword] ?? keyword] : schema[keyword];
    if (given === undefined || given === false) return [];
    const bound = numberOf(given);
    return [bound === undefined ? undefined : boundsLimit((number) => judges(number, bound))];
  });
}

function membersOf(schema: JsonSchema, depth: number): End | undefined | 'unknown' {
  const { properties = {}, required, additionalProperties } = schema;
  if (schema['properties'] === undefined && required === undefined && additionalProperties === undefined) return undefined;
  if (!isJsonObject(properties) || (additionalProperties !== undefined && typeof additionalProperties !== 'boolean'))
    return 'unknown';
  const names = Array.isArray(required) ? required : [];
  const members = new Map<string, Rule>();
  for (const [name, property] of Object.entries(properties)) {
    const rule = ruleOf(property, depth + 1);
    if (rule === undefined || isInherited(name)) return 'unknown';
    members.set(name, rule);
  }
  const areKnown = names.every((name) => typeof name === 'string' && members.has(name));
  if (members.size > MAX_MEMBERS || !areKnown) return 'unknown';
  return membersEnd({ members, required: new Set(names as string[]), open: additionalProperties !== false });
}

/** Names that JavaScript objects have from the start: what a validator says of them is not worth the proof. */
function isInherited(name: string): boolean {
  return name in Object.prototype;
}

function itemsOf({ items }: JsonSchema, depth: number): End | undefined | 'unknown' {
  if (items === undefined || items === true) return undefined;
  const rule = Array.isArray(items) ? undefined : ruleOf(items, depth + 1);
  return rule === undefined ? 'unknown' : itemsEnd(rule);
}

/** A keyword's number as the validator reads it; undefined if it is none. */
function numberOf(value: unknown): number | undefined {
  const number = value instanceof ExactNumber ? Number(value.text) : value;
  return typeof number === 'number' && Number.isFinite(number) ? number : undefined;
}
