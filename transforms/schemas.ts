import { columnOf, ExactNumber, isJsonObject, type Json, type JsonSchema, stripExact } from '../singer/index.ts';
import { createValidator, orNull } from '../singer/mapper/index.ts';

/** The schema of a value of a type, with null allowed if `like` allows it. */
export function schemaLike(
  like: JsonSchema,
  type: 'string' | 'integer' | 'number' | 'boolean' | 'object' | 'array',
  more: JsonSchema = {},
): JsonSchema {
  return { type: isNullable(like) ? [type, 'null'] : [type], ...more };
}

/** True if null is valid. */
export function isNullable(schema: JsonSchema): boolean {
  return columnOf('', schema).nullable;
}

/** The schema, and null allowed too. */
export function nullable(schema: JsonSchema): JsonSchema {
  return isNullable(schema) ? schema : (orNull(schema) as JsonSchema);
}

/** A schema that takes what any of several take. */
export function unionOf(schemas: readonly JsonSchema[]): JsonSchema {
  const distinct = [...new Map(schemas.map((schema) => [JSON.stringify(schema), schema])).values()];
  if (distinct.length === 1) return distinct[0]!;
  if (distinct.every((schema) => Object.keys(schema).every((keyword) => keyword === 'type') && schema['type'] !== undefined)) {
    const types = new Set(distinct.flatMap(({ type }) => [type].flat()));
    if (types.has('number')) types.delete('integer');
    return { type: [...types] };
  }
  return { anyOf: distinct };
}

/**
 * An object schema with other members. Keywords that speak of members together (dependencies, if/then, allOf …) go, because nobody can
 * tell what they mean now.
 */
export function withMembers(
  schema: JsonSchema,
  properties: Readonly<Record<string, JsonSchema>>,
  required: readonly string[],
): JsonSchema {
  const kept = Object.entries(schema).filter(([keyword]) => KEPT.has(keyword) || keyword.startsWith('x-'));
  const made = { ...Object.fromEntries(kept), properties, ...(required.length > 0 ? { required } : {}) };
  return isListed(schema) ? asListed(made) : made;
}

/** A list schema with other items. What speaks of the items as they were (constants, examples, uniqueness …) goes. */
export function withItemsOf(schema: JsonSchema, items: JsonSchema): JsonSchema {
  const kept = Object.entries(schema).filter(([keyword]) => KEPT_OF_LISTS.has(keyword) || keyword.startsWith('x-'));
  const made = { ...Object.fromEntries(kept), items };
  return isListed(schema) ? asListed(made) : made;
}

const KEPT_OF_LISTS: ReadonlySet<string> = new Set(['type', 'title', 'description', 'minItems', 'maxItems']);
const KEPT: ReadonlySet<string> = new Set(['type', 'title', 'description', '$schema', 'additionalProperties']);

/** A schema of the same kind of value that `redactedOf` is valid by: without limits, lists of values and the like. */
export function redactedSchema(schema: JsonSchema): JsonSchema {
  const constant = redactedOf(schema);
  if (typeof constant !== 'object') {
    const { type } = columnOf('', schema);
    const format = FORMATS[type];
    const kind = typeof constant === 'number' ? (type === 'integer' ? 'integer' : 'number') : typeof constant;
    return schemaLike(schema, kind as 'string' | 'integer' | 'number' | 'boolean', format === undefined ? {} : { format });
  }
  return schemaLike(schema, Array.isArray(constant) ? 'array' : 'object');
}

/** The schema, with the constant of `redactedOf` allowed too. */
export function withConstant(schema: JsonSchema): JsonSchema {
  if (columnOf('', schema).plain && !isContainer(schema)) return schema;
  // Without its limits a schema of one type takes what it took before. One of several does not.
  if ([schema['type'] ?? []].flat().filter((type) => type !== 'null').length === 1) return redactedSchema(schema);
  const constant = redactedOf(schema);
  return acceptsValue(schema, constant) ? schema : { anyOf: [schema, schemaOfValues([constant])] };
}

function isContainer(schema: JsonSchema): boolean {
  return ['object', 'array'].includes(columnOf('', schema).type);
}

const FORMATS: Readonly<Record<string, string>> = {
  decimal: 'singer.decimal',
  date: 'date',
  datetime: 'date-time',
  time: 'time',
  uuid: 'uuid',
};

/** The constant that stands for a hidden value where one of the schema is needed. */
export function redactedOf(schema: JsonSchema): Json {
  return REDACTED[columnOf('', schema).type] ?? 'REDACTED';
}

const REDACTED: Readonly<Record<string, Json>> = {
  integer: 0,
  number: 0,
  decimal: '0',
  boolean: false,
  date: '1970-01-01',
  datetime: '1970-01-01T00:00:00Z',
  time: '00:00:00',
  object: {},
  array: [],
  uuid: '00000000-0000-0000-0000-000000000000',
};

/** The schema without null. */
export function withoutNull(schema: JsonSchema): JsonSchema {
  const out: Record<string, unknown> = { ...schema };
  const { anyOf, enum: values, oneOf, type } = schema;
  if (Array.isArray(type)) out['type'] = type.filter((one) => one !== 'null');
  if (Array.isArray(values)) out['enum'] = values.filter((value) => value !== null);
  for (const [keyword, branches] of Object.entries({ anyOf, oneOf })) {
    if (!Array.isArray(branches)) continue;
    const left = branches.filter((branch) => !isJsonObject(branch) || branch['type'] !== 'null');
    out[keyword] = left.map((branch: unknown) => (isJsonObject(branch) ? withoutNull(branch) : branch));
  }
  return out;
}

/** True if a value is valid by a schema. */
export function acceptsValue(schema: JsonSchema, value: Json): boolean {
  return createValidator()(schema)(stripExact(value)) === undefined;
}

/** The schema of some constants. */
export function schemaOfValues(values: readonly Json[]): JsonSchema {
  const types = new Set(values.map(typeOfValue));
  if (types.has('number')) types.delete('integer');
  return { type: [...types] };
}

function typeOfValue(value: Json): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (value instanceof ExactNumber) return /^-?\d+$/.test(value.text) ? 'integer' : 'number';
  return typeof value === 'number' ? (Number.isInteger(value) ? 'integer' : 'number') : typeof value;
}

/** Marks the schema of a value that a rule names, for the rule `unlisted`. Goes wherever the schema goes; is not written. */
const LISTED = Symbol('listed');

export function asListed(schema: JsonSchema): JsonSchema {
  return { ...schema, [LISTED]: true };
}

export function isListed(schema: JsonSchema): boolean {
  return Object.hasOwn(schema, LISTED);
}
