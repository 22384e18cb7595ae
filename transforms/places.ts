import { isJsonObject, type Json, nearest } from '../singer/index.ts';
import type { Fields } from './operation.ts';
import { allPlaces, ITEMS, type PathStep, type Place, placesOf, splitPatterns } from './path.ts';
import type { RuleContext, Shape } from './rule.ts';

/** The names that a value of the config holds: one, or a list of them. */
export function namesIn(value: unknown): string[] {
  return [value].flat().filter((name): name is string => typeof name === 'string');
}

/**
 * The members that patterns mean in a shape. Tells `context` of a pattern that means none, and of one that ends in a list's items, which
 * have no name.
 */
export function membersAt(patterns: readonly string[], shape: Shape, context: RuleContext): Place[] {
  return patterns.flatMap(splitPatterns).flatMap((pattern) => {
    const places = placesOf(pattern, shape);
    if (places.length === 0) tellUnknown(pattern, shape, context);
    const items = places.find(({ steps }) => steps.at(-1) === ITEMS);
    if (items === undefined) return places;
    context.problem(`${items.text} means the items of a list; name the list or a member of its items`);
    return [];
  });
}

/** Says that the schema has no such field, with the name that is nearest. As long as no schema is known, any may come. */
export function tellUnknown(pattern: string, shape: Shape, context: RuleContext, at?: string): void {
  if (shape.isOpen) return;
  const near = nearest(pattern, allPlaces(shape));
  context.problem(
    `the schema of ${shape.stream} has no field ${pattern}${near === undefined ? '' : `; did you mean ${near}?`}`,
    at,
  );
}

/** Says of keys that are gone, unless a later rule says what stands in their place. */
export function refuseLostKeys(before: Shape, lost: readonly string[], context: RuleContext): void {
  const keys = before.keys.filter((key) => lost.includes(key));
  if (keys.length === 0 || context.later.has('keys') || context.later.has('aggregate')) return;
  const many = keys.length > 1;
  context.problem(
    `${keys.join(', ')} ${many ? 'are key properties' : 'is a key property'}; say with keys what takes ${many ? 'their' : 'its'} place`,
  );
}

/** Reads the value at a place that leads through no list. */
export function readerOf({ name, steps }: Pick<Place, 'name' | 'steps'>): (record: Fields) => Json | undefined {
  if (steps.length === 0) return (record) => record.get(name);
  return (record) => {
    let value = record.get(name);
    for (const step of steps) {
      if (typeof step !== 'string' || !isJsonObject(value) || !Object.hasOwn(value, step)) return undefined;
      value = value[step];
    }
    return value;
  };
}

/** The places that a pattern means; a field may be called by the name that the next `rename` gives it, too. */
export function placesNamed(pattern: string, shape: Shape, { laterNames }: RuleContext): Place[] {
  const places = placesOf(pattern, shape);
  const before = laterNames.get(pattern);
  return places.length > 0 || before === undefined ? places : placesOf(before, shape);
}

/** The fields that names and paths mean, one each, to be read from records. Tells `context` of any that the schema does not have. */
export function readersOf(
  names: readonly string[],
  shape: Shape,
  context: RuleContext,
  at?: string,
): ((record: Fields) => Json | undefined)[] {
  return names.flatMap((name) => {
    const [place, ...others] = placesNamed(name, shape, context);
    if (place === undefined) tellUnknown(name, shape, context, at);
    else if (others.length > 0 || place.steps.includes(ITEMS)) context.problem(`${name} means several values`, at);
    else return [readerOf(place)];
    return [];
  });
}

/** Reads all values at a place: those of every item, where it leads through lists. What is absent is undefined. */
export function valuesReaderOf({
  name,
  steps,
}: Pick<Place, 'name' | 'steps'>): (record: Fields) => readonly (Json | undefined)[] {
  return (record) => {
    let values: readonly (Json | undefined)[] = [record.get(name)];
    for (const step of steps) values = values.flatMap((value) => below(value, step));
    return values;
  };
}

function below(value: Json | undefined, step: PathStep): readonly (Json | undefined)[] {
  if (step === ITEMS) return Array.isArray(value) ? (value as readonly Json[]) : [];
  return [isJsonObject(value) && Object.hasOwn(value, step) ? value[step] : undefined];
}
