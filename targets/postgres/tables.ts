import { createHash } from 'node:crypto';
import type { Session } from '../../clients/postgres/connect.ts';
import { sqlState } from '../../clients/postgres/errors.ts';
import { ident } from '../../clients/postgres/quote.ts';
import { SystemError, type Log, type Run } from '../../singer/index.ts';
import { readTable, type ExistingTable } from './catalog.ts';
import { changesFor, fitsOf, isUnique } from './ddl.ts';
import type { TablePlan } from './plan.ts';

/** Why a change that is only wished for is refused: rows repeat already, or the role or the kind of column does not allow it. */
const REFUSALS = new Set(['23505', '42501', '42P16', '55000', '0A000']);

/** Changes that the server has refused in this run, as SQL: they are not asked for again. */
export type Refused = Set<string>;

/** True when the table lacks something that the plan needs. Throws SystemError when it cannot be given. */
export function needsChanges(plan: TablePlan, existing: ExistingTable | undefined, version: number, refused: Refused): boolean {
  return changesFor(plan, existing, version).some(({ sql }) => !refused.has(sql));
}

/**
 * Makes the table of a plan or brings it up to the plan, in the session's transaction, alone among our runs. Gives what the
 * catalog says afterwards.
 */
export async function changeTable(session: Session, plan: TablePlan, refused: Refused, run: Waiting): Promise<ExistingTable> {
  await lockTable(session, plan, run);
  // Another run may have done it while we waited for the lock.
  const before = await readTable(session, plan.schema, plan.table);
  const changes = changesFor(plan, before, session.version).filter(({ sql }) => !refused.has(sql));
  if (before === undefined) await createSchema(session, plan.schema);
  for (const { sql, orElse } of changes) {
    if (orElse === undefined) await session.query(sql);
    else if (!(await isGranted(session, sql))) {
      refused.add(sql);
      run.log.warn(orElse, { ...placeFacts(plan), refused: sql });
    }
  }
  const after = changes.length === 0 ? before : await readTable(session, plan.schema, plan.table);
  if (after === undefined) throw vanished(plan);
  if (before === undefined) run.log.info('Table made', { ...placeFacts(plan), columns: plan.columns.length, keys: plan.keys });
  else if (changes.length > 0) run.log.info('Table changed', { ...placeFacts(plan), changes: changes.map(({ sql }) => sql) });
  return after;
}

/** Says once per column when values may lose digits in the type that the table has. */
export function warnOfLoss(plan: TablePlan, existing: ExistingTable, log: Log): void {
  for (const [column, fit] of fitsOf(plan, existing)) {
    if (fit !== 'lossy') continue;
    log.warnOnce(
      `lossy ${plan.schema}.${plan.table}.${column}`,
      'The type of a column keeps fewer digits than the stream may send',
      {
        stream: plan.stream,
        table: plan.table,
        column,
        type: existing.columns.get(column)?.sql,
      },
    );
  }
}

/** True when nothing is in the table and a unique key will refuse what comes twice, so that COPY may go straight into it. */
export async function isFresh(session: Session, plan: TablePlan, existing: ExistingTable): Promise<boolean> {
  if (!isUnique(plan.keys, existing)) return false;
  const { rows } = await session.query(`SELECT FROM ${ident(plan.schema)}.${ident(plan.table)} LIMIT 1`);
  return rows.length === 0;
}

/** What is needed to wait: somebody to tell, and when to stop. */
export type Waiting = Pick<Run, 'log' | 'signal'>;

/** How long one wait for another run may take before we look whether we are to stop. */
const LOOK_UP_MS = 1000;

/**
 * Keeps other runs of ours away from a table (its DDL and merges) until the transaction ends. Waits as long as it takes: foreign
 * locks, which lock_timeout is for, mean trouble, but a batch of another run is only a matter of time.
 */
export async function lockTable(session: Session, plan: TablePlan, { log, signal }: Waiting): Promise<void> {
  const key = lockKey(plan.schema, plan.table);
  const { rows } = await session.query('SELECT pg_try_advisory_xact_lock($1::bigint) AS locked', [key]);
  if (rows[0]?.['locked'] === true) return;
  log.info('Another run is writing to the table: waiting for its transaction', placeFacts(plan));
  // Blocking in pieces rather than asking again and again: only a blocked session takes part in deadlock detection.
  for (;;) {
    signal.throwIfAborted();
    await session.query('SAVEPOINT wait_for_run');
    try {
      const limit = await session.query(
        "SELECT current_setting('lock_timeout') AS before, set_config('lock_timeout', $1, true)",
        [String(LOOK_UP_MS)],
      );
      await session.query('SELECT pg_advisory_xact_lock($1::bigint)', [key]);
      await session.query("SELECT set_config('lock_timeout', $1, true)", [limit.rows[0]?.['before']]);
      await session.query('RELEASE SAVEPOINT wait_for_run');
      return;
    } catch (error) {
      if (sqlState(error) !== LOCK_TIMEOUT) throw error;
      await session.query('ROLLBACK TO SAVEPOINT wait_for_run');
    }
  }
}

const LOCK_TIMEOUT = '55P03';

/** The same number in every process for the same table. */
export function lockKey(schema: string, table: string): string {
  return createHash('sha256').update(`tapline\0${schema}\0${table}`).digest().readBigInt64BE().toString();
}

/** Only where it is missing: CREATE SCHEMA IF NOT EXISTS asks for a right on the database even when there is nothing to do. */
export async function createSchema(session: Session, schema: string): Promise<void> {
  const { rows } = await session.query('SELECT FROM pg_namespace WHERE nspname = $1', [schema]);
  if (rows.length === 0) await session.query(`CREATE SCHEMA IF NOT EXISTS ${ident(schema)}`);
}

async function isGranted(session: Session, statement: string): Promise<boolean> {
  await session.query('SAVEPOINT try_change');
  try {
    await session.query(statement);
    await session.query('RELEASE SAVEPOINT try_change');
    return true;
  } catch (error) {
    if (!REFUSALS.has(sqlState(error) ?? '')) throw error;
    await session.query('ROLLBACK TO SAVEPOINT try_change');
    return false;
  }
}

function vanished(plan: TablePlan): SystemError {
  return new SystemError(`Table ${plan.schema}.${plan.table} vanished while it was being made`, {
    code: 'table-missing',
    facts: placeFacts(plan),
    hint: 'See which other process drops it, then run again.',
  });
}

function placeFacts({ stream, schema, table }: TablePlan): { stream: string; schema: string; table: string } {
  return { stream, schema, table };
}
