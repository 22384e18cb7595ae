import { ident, literal } from '../../clients/postgres/quote.ts';
import { type Batch, parseExact, type Row } from '../../singer/tap/index.ts';
import type { Reading } from './reading.ts';

const ROWS = 1_000;

/** Reads a whole table through a cursor. */
export async function* readWhole({ relation, columns, sessions }: Reading): AsyncIterable<Batch> {
  const session = await sessions.begin();
  try {
    const pairs = columns.flatMap((column) => [literal(column.name), column.expression(ident(column.name))]);
    const where = relation.filters.map((filter) => `(${filter}\n)`).join(' AND ') || 'true';
    await session.query(
      `DECLARE rows NO SCROLL CURSOR FOR SELECT json_build_object(${pairs.join(', ')})::text AS row FROM ${relation.sql} WHERE ${where}`,
    );
    for (;;) {
      const { rows } = await session.query(`FETCH ${ROWS} FROM rows`);
      if (rows.length === 0) return;
      yield { rows: rows.map(({ row }) => parseExact(String(row)) as Row) };
    }
  } finally {
    await sessions.end(session);
  }
}
