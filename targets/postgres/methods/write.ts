import type { Session } from '../../../clients/postgres/connect.ts';
import { sqlState } from '../../../clients/postgres/errors.ts';
import { ident, qualified } from '../../../clients/postgres/quote.ts';
import type { Part } from '../../../singer/index.ts';
import type { ExistingTable } from '../tables/catalog.ts';
import { PG_15 } from '../tables/ddl.ts';
import {
  createStage,
  hasNullKey,
  insertAll,
  mergeRows,
  nullableKeys,
  stageName,
  separateMerge,
  type MergeSource,
} from './merge.ts';
import { hasColumns, isUnique, type PlannedColumn, type TablePlan } from '../tables/plan.ts';
import { convertStage, namingColumn } from './stage-types.ts';
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
export async function append({ session, plan, part }: Pick<Load, 'session' | 'plan' | 'part'>): Promise<Counts> {
  if (plan.isDirect) {
    return { appended: await copy(session, qualified(plan.schema, plan.table), plan, part) };
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
  // Rows that are to be deleted must not get in.
  if (!plan.isDirect || !isUnique(plan.keys, existing) || plan.extras?.deletedAt !== undefined) return undefined;
  await session.query('SAVEPOINT copy_new');
  try {
    const inserted = await copy(session, qualified(plan.schema, plan.table), plan, part);
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
      const { deleted, ...counts } = await merge(session, source);
      // A record may change several rows, where no unique index forbids that they have one key.
      const unchanged = Math.max(0, part.rows - counts.inserted - counts.updated - deleted);
      return { ...counts, unchanged, ...(plan.extras?.deletedAt === undefined ? {} : { deleted }) };
    } catch (error) {
      if (sqlState(error) !== UNIQUE_VIOLATION || !isOfKey(error, plan, existing)) throw error;
      // A rival outside of our lock inserted the key after we had looked: what serialization failures are, so it is told as one.
      throw Object.assign(new Error('another session inserted a key of this batch meanwhile'), { code: '40001' });
    }
  });
}

/** True when the unique index that an error is about is the one that the merge goes by. */
function isOfKey(error: unknown, { keys }: TablePlan, existing: ExistingTable): boolean {
  const { constraint } = error as { readonly constraint?: unknown };
  return existing.uniques.some((index) => index.name === constraint && hasColumns(index, keys));
}

/** Rows written by a merge. */
interface Merged {
  readonly inserted: number;
  readonly updated: number;
  readonly deleted: number;
}

async function merge(session: Session, source: MergeSource): Promise<Merged> {
  const { plan, existing, stage } = source;
  if (session.version < PG_15) return mergeSeparately(session, source, false);
  const before = await changesInTransaction(session, existing);
  const { rowCount } = await session.query(mergeRows(source));
  const merged = difference(before, await changesInTransaction(session, existing));
  // Partitions and servers that do not count tell nothing: then all that was written shows as updated.
  const isCounted = merged.inserted + merged.updated + merged.deleted === rowCount;
  const counts = isCounted ? merged : { inserted: 0, updated: rowCount, deleted: 0 };
  if (nullableKeys(plan).length === 0) return counts;
  const { rows } = await session.query(`SELECT FROM ${stage} WHERE ${hasNullKey(plan)} LIMIT 1`);
  if (rows.length === 0) return counts;
  const more = await mergeSeparately(session, source, true);
  return {
    inserted: counts.inserted + more.inserted,
    updated: counts.updated + more.updated,
    deleted: counts.deleted + more.deleted,
  };
}

async function mergeSeparately(session: Session, source: MergeSource, onlyNullKeys: boolean): Promise<Merged> {
  const { deletes, updates, insert } = separateMerge(source, onlyNullKeys);
  const rowsOf = async (statements: readonly string[]): Promise<number> => {
    let rows = 0;
    for (const statement of statements) rows += (await session.query(statement)).rowCount;
    return rows;
  };
  return { deleted: await rowsOf(deletes), updated: await rowsOf(updates), inserted: await rowsOf([insert]) };
}

/** What this transaction has done to the table so far, as the server counts it; costs nothing, unlike RETURNING. */
async function changesInTransaction(session: Session, { oid }: ExistingTable): Promise<Merged> {
  const { rows } = await session.query(
    'SELECT pg_stat_get_xact_tuples_inserted($1::oid) AS inserted, pg_stat_get_xact_tuples_updated($1::oid) AS updated, pg_stat_get_xact_tuples_deleted($1::oid) AS deleted',
    [oid],
  );
  const { inserted, updated, deleted } = rows[0] ?? {};
  return { inserted: Number(inserted ?? 0), updated: Number(updated ?? 0), deleted: Number(deleted ?? 0) };
}

function difference(before: Merged, after: Merged): Merged {
  return {
    inserted: after.inserted - before.inserted,
    updated: after.updated - before.updated,
    deleted: after.deleted - before.deleted,
  };
}

async function inStage<T>(session: Session, plan: TablePlan, part: Part, work: (stage: string) => Promise<T>): Promise<T> {
  const stage = stageName('tapline_stage');
  await session.query(createStage(stage, plan.columns));
  await copy(session, stage, plan, part);
  await convertStage(session, stage, plan);
  const result = await namingColumn(session, stage, plan, () => work(stage));
  await session.query(`DROP TABLE ${stage}`);
  return result;
}

/** COPY of a part into a table (quoted); gives the rows. */
async function copy(session: Session, table: string, { columns }: TablePlan, { blocks }: Part): Promise<number> {
  const [rows = 0] = await session.copyIn([{ statement: copyInto(table, columns), blocks }]);
  return rows;
}

/** The COPY statement that takes our encoder's rows. `table` is quoted. */
export function copyInto(table: string, columns: readonly PlannedColumn[]): string {
  const written = columns.filter((column) => column.isBlank === undefined);
  return `COPY ${table} (${written.map((column) => ident(column.name)).join(', ')}) FROM STDIN`;
}
