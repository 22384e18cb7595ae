import { systemError } from '../../clients/postgres/errors.ts';
import type { Batch } from '../../singer/tap/index.ts';
import { copySql } from './incremental/query.ts';
import type { Query, Reading } from './reading.ts';
import { lockUnchanged } from './unchanged.ts';
import { outputOf, selectedOf } from './wire/output.ts';

/** Reads a whole table in the order in which the server gives its rows. Throws TaplineError. */
export async function* readWhole(reading: Reading): AsyncGenerator<Batch, void> {
  const { sessions, request } = reading;
  const output = outputOf(reading);
  const session = await sessions.begin();
  try {
    await lockUnchanged(session, reading);
    for await (const block of session.copyOut(copySql(wholeQuery(reading).sql), request.signal)) {
      yield* output.records(block, 0, block.rows);
    }
  } catch (error) {
    throw systemError(error, { stream: reading.id });
  } finally {
    output.tell();
    await sessions.end(session);
  }
}

/** The query for all rows. */
export function wholeQuery({ relation, columns, request, config }: Reading): Query {
  const where = relation.filters.map((filter) => `(${filter}\n)`);
  const limit = request.limit ?? config.max_record_count;
  const sql = [
    `SELECT ${selectedOf(columns).join(', ')}`,
    `FROM ${relation.sql}`,
    ...(where.length === 0 ? [] : [`WHERE ${where.join('\n  AND ')}`]),
    ...(limit === undefined ? [] : [`LIMIT ${limit}`]),
  ];
  return { purpose: config.window === undefined ? 'all rows' : 'all rows of the window', sql: sql.join('\n') };
}
