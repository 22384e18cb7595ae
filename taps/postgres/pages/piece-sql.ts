import { qualified } from '../../../clients/postgres/quote.ts';
import { newerSql } from '../incremental/snapshot.ts';
import type { Reading } from '../reading.ts';
import { selectSql } from '../select-sql.ts';
import { selectedOf } from '../wire/output.ts';
import { WHOLE, type Piece } from './pieces.ts';

/** The SELECT for the rows of some pages. */
export function pieceSql(
  { relation, request, columns }: Pick<Reading, 'relation' | 'request' | 'columns'>,
  { file, from, before, newer }: Piece,
): string {
  return selectSql({
    selected: selectedOf(columns),
    from: file === WHOLE ? relation.sql : `ONLY ${qualified(file.schema, file.name)}`,
    where: [
      ...(from === 0 ? [] : [`ctid >= '(${from},0)'`]),
      ...(before === undefined ? [] : [`ctid < '(${before},0)'`]),
      ...(newer === 'all' ? [] : [newerSql(newer.xid)]),
    ],
    filters: relation.filters,
    tail: request.limit === undefined ? [] : [`LIMIT ${request.limit}`],
  });
}
