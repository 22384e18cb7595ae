import { ident, literal } from '../../../clients/postgres/quote.ts';
import type { PgType } from '../model.ts';

/** A column by which rows are ordered. */
export interface OrderColumn {
  readonly name: string;
  /** SQL of the column itself: what is compared and sorted, so that an index serves. */
  readonly sql: string;
  /** SQL of what a COPY writes as its exact text. */
  readonly text: string;
  /** SQL of the value that has this text. */
  readonly value: (text: string) => string;
}

/** The order of a stream's rows: by key, rows without one first. */
export interface Order {
  readonly key: OrderColumn;
  /** False if no row without a key is read in this order. */
  readonly nullable: boolean;
  /** Never null. With the key they tell all rows apart; empty if the key alone does. Undefined: nothing does. */
  readonly ties: readonly OrderColumn[] | undefined;
}

/** How far into an order: behind all rows with smaller values, and of those with this value … */
export interface Position {
  /** Exact text; null for the rows without a key. */
  readonly value: string | null;
  readonly within: Within;
}

export type Within =
  /** … before them, */
  | 'none'
  /** … behind all of them, */
  | 'all'
  /** … behind the one with these values of the order's `ties`; where they are places in a file, `file` is that one's number, */
  | { readonly after: readonly string[]; readonly file?: string }
  /** … behind those with these hashes, as often as each stands here. */
  | { readonly sent: readonly string[] };

/** A column with a name. The text is the type's own, so that the cast back gives the same value, microseconds and all. */
export function orderColumn(name: string, type: Pick<PgType, 'schema' | 'name'>): OrderColumn {
  const sql = ident(name);
  // As printed it depends on the locale.
  if (type.schema === 'pg_catalog' && type.name === 'money') {
    return { name, sql, text: `${sql}::numeric`, value: (text) => `${literal(text)}::numeric::money` };
  }
  // By its quoted name a type has no length: `"bpchar"` keeps what `character` would cut to one.
  return { name, sql, text: sql, value: (text) => `${literal(text)}::${ident(type.schema)}.${ident(type.name)}` };
}

/** Where a row is stored: tells the rows of a table apart that have no key, as long as nothing moves them. */
export const PLACE: readonly OrderColumn[] = [
  { name: 'tableoid', sql: 'tableoid', text: 'tableoid', value: (text) => `${literal(text)}::oid` },
  { name: 'ctid', sql: 'ctid', text: 'ctid', value: (text) => `${literal(text)}::tid` },
];

/** SQL condition for the rows behind a position, and those with its value that it counts by hash; undefined: all rows are. */
export function behind(order: Order, { value, within }: Position): string | undefined {
  const key = order.key.sql;
  const after = afterOf(within);
  if (value === null) {
    if (within === 'all') return `${key} IS NOT NULL`;
    return after === undefined ? undefined : `(${key} IS NOT NULL OR ${compare(order, '>', after)})`;
  }
  const at = order.key.value(value);
  if (within === 'all') return `${key} > ${at}`;
  // The first condition is for the index of the key.
  return `${key} >= ${at}${after === undefined ? '' : ` AND ${compare(order, '>', after, value)}`}`;
}

/** SQL condition for the rows up to a position, but for those that it counts by hash. */
export function upTo(order: Order, { value, within }: Position): string {
  const key = order.key.sql;
  const after = afterOf(within);
  if (value === null) {
    if (within === 'all') return `${key} IS NULL`;
    return after === undefined ? 'false' : `(${key} IS NULL AND ${compare(order, '<=', after)})`;
  }
  const last = within === 'all' || after !== undefined ? '<=' : '<';
  const condition = `${key} ${last} ${order.key.value(value)}${after === undefined ? '' : ` AND ${compare(order, '<=', after, value)}`}`;
  return order.nullable ? `(${key} IS NULL OR ${condition})` : condition;
}

function afterOf(within: Within): readonly string[] | undefined {
  return typeof within === 'object' && 'after' in within ? within.after : undefined;
}

/** Compares a row's place in the order: that of the key, if given, and of the ties. */
function compare(order: Order, operator: '>' | '<=', after: readonly string[], value?: string): string {
  const ties = order.ties ?? [];
  const columns = [...(value === undefined ? [] : [order.key.sql]), ...ties.map(({ sql }) => sql)];
  const values = [...(value === undefined ? [] : [order.key.value(value)]), ...ties.map((tie, n) => tie.value(after[n]!))];
  return `(${columns.join(', ')}) ${operator} (${values.join(', ')})`;
}

/** What stands behind ORDER BY. `nulls`: rows without a key are among the others, and come first. */
export function orderBy(order: Order, nulls: boolean): string {
  return [`${order.key.sql}${nulls ? ' NULLS FIRST' : ''}`, ...(order.ties ?? []).map(({ sql }) => sql)].join(', ');
}
