import type { JobResource, TableReference } from '../../../clients/bigquery/resources.ts';
import { reasonOf } from '../../../clients/bigquery/errors.ts';
import { billed, costOf } from '../jobs/cost.ts';
import { loadFile, rowsLoaded } from '../jobs/load-job.ts';
import { runStatement } from '../jobs/query.ts';
import type { Spooled } from '../parts/spool.ts';
import { mergeRows } from '../statements/merge.ts';
import type { TablePlan } from '../tables/plan.ts';
import type { Tables } from '../tables/tables.ts';
import type { LoadContext } from './append.ts';
import type { Counts } from './tally.ts';

/** Rows of one plan that are loaded together: its files, in order. Only the first may be one without numbers. */
export interface Batch {
  readonly plan: TablePlan;
  readonly files: readonly Spooled[];
  readonly rows: number;
  readonly activate?: number;
}

/**
 * One row per key: a load job into a stage beside the table, then one MERGE. Into an empty table rows that are proven to be one per key go
 * straight, if it is still empty when they come.
 */
export async function upsert(context: LoadContext, tables: Tables, batch: Batch): Promise<Counts> {
  const { plan, files } = batch;
  const target = tables.reference(plan.table);
  const isEmpty = tables.existing(plan.table)?.isEmpty === true;
  tables.filled(plan.table);
  const [file] = files;
  if (isEmpty && files.length === 1 && file!.isUnique && plan.deletedAt === undefined) {
    const filled = await fill(context, tables, file!, target);
    if (filled !== undefined) return { inserted: filled };
  }
  const { rows, stage } = await stageFiles(context, tables, batch, target);
  const facts = files.at(-1)!.facts!;
  const sql = mergeRows({
    target,
    stage,
    columns: plan.columns,
    keys: plan.keys,
    nullKeys: facts.nullKeys,
    ...(facts.bounds === undefined ? {} : { bounds: facts.bounds }),
    ...(plan.deletedAt === undefined ? {} : { deletedAt: plan.deletedAt }),
  });
  const job = await runStatement(context, { sql, what: `Merging into ${plan.table}`, work: 'merge', table: target });
  await tables.drop(stage);
  const { inserted, updated, deleted } = changesOf(job);
  const counts: Counts = {
    inserted,
    updated,
    // Of equal keys in a batch one counts; a row that is there twice is updated twice.
    unchanged: Math.max(0, rows - inserted - updated - deleted),
    ...(plan.deletedAt === undefined ? {} : { deleted }),
  };
  const cost = costOf(billed(job), context.pricePerTib);
  context.jobs.log.info('Merged', { stream: plan.stream, table: plan.table, ...counts, ...cost });
  return { ...counts, bytes_billed: cost.bytes_billed };
}

/** How many rows are in the table now; undefined: somebody else has filled it meanwhile, and nothing was done. */
async function fill(context: LoadContext, tables: Tables, spooled: Spooled, table: TableReference): Promise<number | undefined> {
  const { plan, ...file } = spooled;
  try {
    return await loadFile(context, {
      plan,
      table,
      what: `Loading ${plan.table}`,
      file,
      disposition: 'WRITE_EMPTY',
      fields: tables.existing(plan.table)!.fields,
      idOf: context.names.of({ table, work: 'fill', content: file.digest }),
      counts: async (found) => (await tables.rows(table)) === rowsLoaded(found),
    });
  } catch (error) {
    if (reasonOf(error) !== 'duplicate') throw error;
    return undefined;
  }
}

/** The stage's name follows from its content, so that a run which is begun again finds it, and never mixes it with another. */
async function stageFiles(
  context: LoadContext,
  tables: Tables,
  { plan, files }: Batch,
  target: TableReference,
): Promise<{ readonly stage: TableReference; readonly rows: number }> {
  const content = files.map(({ digest }) => digest).join();
  const name = context.names.of({ table: target, work: 'stage', content })(0).replace(/_a0$/, '');
  const stage = await tables.stage(plan, `${plan.table}__${name}`);
  let rows = 0;
  for (const { plan: ofFile, ...file } of files) {
    if (file.rows === 0) continue;
    const before = rows;
    rows += await loadFile(context, {
      plan: ofFile,
      table: stage,
      what: `Loading rows for ${plan.table}`,
      file,
      disposition: 'WRITE_APPEND',
      idOf: context.names.of({ table: stage, work: 'load', content: file.digest }),
      // The stage may have been dropped since.
      counts: async (found) => ((await tables.rows(stage)) ?? 0) >= before + rowsLoaded(found),
    });
  }
  return { stage, rows };
}

/** Rows that a statement has changed. */
export function changesOf(job: JobResource): { readonly inserted: number; readonly updated: number; readonly deleted: number } {
  const stats = job.statistics?.query?.dmlStats;
  return {
    inserted: Number(stats?.insertedRowCount ?? 0),
    updated: Number(stats?.updatedRowCount ?? 0),
    deleted: Number(stats?.deletedRowCount ?? 0),
  };
}
