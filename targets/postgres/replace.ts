import type { Session } from '../../clients/postgres/connect.ts';
import { qualified } from '../../clients/postgres/quote.ts';
import { brake, countLive } from './brake.ts';
import type { ExistingTable } from './catalog.ts';
import { insertAll, insertLast } from './merge.ts';
import type { TablePlan } from './plan.ts';
import { deleteMoved, inRange, refuseOutside } from './replace-range.ts';
import type { Counts } from './tally.ts';

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
 * none. Throws InputError `outside-range`, SystemError `too-many-deletes`.
 */
export async function replace(replacement: Replacement): Promise<Counts> {
  const { session, plan, existing, stage, via, maxDeletePercent } = replacement;
  const range = plan.extras?.range;
  const table = qualified(plan.schema, plan.table);
  const gone = range === undefined ? 'true' : inRange(plan, range, 't');
  const before = maxDeletePercent < 100 ? await countLive(session, plan, existing, gone) : undefined;
  if (range !== undefined && stage !== undefined) await refuseOutside(session, plan, range, stage);
  if (range !== undefined) {
    await session.query(`DELETE FROM ${table} AS t WHERE ${gone}`);
    if (stage !== undefined && plan.keys.length > 0) await session.query(deleteMoved(plan, stage));
  } else await session.query(via === 'truncate' ? `TRUNCATE ${table}` : `DELETE FROM ${table}`);
  const insert = plan.keys.length > 0 ? insertLast : insertAll;
  const replaced = stage === undefined ? 0 : (await session.query(insert({ plan, stage }))).rowCount;
  if (before !== undefined) brake(plan, before.doomed - replaced, before.doomed, maxDeletePercent);
  return { replaced };
}
