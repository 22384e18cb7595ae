import { ident } from '../../../clients/postgres/quote.ts';
import { wayOf, type Reading } from '../reading.ts';
import { selectSql } from '../select-sql.ts';
import { selectedOf, selectionWith, type Selection } from '../wire/output.ts';
import { XMIN } from '../xmin/bookmark.ts';
import { fromKey, type KeyOrder } from './keys.ts';

/** The record and the key. */
export function keySelection({ columns }: Pick<Reading, 'columns'>, order: KeyOrder): Selection {
  return selectionWith(
    columns,
    order.columns.map(({ text }) => text),
  );
}

/** The SELECT for the rows in the order of their keys, from one on. */
export function keysSql(
  { relation, columns }: Pick<Reading, 'relation' | 'columns'>,
  order: KeyOrder,
  from: readonly string[] | undefined,
): string {
  return selectSql({
    selected: keySelection({ columns }, order).outputs,
    from: relation.sql,
    where: from === undefined ? [] : [fromKey(order, from)],
    filters: relation.filters,
    tail: [`ORDER BY ${order.by}`],
  });
}

/** The SELECT for all rows, as far as they are wanted; where they go by a replication key, in its order, as INCREMENTAL promises. */
export function allSql(reading: Pick<Reading, 'relation' | 'columns' | 'request' | 'config'>): string {
  const { relation, columns, request, config } = reading;
  const { replicationKey: key } = request;
  const order = wayOf(reading) === 'window' && key !== undefined && key !== XMIN ? [`ORDER BY ${ident(key)}`] : [];
  const limits = [request.limit, config.max_record_count].filter((limit) => limit !== undefined);
  return selectSql({
    selected: selectedOf(columns),
    from: relation.sql,
    filters: relation.filters,
    tail: [...order, ...(limits.length === 0 ? [] : [`LIMIT ${Math.min(...limits)}`])],
  });
}
