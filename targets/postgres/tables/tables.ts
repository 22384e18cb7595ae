import { createHash } from 'node:crypto';
import type { Session } from '../../../clients/postgres/connect.ts';
import { sqlState } from '../../../clients/postgres/errors.ts';
import { ident } from '../../../clients/postgres/quote.ts';
import { SystemError, type Log, type Run } from '../../../singer/index.ts';
import { readTable, type ExistingTable } from './catalog.ts';
import { changesFor, checkKind, type Change } from './ddl.ts';
import { settle, type Settled } from './evolve.ts';
import { isUnique, type TablePlan } from './plan.ts';

/**
 * Why a change that has another way is refused: rows repeat already, the role or the kind of column does not allow it, or something
 * depends on the column (views, generated columns, defaults, checks, foreign keys), or a parameter is none.
 */
const REFUSALS = new Set(['23505', '42501', '42P16', '55000', '0A000', '2BP01', '42601', '42804', '42846', '42883', '22023']);

/** Changes that the server has refused in this run, as SQL: they are not asked for again. */
export type Refused = Set<string>;

/** The table of a plan as it is, and the plan as it stands in it. */
export interface Ready {
  readonly plan: TablePlan;
  readonly existing: ExistingTable;
}

/** What a table lacks for a plan, and how the plan stands in it without. Throws SystemError when they can never go together. */
export function look(
  plan: TablePlan,
  existing: ExistingTable | undefined,
  { version, refused, isSmall = true }: { readonly version: number; readonly refused: Refused; readonly isSmall?: boolean },
): { readonly changes: readonly Change[]; readonly settled: Settled | undefined } {
  if (existing !== undefined) checkKind(plan, existing);
  const settled = existing && settle(plan, existing, { refused, isSmall });
  return { changes: changesFor(plan, existing, settled, version).filter(({ sql }) => !refused.has(sql)), settled };
}

/** The same with the table's size looked at, where it matters. */
export async function lookAt(
  session: Session,
  plan: TablePlan,
  existing: ExistingTable | undefined,
  refused: Refused,
): Promise<ReturnType<typeof look>> {
  const { version } = session;
  const first = look(plan, existing, { version, refused });
  const isSmall = first.settled?.asksForSize !== true || (await hasAtMost(session, plan, plan.maxRewriteRows));
  return isSmall ? first : look(plan, existing, { version, refused, isSmall });
}

/**
 * Makes the table of a plan or brings it up to the plan, in the session's transaction, alone among our runs. Gives what the
 * catalog says afterwards.
 */
export async function changeTable(session: Session, plan: TablePlan, refused: Refused, run: Waiting): Promise<ExistingTable> {
  await lockTable(session, plan, run);
  for (;;) {
    // Another run may have done it while we waited for the lock.
    const before = await readTable(session, plan.schema, plan.table);
    const { changes, settled } = await lookAt(session, plan, before, refused);
    if (before === undefined) await createSchema(session, plan.schema);
    const mustSettle = await applyChanges(session, plan, changes, refused, run.log);
    if (mustSettle) continue;
    const after = changes.length === 0 ? before : await readTable(session, plan.schema, plan.table);
    if (after === undefined) throw vanished(plan);
    tellChanges(
      plan,
      changes.filter(({ sql }) => !refused.has(sql)),
      settled,
      run.log,
    );
    return after;
  }
}

/** True when a widening was refused, so that the plan must settle otherwise. */
async function applyChanges(
  session: Session,
  plan: TablePlan,
  changes: readonly Change[],
  refused: Refused,
  log: Log,
): Promise<boolean> {
  for (const { sql, orElse, orFail, isWidening } of changes) {
    if (orElse === undefined && orFail === undefined) {
      await session.query(sql);
      continue;
    }
    const refusal = await refusalOf(session, sql);
    if (refusal === undefined) continue;
    if (orFail !== undefined) {
      const { message, ...rest } = orFail;
      throw new SystemError(message, { ...rest, facts: placeFacts(plan), cause: refusal });
    }
    refused.add(sql);
    log.warn(orElse!, { ...placeFacts(plan), refused: sql, sqlstate: sqlState(refusal) });
    if (isWidening === true) return true;
  }
  return false;
}

function tellChanges(plan: TablePlan, changes: readonly Change[], settled: Settled | undefined, log: Log): void {
  const facts = placeFacts(plan);
  if (settled === undefined) return log.info('Table made', { ...facts, columns: plan.columns.length, keys: plan.keys });
  if (changes.length > 0) log.info('Table changed', { ...facts, changes: changes.map(({ sql }) => sql) });
  for (const { column, variant, type, reason } of settled.variants) {
    const text = 'A column keeps its type: values of another type go into a column beside it';
    log.warnOnce(`variant ${plan.schema}.${plan.table}.${variant}`, text, { ...facts, column, type, variant, reason });
  }
  return undefined;
}

/** Says once per column when values may lose digits in the type that the table has. */
export function warnOfLoss({ plan, existing }: Ready, lossy: readonly string[], log: Log): void {
  for (const column of lossy) {
    log.warnOnce(
      `lossy ${plan.schema}.${plan.table}.${column}`,
      'The type of a column keeps fewer digits than the stream may send',
      { stream: plan.stream, table: plan.table, column, type: existing.columns.get(column)?.sql },
    );
  }
}

/** Counts no further than it must. */
async function hasAtMost(session: Session, plan: TablePlan, rows: number): Promise<boolean> {
  const table = `${ident(plan.schema)}.${ident(plan.table)}`;
  const result = await session.query(`SELECT count(*) AS rows FROM (SELECT FROM ${table} LIMIT ${rows + 1}) AS first_rows`);
  return Number(result.rows[0]?.['rows']) <= rows;
}

/** True when nothing is in the table and a unique key will refuse what comes twice, so that COPY may go straight into it. */
export async function isFresh(session: Session, plan: TablePlan, existing: ExistingTable): Promise<boolean> {
  if (!isUnique(plan.keys, existing)) return false;
  // A deferrable key would not refuse it before the commit.
  const late = await session.query('SELECT FROM pg_index WHERE indrelid = $1 AND NOT indimmediate', [existing.oid]);
  if (late.rows.length > 0) return false;
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

/** The server's refusal of a statement that it may refuse; undefined when it did it. */
async function refusalOf(session: Session, statement: string): Promise<unknown> {
  await session.query('SAVEPOINT try_change');
  try {
    await session.query(statement);
    await session.query('RELEASE SAVEPOINT try_change');
    return undefined;
  } catch (error) {
    if (!REFUSALS.has(sqlState(error) ?? '')) throw error;
    await session.query('ROLLBACK TO SAVEPOINT try_change');
    return error;
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
