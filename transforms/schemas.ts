import { columnOf, type Json, type JsonSchema, orNull } from '../singer/index.ts';

/** The schema of a value, of a logical type, with null allowed if `like` allows it. */
export function schemaLike(
  like: JsonSchema,
  type: 'string' | 'integer' | 'number' | 'boolean',
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
