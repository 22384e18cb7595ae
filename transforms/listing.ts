import { isJsonObject, type JsonSchema } from '../singer/index.ts';
import { simplify } from '../singer/mapper/index.ts';
import { propertiesOf, requiredOf } from './engine/shape.ts';
import { ITEMS, type PathStep, type Place } from './path.ts';
import type { Shape } from './rule.ts';
import { isListed, withItemsOf, withMembers } from './schemas.ts';

/** What a shape says of the members of an object: each is listed as a whole, listed in part, or not at all. */
export interface Listing {
  readonly members: ReadonlyMap<string, Listed>;
}

export type Listed =
  | { readonly kind: 'whole' }
  /** An object, or a list (of lists) of objects, some members of which are listed. */
  | { readonly kind: 'part'; readonly lists: number; readonly listing: Listing }
  | { readonly kind: 'unlisted'; readonly place: Place };

/** What the rules so far have named of a stream. */
export function listingOf(shape: Shape): Listing {
  return listingOfMembers(propertiesOf(shape), (name) => ({ text: name, name, steps: [], schema: {} }));
}

function listingOfMembers(properties: Readonly<Record<string, JsonSchema>>, placeOf: (name: string) => Place): Listing {
  return {
    members: new Map(
      Object.entries(properties).map(([name, schema]) => [name, listedOf({ ...placeOf(name), schema: simplify(schema) })]),
    ),
  };
}

function listedOf(place: Place): Listed {
  if (isListed(place.schema)) return { kind: 'whole' };
  if (!namesSome(place.schema)) return { kind: 'unlisted', place };
  const { inner, lists } = withoutLists(place);
  if (isListed(inner.schema)) return { kind: 'whole' };
  const listing = listingOfMembers(propertiesOf(inner), (name) => ({
    ...inner,
    text: `${inner.text}.${name}`,
    steps: [...inner.steps, name],
  }));
  return { kind: 'part', lists, listing };
}

/** The first thing below a place that is no list. */
function withoutLists(place: Place): { readonly inner: Place; readonly lists: number } {
  const { items } = place.schema;
  if (isListed(place.schema) || !isJsonObject(items) || isJsonObject(place.schema['properties']))
    return { inner: place, lists: 0 };
  const steps: readonly PathStep[] = [...place.steps, ITEMS];
  const { inner, lists } = withoutLists({ ...place, text: `${place.text}[]`, steps, schema: simplify(items) });
  return { inner, lists: lists + 1 };
}

/** True if something at or below is listed. */
function namesSome(schema: JsonSchema): boolean {
  if (isListed(schema)) return true;
  const { items, properties } = schema;
  const below = isJsonObject(properties) ? Object.values(properties) : [];
  return [...below, items].some((inner) => isJsonObject(inner) && namesSome(simplify(inner)));
}

/** Places that nobody listed. */
export function unlistedPlaces({ members }: Listing): Place[] {
  return [...members.values()].flatMap((listed) => {
    if (listed.kind === 'whole') return [];
    return listed.kind === 'unlisted' ? [listed.place] : unlistedPlaces(listed.listing);
  });
}

/** The schema with what nobody listed changed; undefined takes it away. */
export function withUnlisted(
  given: JsonSchema,
  { members }: Listing,
  change: (place: Place) => JsonSchema | undefined,
): JsonSchema {
  const schema = simplify(given);
  const properties = Object.entries(propertiesOf({ schema })).flatMap(([name, inner]): [string, JsonSchema][] => {
    const listed = members.get(name)!;
    if (listed.kind === 'whole') return [[name, inner]];
    if (listed.kind === 'part')
      return [[name, withItems(inner, listed.lists, (object) => withUnlisted(object, listed.listing, change))]];
    const changed = change(listed.place);
    return changed === undefined ? [] : [[name, changed]];
  });
  const names = new Set(properties.map(([name]) => name));
  const required = requiredOf({ schema }).filter((name) => names.has(name));
  return withMembers(schema, Object.fromEntries(properties), required);
}

function withItems(given: JsonSchema, lists: number, change: (schema: JsonSchema) => JsonSchema): JsonSchema {
  if (lists === 0) return change(given);
  const schema = simplify(given);
  return withItemsOf(schema, withItems(schema['items'] as JsonSchema, lists - 1, change));
}
