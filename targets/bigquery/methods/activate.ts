import type { TableReference } from '../../../clients/bigquery/resources.ts';
import { billed, costOf } from '../jobs/cost.ts';
import { runStatement } from '../jobs/query.ts';
import { deleteOlder, markOlder } from '../statements/versions.ts';
import type { TablePlan } from '../tables/plan.ts';
import type { Tables } from '../tables/tables.ts';
import type { LoadContext } from './append.ts';
import type { Counts } from './tally.ts';
import { changesOf } from './upsert.ts';

const VERSION = '_sdc_table_version';

/**
 * Makes `version` the only one of a table: rows of a lower version, or of none, are deleted or marked; rows of this version and of
 * higher ones stay. Doing it again does nothing.
 * @param table the stream's own, or its stage
 */
export async function activate(
  context: LoadContext,
  tables: Tables,
  plan: TablePlan,
  {
    version,
    hard,
    table: reference = tables.reference(plan.table),
  }: { readonly version: number; readonly hard: boolean; readonly table?: TableReference },
): Promise<Counts> {
  const { stream } = plan;
  const { tableId: table } = reference;
  const { log } = context.jobs;
  if (!plan.row.metadata.includes(VERSION)) {
    log.warnOnce(
      `activate ${stream}`,
      'A version was activated, but rows bear no version while add_record_metadata is off: rows of older versions stay',
      { stream, table },
    );
    return {};
  }
  const sql = hard ? deleteOlder(reference, version) : markOlder(reference, version);
  const job = await runStatement(context, { sql, what: `Activating a version of ${table}`, work: 'activate', table: reference });
  const { deleted, updated } = changesOf(job);
  const cost = costOf(billed(job), context.pricePerTib);
  log.info('Activated a version', { stream, table, version, deleted, marked: updated, ...cost });
  const { bytes_billed } = cost;
  return hard ? { deleted, bytes_billed } : { marked: updated, bytes_billed };
}
