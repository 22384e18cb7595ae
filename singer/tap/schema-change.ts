import { isDeepStrictEqual } from 'node:util';
import { isJsonObject, type JsonObject, type JsonSchema } from '../json.ts';
import { typesOf } from './schema-tree.ts';

/** What becomes of a stream that is no longer as its catalog entry says. */
export type OnSchemaChange = 'evolve' | 'fail' | 'ignore';

/** Root metadata: how many properties the source had when it was discovered. Who took some out of the catalog wants them left out. */
export const PROPERTY_COUNT = 'property-count';

/** A property as the catalog or the source has it. */
export interface PropertyFacts {
  readonly schema: JsonSchema;
  readonly metadata: JsonObject | undefined;
}

/**
 * Whether a property was changed in the source since it was discovered, in a way that its values may not fit what the catalog announces. What the user
 * has put in place of the source's schema is none: it stays while the type in the source does, and plain text takes values of any type. Pure.
 */
export function hasChanged(catalog: PropertyFacts, source: PropertyFacts): boolean {
  if (isDeepStrictEqual(catalog.schema, source.schema)) return false;
  const [was, is] = [catalog, source].map(({ metadata }) => metadata?.['sql-datatype']);
  if (typeof was === 'string' && typeof is === 'string' && was !== is) return !isPlainText(catalog.schema);
  return hasGrown(catalog.schema, source.schema);
}

function isPlainText(schema: JsonSchema): boolean {
  const types = typesOf(schema);
  const bare = schema['format'] === undefined && schema['maxLength'] === undefined && schema['enum'] === undefined;
  return bare && types !== undefined && [...types].every((type) => type === 'string' || type === 'null');
}

/** Keywords in which a schema may say more than before, and how one tells. */
const GROWS: Readonly<Record<string, (was: unknown, is: unknown) => boolean>> = {
  type: (was, is) => {
    const [before, now] = [new Set(list(was)), new Set(list(is))];
    return isDeepStrictEqual(now, before) || isDeepStrictEqual(now, before.add('null'));
  },
  enum: (was, is) => list(was).every((label) => label === null || list(is).includes(label)),
  properties: (was, is) =>
    isJsonObject(was) &&
    isJsonObject(is) &&
    Object.entries(was).every(([name, schema]) => Object.hasOwn(is, name) && isSameOrGrown(schema, is[name])),
  items: isSameOrGrown,
  description: () => true,
};

/** True if a schema differs from an older one only in what a source may add to a type: null, labels, fields. */
function hasGrown(was: JsonSchema, is: JsonSchema): boolean {
  const { description: _, ...before } = was;
  const { description: __, ...now } = is;
  return !isDeepStrictEqual(before, now) && isSameOrGrown(was, is);
}

function isSameOrGrown(was: unknown, is: unknown): boolean {
  if (!isJsonObject(was) || !isJsonObject(is)) return isDeepStrictEqual(was, is);
  const keywords = new Set([...Object.keys(was), ...Object.keys(is)]);
  return [...keywords].every((keyword) => {
    const grows = Object.hasOwn(GROWS, keyword) ? GROWS[keyword]! : isDeepStrictEqual;
    return grows(was[keyword], is[keyword]);
  });
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : value === undefined ? [] : [value];
}
