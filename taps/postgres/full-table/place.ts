import type { JsonObject } from '../../../singer/tap/index.ts';
import { parseSnapshot, snapshotText, type Snapshot } from '../incremental/snapshot.ts';

/** Where the reading of a whole table is: all before was sent. */
export type Place = PagePlace | KeyPlace;

interface Common {
  /** The table, see `Facts`. */
  readonly source: string;
  /** What is read of it: a hash of columns, types and conditions. */
  readonly reads: string;
}

export interface PagePlace extends Common {
  readonly by: 'pages';
  /** Tables are read in the order of their oids. */
  readonly table: string;
  /** The pages of this one below it were read. */
  readonly page: number;
  /** A hash of the files of all tables up to this one. */
  readonly files: string;
  /** What was sent is what it shows. */
  readonly seen: Snapshot;
}

export interface KeyPlace extends Common {
  readonly by: 'keys';
  /** Exact texts of the last row's key. */
  readonly after: readonly string[];
}

/** A place as the bookmark that the core keeps while the table is read. */
export function placeJson(place: Place): JsonObject {
  const { source, reads } = place;
  if (place.by === 'keys') return { source, reads, after: place.after };
  const { table, page, files, seen } = place;
  return { source, reads, table, page, files, snapshot: snapshotText(seen) };
}

/** Reads a bookmark; undefined if it is none of ours. */
export function readPlace(json: JsonObject): Place | undefined {
  const { source, reads, after, table, page, files, snapshot } = json;
  if (typeof source !== 'string' || typeof reads !== 'string') return undefined;
  if (Array.isArray(after) && after.every((text): text is string => typeof text === 'string')) {
    return { by: 'keys', source, reads, after };
  }
  const seen = typeof snapshot === 'string' ? parseSnapshot(snapshot) : undefined;
  const isPage = typeof table === 'string' && /^\d+$/.test(table) && typeof page === 'number' && typeof files === 'string';
  return isPage && seen !== undefined ? { by: 'pages', source, reads, table, page, files, seen } : undefined;
}
