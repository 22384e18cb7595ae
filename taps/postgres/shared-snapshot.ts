import type { Session } from '../../clients/postgres/connect.ts';
import { sqlState } from '../../clients/postgres/errors.ts';
import { qualified } from '../../clients/postgres/quote.ts';
import { SystemError } from '../../singer/tap/index.ts';
import type { Table, TableKind } from './model.ts';

/** Kinds that LOCK takes; of a view it locks what it is made of. */
const LOCKABLE: ReadonlySet<TableKind> = new Set(['table', 'partitioned table', 'view']);

/**
 * Locks tables against changes to the end of the session's transaction, and gives the name by which other transactions see what it sees, as long as it
 * is open. The locks come first: what was truncated or altered between the moment and a lock would be read as what it never was.
 * Tables that are gone or may not be read are left to whoever reads them. Throws the server's errors.
 */
export async function exportSnapshot(session: Session, tables: readonly Table[]): Promise<string> {
  const [lockable, others] = [true, false].map((is) => tables.filter(({ kind }) => LOCKABLE.has(kind) === is));
  for (const table of lockable!) await ifThere(session, `LOCK TABLE ${qualified(table.schema, table.name)} IN ACCESS SHARE MODE`);
  for (const table of others!) await ifThere(session, `SELECT FROM ${qualified(table.schema, table.name)} LIMIT 0`);
  const { rows } = await session.query('SELECT pg_export_snapshot() AS name');
  return String(rows[0]?.['name']);
}

async function ifThere(session: Session, statement: string): Promise<void> {
  await session.query('SAVEPOINT locked');
  try {
    await session.query(statement);
  } catch (error) {
    if (!/^42/.test(sqlState(error) ?? '')) throw error;
    await session.query('ROLLBACK TO SAVEPOINT locked');
  }
  // From within a subtransaction nothing can be exported.
  await session.query('RELEASE SAVEPOINT locked');
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
