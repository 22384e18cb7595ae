import type { HeapFile } from '../incremental/sight.ts';
import type { Newer, Snapshot } from '../incremental/snapshot.ts';

/** How far a reading has come: tables in the order of their oids, and pages in that of their file. */
export interface PlaceReached {
  readonly seen: Snapshot;
  readonly table: string;
  readonly file: string;
  /** The pages below it were read. */
  readonly page: number;
}

/** A stretch of a table's pages, and which of its rows are new. */
export interface Piece {
  readonly table: string;
  readonly file: HeapFile;
  readonly from: number;
  /** Undefined: to the end. */
  readonly before: number | undefined;
  readonly newer: Exclude<Newer, 'none'>;
}

/** Which rows are new since a snapshot. */
export interface Since {
  readonly newer: Newer;
  /** Tables that came to the others since then, with rows that may be older: all of them are new. */
  readonly joined: ReadonlySet<string>;
}

/** Ranges of `ctid` are read without a look at what is before them from this server on. */
export const TID_RANGES = 140_000;
/** In place of the files of a table whose parts may not be read one by one. */
export const WHOLE: HeapFile = { schema: '', name: '', file: '', pages: 0, bytes: 0 };
/** No page has this number. */
export const END = 0xffff_ffff;

export interface Pieces {
  readonly files: ReadonlyMap<string, HeapFile>;
  readonly since: Since;
  /** A reading that did not come to its end: how far it came, and what is new since. */
  readonly cut: { readonly at: PlaceReached; readonly since: Since } | undefined;
  /** Bytes that are read at once, those out of line with them. */
  readonly atOnce: number;
  /** The server finds pages without looking through those before. */
  readonly byPages: boolean;
}

/**
 * What to read, in order: `again` in the part that the reading that was cut has been through, then the `rest`. Nothing is read of a table that nobody
 * can have written to.
 */
export function piecesOf(o: Pieces): { readonly again: readonly Piece[]; readonly rest: readonly Piece[] } {
  const again: Piece[] = [];
  const rest: Piece[] = [];
  for (const [table, file] of [...o.files].toSorted(([a], [b]) => Number(a) - Number(b))) {
    const reached = reachedIn(o, table, file);
    if (reached > 0)
      again.push(...stretch(o, { table, file, from: 0, before: reached === END ? undefined : reached }, o.cut!.since));
    if (reached < END) rest.push(...stretch(o, { table, file, from: reached, before: undefined }, o.since));
  }
  return { again, rest };
}

/** The first page of a table that the reading that was cut has not seen. */
function reachedIn({ cut, byPages }: Pieces, table: string, { file }: HeapFile): number {
  if (cut === undefined || Number(table) > Number(cut.at.table)) return 0;
  if (table !== cut.at.table) return END;
  // What was on a page may be on another one in a new file.
  return file === cut.at.file && (byPages || cut.at.page === END) ? cut.at.page : 0;
}

function stretch({ byPages, atOnce }: Pieces, whole: Omit<Piece, 'newer'>, since: Since): Piece[] {
  const newer = since.joined.has(whole.table) ? 'all' : since.newer;
  if (newer === 'none') return [];
  const pieces: Piece[] = [];
  let { from } = whole;
  const end = byPages ? (whole.before ?? whole.file.pages) : 0;
  const { pages, bytes } = whole.file;
  const step = Math.max(1, Math.floor((atOnce * pages) / bytes));
  for (; from + step < end; from += step) pieces.push({ ...whole, from, before: from + step, newer });
  return [...pieces, { ...whole, from, newer }];
}
