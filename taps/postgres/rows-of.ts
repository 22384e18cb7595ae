import type { Session } from '../../clients/postgres/connect.ts';
import type { Batch } from '../../singer/tap/index.ts';
import { copySql } from './incremental/query.ts';
import type { Reading } from './reading.ts';
import type { Output } from './wire/output.ts';

/** The records of a query. */
export async function* rowsOf(
  { request }: Pick<Reading, 'request'>,
  output: Output,
  session: Session,
  select: string,
): AsyncGenerator<Batch, void> {
  for await (const block of session.copyOut(copySql(select), request.signal)) yield* output.records(block, 0, block.rows);
}
