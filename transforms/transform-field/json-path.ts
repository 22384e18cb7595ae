import { isJsonObject, type Json } from '../../singer/index.ts';
import { withMember } from '../path.ts';

/** The parts of a path with slashes: `metadata/comment`. Empty: the value itself. */
export function segmentsOf(path: string | undefined): string[] {
  return (path ?? '').split('/').filter((segment) => segment !== '');
}

/** What is found on the way to the end of a path. */
export interface Walk {
  /** Gives the new value at the end. */
  change(value: Json): Json | undefined;
  /** For a value that has no parts, or whose parts have no such names at all. */
  elsewhere(value: Json): Json;
}

/**
 * The value with all that a path means changed. `*` means all members or items. A number means all items of a list, too: which item is whose
 * is not sure enough to leave the others as they are.
 */
export function changeAt(value: Json, segments: readonly string[], walk: Walk): Json {
  const [segment, ...rest] = segments;
  if (segment === undefined) return walk.change(value) ?? null;
  if (value === null) return null;
  if (Array.isArray(value)) {
    if (segment !== '*' && !/^-?\d+$/.test(segment)) return walk.elsewhere(value);
    return (value as readonly Json[]).map((item) => changeAt(item, rest, walk));
  }
  if (!isJsonObject(value)) return walk.elsewhere(value);
  const names = segment === '*' ? Object.keys(value) : Object.hasOwn(value, segment) ? [segment] : [];
  let changed = value;
  for (const name of names) {
    const before = value[name];
    if (before !== undefined) changed = withMember(changed, name, changeAt(before, rest, walk));
  }
  return changed;
}

/** All values that a path means. */
export function valuesAt(value: Json | undefined, segments: readonly string[]): Json[] {
  const [segment, ...rest] = segments;
  if (value === undefined) return [];
  if (segment === undefined) return [value];
  if (Array.isArray(value)) {
    const items = value as readonly Json[];
    if (segment === '*') return items.flatMap((item) => valuesAt(item, rest));
    return /^\d+$/.test(segment) ? valuesAt(items[Number(segment)], rest) : [];
  }
  if (!isJsonObject(value)) return [];
  if (segment === '*') return Object.values(value).flatMap((member) => valuesAt(member, rest));
  return Object.hasOwn(value, segment) ? valuesAt(value[segment], rest) : [];
}
