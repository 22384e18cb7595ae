import type { IndexRow } from './queries.ts';

/**
 * The columns that identify a row: those of the primary key; else those of a unique index that no null can escape, of several the
 * replica identity, then the one with the fewest columns, then the first by name. Any other index would make one of distinct rows.
 * `indexes` are over plain columns of all rows. Pure.
 */
export function keyColumns(indexes: readonly IndexRow[], isNotNull: (column: number) => boolean): readonly number[] {
  const primary = indexes.find(([, , isPrimary]) => isPrimary);
  if (primary !== undefined) return primary[1];
  const sure = indexes.filter(([, columns, , unique]) => unique && columns.every(isNotNull));
  const [best] = sure.toSorted((a, b) => Number(b[4]) - Number(a[4]) || a[1].length - b[1].length || (a[0] < b[0] ? -1 : 1));
  return best?.[1] ?? [];
}
