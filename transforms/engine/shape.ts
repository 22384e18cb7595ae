import { isJsonObject, resolveSchema, type JsonObject, type JsonSchema } from '../../singer/index.ts';
import type { Privacy } from '../operation.ts';
import type { Shape } from '../rule.ts';
import { asListed, withMembers } from '../schemas.ts';

/** The shape that a SCHEMA message announces; undefined if its schema names no properties. */
export function shapeOf(message: JsonObject, stream: string): Shape | undefined {
  const given = message['schema'];
  if (!isJsonObject(given)) return undefined;
  const schema = resolveSchema(given);
  if (schema === undefined || !isJsonObject(schema['properties'])) return undefined;
  return {
    stream,
    schema,
    keys: names(message['key_properties']),
    bookmarks: names(message['bookmark_properties']),
    privacy: {},
  };
}

/** A SCHEMA message, one line. Members of `message` that nobody knows are kept. */
export function schemaMessage(message: JsonObject, { stream, schema, keys, bookmarks }: Shape): JsonObject {
  const { key_properties: _, bookmark_properties: given, ...others } = message;
  return {
    ...others,
    type: 'SCHEMA',
    stream,
    schema: schema as JsonObject,
    key_properties: keys,
    ...(bookmarks.length > 0 || Array.isArray(given) ? { bookmark_properties: bookmarks } : {}),
  };
}

/** A stream of which nothing is known yet but its name: for what can be said of rules before its SCHEMA comes. */
export function openShape(stream: string): Shape {
  return { stream, schema: { type: 'object', properties: {} }, keys: [], bookmarks: [], privacy: {}, isOpen: true };
}

/** The schema of a property; undefined if the shape cannot have one of that name. */
export function propertyOf(shape: Shape, name: string): JsonSchema | undefined {
  const properties = propertiesOf(shape);
  if (Object.hasOwn(properties, name)) return properties[name];
  return shape.isOpen ? {} : undefined;
}

/** The properties of a shape, in order. */
export function propertiesOf({ schema }: { readonly schema: JsonSchema }): Readonly<Record<string, JsonSchema>> {
  const properties = schema['properties'];
  return isJsonObject(properties) ? (properties as Readonly<Record<string, JsonSchema>>) : {};
}

/** The names that every valid record has. */
export function requiredOf({ schema }: { readonly schema: JsonSchema }): readonly string[] {
  const required = schema['required'];
  return Array.isArray(required) ? required.filter((name): name is string => typeof name === 'string') : [];
}

/** The shape with other properties; `required` keeps those names that are still there. See `withMembers`. */
export function withProperties(shape: Shape, properties: Readonly<Record<string, JsonSchema>>): Shape {
  const required = requiredOf(shape).filter((name) => Object.hasOwn(properties, name));
  const schema = withMembers(shape.schema, properties, required);
  const privacy = Object.fromEntries(Object.entries(shape.privacy).filter(([name]) => Object.hasOwn(properties, name)));
  return { ...shape, schema, privacy };
}

/** The shape with one property's schema replaced or added. A new one is listed: a rule made it. */
export function withProperty(shape: Shape, name: string, schema: JsonSchema, privacy?: Privacy): Shape {
  const before = propertiesOf(shape);
  const next = withProperties(shape, { ...before, [name]: Object.hasOwn(before, name) ? schema : asListed(schema) });
  return privacy === undefined ? next : { ...next, privacy: { ...next.privacy, [name]: privacy } };
}

function names(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  return Array.isArray(value) ? value.filter((name): name is string => typeof name === 'string') : [];
}
