import type { Session } from '../../../clients/postgres/connect.ts';
import { ident, qualified } from '../../../clients/postgres/quote.ts';
import { SystemError } from '../../../singer/index.ts';
import type { ExistingTable } from '../tables/catalog.ts';
import type { TablePlan } from '../tables/plan.ts';

/** Condition: the row has not been marked as deleted. */
export function isLive(existing: ExistingTable, alias: string): string {
  return existing.columns.has('_sdc_deleted_at') ? `${alias}.${ident('_sdc_deleted_at')} IS NULL` : 'true';
}

/** Counts live rows of a table, and those of them that meet a condition (`t` is the table). */
export async function countLive(
  session: Session,
  plan: TablePlan,
  existing: ExistingTable,
  condition: string,
): Promise<{ readonly live: number; readonly doomed: number }> {
  const { rows } = await session.query(
    `SELECT count(*) AS live, count(*) FILTER (WHERE ${condition}) AS doomed FROM ${qualified(plan.schema, plan.table)} AS t WHERE ${isLive(existing, 't')}`,
  );
  return { live: Number(rows[0]?.['live']), doomed: Number(rows[0]?.['doomed']) };
}

/**
 * The brake of `max_delete_percent`: throws SystemError `too-many-deletes` when more than this share of the live rows would go. To be
 * called before the commit, so that nothing has happened then.
 */
export function brake(plan: TablePlan, doomed: number, live: number, maxPercent: number): void {
  if (doomed <= 0 || doomed * 100 <= live * maxPercent) return;
  const percent = Math.round((doomed / live) * 1000) / 10;
  throw new SystemError(
    `${doomed} of ${live} live rows of ${plan.stream} (${percent} %) would be taken away; max_delete_percent allows ${maxPercent} %`,
    {
      code: 'too-many-deletes',
      facts: { stream: plan.stream, schema: plan.schema, table: plan.table, rows: doomed, live, max_delete_percent: maxPercent },
      hint: 'See whether the source really lost these rows. If so, run once with max_delete_percent 100.',
    },
  );
}
