import type { Rows, Session } from '../../clients/postgres/connect.ts';
import { sqlState } from '../../clients/postgres/errors.ts';

/** A lock that is not granted in time, a conflict, a server that ends. */
const NO_REFUSAL = /^(?:40|55P03|57)/;

/** Asks what not every server lets everybody ask; undefined if it is refused, which leaves the transaction as it was. Throws what is no refusal. */
export async function ifAllowed(session: Session, sql: string): Promise<Rows | undefined> {
  try {
    const [, answer] = await session.queries(['SAVEPOINT asked', sql, 'RELEASE asked']);
    return answer!.rows;
  } catch (error) {
    const state = sqlState(error);
    if (state === undefined || NO_REFUSAL.test(state)) throw error;
    await session.query('ROLLBACK TO asked; RELEASE asked');
    return undefined;
  }
}
