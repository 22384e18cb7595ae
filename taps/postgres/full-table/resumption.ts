import type { JsonObject } from '../../../singer/tap/index.ts';
import { remembered } from '../incremental/coverage.ts';
import type { Facts, HeapFile } from '../incremental/sight.ts';
import { horizonOf, newerThan, type Newer } from '../incremental/snapshot.ts';
import { readPlace, type KeyPlace, type PagePlace } from './place.ts';
import { shortHash, type FullTableWay } from './way.ts';

/** Where a reading goes on, or why it cannot. */
export type Resumption =
  | { readonly by: 'pages'; readonly place: PagePlace; /** Which rows of what was read are new since. */ readonly newer: Newer }
  | { readonly by: 'keys'; readonly place: KeyPlace }
  | { readonly by: 'nothing'; readonly reason: string };

/** Looks at the bookmark of a reading that was cut short. `reads`: see `readsOf`. Pure. */
export function resumption(
  way: FullTableWay,
  { source, sight }: Pick<Facts, 'source' | 'sight'>,
  reads: string,
  bookmark: JsonObject,
): Resumption {
  const place = readPlace(bookmark);
  const no = (reason: string): Resumption => ({ by: 'nothing', reason });
  if (place === undefined) return no('its bookmark does not say where');
  if (place.source !== source) return no('it is another table or server than it was, or another one of its lives');
  if (place.reads !== reads) return no('columns, keys, conditions or types are others than they were');
  if (place.by === 'keys') {
    const fits = way.by === 'keys' && way.order.columns.length === place.after.length;
    return fits ? { by: 'keys', place } : no('it is not read by its keys any more');
  }
  if (way.by !== 'pages') return no('it is not read by its pages any more');
  if (place.files !== filesUpTo(way.files).get(place.table)) {
    return no('it was truncated or written anew since, or partitions came or went');
  }
  const newer = newerThan(horizonOf(place.seen, remembered(sight)), sight.snapshot);
  return newer === 'all' ? no('too many transactions have been since') : { by: 'pages', place, newer };
}

/** For each table, a hash of the files of all tables up to it, in the order of their oids. */
export function filesUpTo(files: ReadonlyMap<string, HeapFile>): ReadonlyMap<string, string> {
  let chain = '';
  return new Map(
    [...files]
      .toSorted(([a], [b]) => Number(a) - Number(b))
      .map(([oid, { file }]) => [oid, (chain = shortHash(`${chain} ${oid}:${file}`))]),
  );
}
