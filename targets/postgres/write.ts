import type { Session } from '../../clients/postgres/connect.ts';
import { sqlState } from '../../clients/postgres/errors.ts';
import { ident, qualified } from '../../clients/postgres/quote.ts';
import type { Part } from '../../singer/index.ts';
import type { ExistingTable } from './catalog.ts';
import { fitsOf, isUnique, PG_15 } from './ddl.ts';
import {
  createStage,
  hasNullKey,
  insertAll,
  insertLast,
  mergeRows,
  nullableKeys,
  stageName,
  updateThenInsert,
  type MergeSource,
} from './merge.ts';
import type { PlannedColumn, TablePlan } from './plan.ts';
import type { Counts } from './tally.ts';

const UNIQUE_VIOLATION = '23505';

/** Rows of one part on their way into their table. */
export interface Load {
  readonly session: Session;
  readonly plan: TablePlan;
  readonly existing: ExistingTable;
  readonly part: Part;
}

/** Every record becomes a row: COPY straight into the table, or by way of a stage where types differ. */
export async function append({ session, plan, existing, part }: Load): Promise<Counts> {
  if (isDirect(plan, existing)) {
    return { appended: await session.copyIn(copyInto(qualified(plan.schema, plan.table), plan.columns), part.blocks) };
  }
  return inStage(session, plan, part, async (stage) => ({
    appended: (await session.query(insertAll({ plan, stage }))).rowCount,
  }));
}

/**
 * COPY straight into a table with a unique key, as long as nothing collides: for tables that were empty when the run began. Gives
 * undefined, with nothing written, when a key is there already.
 */
export async function copyNew({ session, plan, existing, part }: Load): Promise<Counts | undefined> {
  if (!isDirect(plan, existing) || !isUnique(plan.keys, existing)) return undefined;
  await session.query('SAVEPOINT copy_new');
  try {
    const inserted = await session.copyIn(copyInto(qualified(plan.schema, plan.table), plan.columns), part.blocks);
    await session.query('RELEASE SAVEPOINT copy_new');
    return { inserted };
  } catch (error) {
    if (sqlState(error) !== UNIQUE_VIOLATION) throw error;
    await session.query('ROLLBACK TO SAVEPOINT copy_new');
    return undefined;
  }
}

/** One row per key, by a stage and a merge; unchanged rows are not written. */
export async function upsert({ session, plan, existing, part }: Load): Promise<Counts> {
  return inStage(session, plan, part, async (stage) => {
    const source: MergeSource = { plan, existing, stage };
    // With a unique index, lookups by key are the one plan that stays good whatever the table's size; without one, hashing is.
    const lookups = isUnique(plan.keys, existing) ? 'off' : 'on';
    await session.query(`SET LOCAL enable_hashjoin = ${lookups}; SET LOCAL enable_mergejoin = ${lookups}`);
    try {
      const counts = await merge(session, source);
      return { ...counts, unchanged: part.rows - counts.inserted - counts.updated };
    } catch (error) {
      if (sqlState(error) !== UNIQUE_VIOLATION) throw error;
      // A rival outside of our lock inserted the key after we had looked: what serialization failures are, so it is told as one.
      throw Object.assign(new Error('another session inserted a key of this batch meanwhile'), { code: '40001' });
    }
  });
}

async function merge(session: Session, source: MergeSource): Promise<{ inserted: number; updated: number }> {
  const { plan, existing, stage } = source;
  if (session.version < PG_15) return updateInsert(session, source, false);
  const before = await changesInTransaction(session, existing);
  const { rowCount } = await session.query(mergeRows(source));
  const after = await changesInTransaction(session, existing);
  let inserted = after.inserted - before.inserted;
  // Partitions and servers that do not count tell nothing: then all that was written shows as updated.
  if (inserted + after.updated - before.updated !== rowCount) inserted = 0;
  const counts = { inserted, updated: rowCount - inserted };
  if (nullableKeys(plan).length === 0) return counts;
  const { rows } = await session.query(`SELECT FROM ${stage} WHERE ${hasNullKey(plan)} LIMIT 1`);
  if (rows.length === 0) return counts;
  const more = await updateInsert(session, source, true);
  return { inserted: counts.inserted + more.inserted, updated: counts.updated + more.updated };
}

async function updateInsert(
  session: Session,
  source: MergeSource,
  onlyNullKeys: boolean,
): Promise<{ inserted: number; updated: number }> {
  const [update, insert] = updateThenInsert(source, onlyNullKeys);
  const updated = update === undefined ? 0 : (await session.query(update)).rowCount;
  return { updated, inserted: (await session.query(insert)).rowCount };
}

/** What this transaction has done to the table so far, as the server counts it; costs nothing, unlike RETURNING. */
async function changesInTransaction(session: Session, { oid }: ExistingTable): Promise<{ inserted: number; updated: number }> {
  const { rows } = await session.query(
    'SELECT pg_stat_get_xact_tuples_inserted($1::oid) AS inserted, pg_stat_get_xact_tuples_updated($1::oid) AS updated',
    [oid],
  );
  return { inserted: Number(rows[0]?.['inserted'] ?? 0), updated: Number(rows[0]?.['updated'] ?? 0) };
}

/** Puts the rows of a stage (quoted) in the place of the table's content. Readers see the old rows or the new ones, never none. */
export async function replace(session: Session, plan: TablePlan, stage: string, via: 'delete' | 'truncate'): Promise<Counts> {
  const table = qualified(plan.schema, plan.table);
  await session.query(via === 'truncate' ? `TRUNCATE ${table}` : `DELETE FROM ${table}`);
  const source = { plan, stage };
  const { rowCount } = await session.query(plan.keys.length > 0 ? insertLast(source) : insertAll(source));
  return { replaced: rowCount };
}

async function inStage<T>(session: Session, plan: TablePlan, part: Part, work: (stage: string) => Promise<T>): Promise<T> {
  const stage = stageName('tapline_stage');
  await session.query(createStage(stage, plan.columns));
  await session.copyIn(copyInto(stage, plan.columns), part.blocks);
  const result = await work(stage);
  await session.query(`DROP TABLE ${stage}`);
  return result;
}

/** True when every column's own type reads our COPY text with the same meaning. */
function isDirect(plan: TablePlan, existing: ExistingTable): boolean {
  return [...fitsOf(plan, existing).values()].every((fit) => fit !== 'cast');
}

/** The COPY statement that takes our encoder's rows. `table` is quoted. */
export function copyInto(table: string, columns: readonly PlannedColumn[]): string {
  return `COPY ${table} (${columns.map((column) => ident(column.name)).join(', ')}) FROM STDIN`;
}
