import { orderColumn, type OrderColumn } from '../incremental/position.ts';
import type { Reading } from '../reading.ts';

/** The order of rows by their keys. */
export interface KeyOrder {
  readonly columns: readonly OrderColumn[];
  /** What stands behind ORDER BY: rows that lack a part of their key come behind those with the other parts. */
  readonly by: string;
}

/** Types that sort as the database's language does, which may be another one at the next run. */
const TEXTS: ReadonlySet<string> = new Set(['text', 'varchar', 'bpchar', 'name']);

/** The order by the keys of a stream; undefined if it has none that are columns. */
export function keyOrder({ relation, request }: Pick<Reading, 'relation' | 'request'>): KeyOrder | undefined {
  const found = request.keys.map((key) => relation.columns.find(({ name }) => name === key));
  const columns = found.flatMap((column) => {
    if (column === undefined) return [];
    const { type } = column;
    const plain = orderColumn(column.name, type);
    const isText = type.schema === 'pg_catalog' && TEXTS.has(type.name);
    return [isText ? { ...plain, sql: `${plain.sql} COLLATE "C"` } : plain];
  });
  if (columns.length === 0 || columns.length < found.length) return undefined;
  return { columns, by: columns.map(({ sql }) => sql).join(', ') };
}

/**
 * SQL condition for the rows from this key on. Nobody has proven that keys of views are unique, or there at all: rows with the same one, and
 * those that lack a part of it, are among them.
 */
export function fromKey({ columns }: KeyOrder, key: readonly string[]): string {
  const values = columns.map(({ value }, n) => value(key[n]!));
  const lacking = columns.map(({ sql }) => `${sql} IS NULL`);
  return `((${columns.map(({ sql }) => sql).join(', ')}) >= (${values.join(', ')}) OR ${lacking.join(' OR ')})`;
}
