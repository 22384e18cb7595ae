import type { JsonSchema } from '../json.ts';
import type { Rule } from './nested-limits.ts';
import type { StreamHeader } from '../target/destination.ts';
import { CHECKS } from './slot-checks.ts';
import { ruleOf } from './value-rules.ts';

/** Keywords at the root of a schema that the rules and the required list fulfil, or that say nothing of validity. */
const ROOT_KEYWORDS = new Set([
  'type', 'properties', 'required', 'additionalProperties', 'definitions', '$defs', '$schema', '$id', 'id', 'title', 'description', '$comment', 'examples', 'default',
]); // prettier-ignore

/**
 * A rule for each column, so that a record whose values keep them and that has all required ones is valid by the schema; undefined
 * if the schema asks for more. `validated` false: only the types are asked for, and null is always let pass.
 */
export function rulesOf({ schema, columns }: StreamHeader, validated: boolean): readonly Rule[] | undefined {
  if (!validated) return columns.map((column) => ({ check: CHECKS[column.type], limit: undefined }));
  const properties = schema['properties'] as Readonly<Record<string, unknown>>;
  const types = schema['type'] === undefined ? ['object'] : [schema['type']].flat();
  const isPlainObject = types.includes('object') && Object.keys(schema).every((keyword) => ROOT_KEYWORDS.has(keyword));
  if (!isPlainObject || !requiredOf(schema).every((name) => Object.hasOwn(properties, name))) return undefined;
  const rules = columns.map((column) => ruleOf(properties[column.name]));
  return rules.includes(undefined) ? undefined : (rules as Rule[]);
}

/** The required properties; a `required` of draft 3 (a boolean) says nothing here. */
export function requiredOf(schema: JsonSchema): readonly string[] {
  return Array.isArray(schema['required']) ? (schema['required'] as string[]) : [];
}
