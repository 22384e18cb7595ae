import type { Relation } from '../relation.ts';
import { mixesNulls, type Segment } from './coverage.ts';
import { behind, orderBy, upTo, type Order } from './position.ts';
import { newerSql } from './snapshot.ts';

/** What a query gives of each row, and which rows. */
export interface Selecting {
  readonly relation: Relation;
  /** SQL of what is selected, in order. */
  readonly outputs: readonly string[];
  readonly order: Order;
  readonly segment: Segment;
  /** Tables whose rows all count as new in this segment. */
  readonly joined: readonly string[];
  /** More conditions for this query. */
  readonly conditions: readonly string[];
  readonly limit: number | undefined;
}

/** The SELECT for a segment, its rows in order. */
export function selectSql({ relation, outputs, order, segment, joined, conditions, limit }: Selecting): string {
  const { from, newer } = segment;
  const where = [
    ...(from === undefined ? [] : [behind(order, from)]),
    ...(segment.upTo === undefined ? [] : [upTo(order, segment.upTo)]),
    ...(newer === 'all' ? [] : [newerOrJoined(newer.xid, joined)]),
    ...conditions,
    // On lines of their own: a comment at the end of one hides nothing.
    ...relation.filters.map((filter) => `(${filter}\n)`),
  ].filter((condition) => condition !== undefined);
  return [
    `SELECT ${outputs.join(', ')}`,
    `FROM ${relation.sql}`,
    ...(where.length === 0 ? [] : [`WHERE ${where.join('\n  AND ')}`]),
    `ORDER BY ${orderBy(order, mixesNulls(order, segment))}`,
    ...(limit === undefined ? [] : [limitSql(limit, order)]),
  ].join('\n');
}

/** Rows that nothing tells apart are read to the last of those with one value, so that the next run knows where to go on. */
function limitSql(limit: number, order: Order): string {
  return order.ties === undefined ? `FETCH FIRST ${limit} ROWS WITH TIES` : `LIMIT ${limit}`;
}

function newerOrJoined(xid: number, joined: readonly string[]): string {
  const newer = newerSql(xid);
  return joined.length === 0 ? newer : `(tableoid IN (${joined.join(', ')}) OR ${newer})`;
}

/** COPY for the rows of a query. */
export function copySql(select: string): string {
  return `COPY (${select}\n) TO STDOUT`;
}
