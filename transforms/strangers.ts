import { isJsonObject, type Json, type JsonObject, type JsonSchema } from '../singer/index.ts';
import { simplify } from '../singer/mapper/index.ts';
import { propertiesOf } from './engine/shape.ts';
import { ITEMS, itemsOf, matches, membersOf, partsOf, type PathStep, type Place } from './path.ts';
import type { RecordView } from './record.ts';
import type { Shape } from './rule.ts';

/** Takes away what a pattern means in a record and its schema does not name. Gives how much that was. */
export type Strangers = (record: RecordView) => number;

/** True if a pattern may mean fields of a record beside those that it means in the schema. */
export function mayMeanMore(pattern: string, places: readonly Place[]): boolean {
  return pattern.includes('*') || places.length === 0;
}

/**
 * For a pattern whose steps hide: it has no steps for what the schema does not name, and that must not pass in clear. A value where the
 * path would go on, but cannot, goes as a whole.
 */
export function strangersOf(pattern: string, shape: Shape): Strangers {
  const properties = propertiesOf(shape);
  const [first, ...rest] = Object.hasOwn(properties, pattern) ? [pattern] : partsOf(pattern);
  let gone = 0;

  /** The value without strangers; undefined: it is one itself. `schema`: undefined if the value is not named. */
  function without(value: Json, [part, ...rest]: readonly PathStep[], schema: JsonSchema | undefined): Json | undefined {
    if (value === null) return value;
    if (part === undefined) return schema === undefined ? undefined : value;
    if (part === ITEMS ? !Array.isArray(value) : !isJsonObject(value)) return schema === undefined ? undefined : value;
    if (part === ITEMS) {
      const items = schema === undefined ? undefined : itemsOf(schema);
      return sameOr(
        value as readonly Json[],
        (value as readonly Json[]).flatMap((item) => counted(without(item, rest, items)) ?? []),
      );
    }
    const members = schema === undefined ? {} : membersOf(schema);
    const entries = Object.entries(value as JsonObject) as [string, Json][];
    let changed = false;
    const left = entries.flatMap(([name, member]): [string, Json][] => {
      if (!matches(part, name)) return [[name, member]];
      const after = counted(without(member, rest, Object.hasOwn(members, name) ? members[name] : undefined));
      changed ||= after !== member;
      return after === undefined ? [] : [[name, after]];
    });
    return changed ? Object.fromEntries(left) : value;
  }

  function counted(value: Json | undefined): Json | undefined {
    if (value === undefined) gone++;
    return value;
  }

  return (record) => {
    gone = 0;
    for (const name of record.names()) {
      if (!matches(first, name)) continue;
      const known = Object.hasOwn(properties, name) ? properties[name] : undefined;
      if (rest.length === 0 && known !== undefined) continue;
      const before = record.get(name);
      if (before === undefined) continue;
      const after = counted(without(before, rest, known && simplify(known)));
      if (after === undefined) record.delete(name);
      else if (after !== before) record.set(name, after);
    }
    return gone;
  };
}

function sameOr(before: readonly Json[], after: readonly Json[]): readonly Json[] {
  return before.length === after.length && before.every((item, i) => item === after[i]) ? before : after;
}
