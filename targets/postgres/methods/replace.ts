import type { Session } from '../../../clients/postgres/connect.ts';
import { sqlState } from '../../../clients/postgres/errors.ts';
import { qualified } from '../../../clients/postgres/quote.ts';
import { SystemError } from '../../../singer/index.ts';
import { brake, countLive } from './brake.ts';
import type { ExistingTable } from '../tables/catalog.ts';
import { insertAll, insertLast } from './merge.ts';
import type { TablePlan } from '../tables/plan.ts';
import { deleteMoved, inRange, refuseOutside } from './replace-range.ts';
import type { Counts } from './tally.ts';

/** What the server says to TRUNCATE of a table with foreign keys on it, and to a role without that right. */
const REFERRED_TO = '0A000';
const NOT_ALLOWED = '42501';

export interface Replacement {
  readonly session: Session;
  readonly plan: TablePlan;
  readonly existing: ExistingTable;
  /** Quoted; undefined: nothing takes the place of what goes. */
  readonly stage: string | undefined;
  readonly via: 'delete' | 'truncate';
  readonly maxDeletePercent: number;
}

/**
 * Puts the rows of a stage in the place of the table's content, or of its window. Readers see the old rows or the new ones, never
 * none. Throws InputError `outside-range`, SystemError `too-many-deletes`, `truncate-refused`.
 */
export async function replace(replacement: Replacement): Promise<Counts> {
  const { session, plan, existing, stage, via, maxDeletePercent } = replacement;
  const range = plan.extras?.range;
  const table = qualified(plan.schema, plan.table);
  const gone = range === undefined ? 'true' : inRange(plan, range, 't');
  const before = maxDeletePercent < 100 ? await countLive(session, plan, existing, gone) : undefined;
  if (range !== undefined && stage !== undefined) await refuseOutside(session, plan, range, stage);
  let removed: number | undefined;
  if (range !== undefined) {
    removed = (await session.query(`DELETE FROM ${table} AS t WHERE ${gone}`)).rowCount;
    if (stage !== undefined && plan.keys.length > 0)
      for (const statement of deleteMoved(plan, stage)) await session.query(statement);
  } else if (via === 'truncate') await truncate(session, plan);
  else await session.query(`DELETE FROM ${table}`);
  const insert = plan.keys.length > 0 ? insertLast : insertAll;
  const replaced = stage === undefined ? 0 : (await session.query(insert({ plan, stage }))).rowCount;
  if (before !== undefined) brake(plan, before.doomed - replaced, before.doomed, maxDeletePercent);
  return removed === undefined ? { replaced } : { removed, replaced };
}

async function truncate(session: Session, { stream, schema, table }: TablePlan): Promise<void> {
  try {
    await session.query(`TRUNCATE ${qualified(schema, table)}`);
  } catch (error) {
    const state = sqlState(error);
    if (state !== REFERRED_TO && state !== NOT_ALLOWED) throw error;
    throw new SystemError(
      `Table ${schema}.${table} cannot be truncated: another table refers to it, or the role may not do that`,
      {
        code: 'truncate-refused',
        facts: { stream, schema, table, sqlstate: state },
        hint: 'Set overwrite_via to delete.',
        cause: error,
      },
    );
  }
}
