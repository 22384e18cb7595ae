import type { Json, JsonObject } from '../../../singer/tap/index.ts';
import { githubTime } from './times.ts';

/** How far a stream was read: all up to `since`, and at that very second the records with these ids. */
export interface Mark {
  readonly since: string;
  readonly at: ReadonlySet<string>;
}

/** Reads a mark, or begins at `start` if that is later; undefined: from the beginning. */
export function markOf(state: JsonObject, start: string | undefined): Mark | undefined {
  const { since, at } = state;
  const time = typeof since === 'string' ? githubTime(since) : undefined;
  if (start !== undefined && (time === undefined || start > time)) return { since: start, at: new Set() };
  if (time === undefined) return undefined;
  const ids = Array.isArray(at) ? (at as readonly Json[]).map(String) : [];
  return { since: time, at: new Set(ids) };
}

export function markState(mark: Mark | undefined): JsonObject {
  return mark === undefined ? {} : { since: mark.since, ...(mark.at.size > 0 && { at: [...mark.at] }) };
}

/** True for a record that the mark covers. */
export function covers(mark: Mark | undefined, time: string, id: string): boolean {
  return mark !== undefined && (time < mark.since || (time === mark.since && mark.at.has(id)));
}

/** The mark that covers these, too. */
export function advanced(
  mark: Mark | undefined,
  records: readonly { readonly time: string; readonly id: string }[],
): Mark | undefined {
  let since = mark?.since ?? '';
  for (const { time } of records) if (time > since) since = time;
  if (since === '') return undefined;
  const at = new Set(mark?.since === since ? mark.at : []);
  for (const { time, id } of records) if (time === since) at.add(id);
  return { since, at };
}
