import type { Session } from '../../clients/postgres/connect.ts';
import { sqlState } from '../../clients/postgres/errors.ts';
import { qualified } from '../../clients/postgres/quote.ts';
import { SystemError } from '../../singer/tap/index.ts';
import { ifAllowed } from './if-allowed.ts';
import type { Table } from './model.ts';
import { LOCKABLE } from './unchanged.ts';

/**
 * Locks tables against changes to the end of the session's transaction, and gives the name by which other transactions see what it sees, as long as it
 * is open. The locks come first: what was truncated or altered between the moment and a lock would be read as what it never was.
 * Tables that are gone or may not be read are left to whoever reads them. Throws the server's errors.
 */
export async function exportSnapshot(session: Session, tables: readonly Table[]): Promise<string> {
  const [lockable, others] = [true, false].map((is) => tables.filter(({ kind }) => LOCKABLE.has(kind) === is));
  for (const table of lockable!)
    await ifAllowed(session, `LOCK TABLE ${qualified(table.schema, table.name)} IN ACCESS SHARE MODE`);
  for (const table of others!) await ifAllowed(session, `SELECT FROM ${qualified(table.schema, table.name)} LIMIT 0`);
  const { rows } = await session.query('SELECT pg_export_snapshot() AS name');
  return String(rows[0]?.['name']);
}

/** What is said when a shared snapshot cannot be taken on any more. */
export function snapshotLost(): SystemError {
  return new SystemError('The connection that keeps the shared snapshot was lost: other streams would be of another moment', {
    code: 'snapshot-lost',
    hint: 'Run again: the state is safe. snapshot: per_table needs no such connection.',
  });
}

/** Whether a transaction could not take on a snapshot because nobody keeps it any more. Whatever else is set at its beginning was good before. */
export function isSnapshotGone(error: unknown): boolean {
  return /^(?:22023|42704|58P01)$/.test(sqlState(error) ?? '');
}
