import type { Refusals } from '../blame/refusals.ts';
import type { Api } from '../../../clients/bigquery/api.ts';
import type { JobResource, TableReference } from '../../../clients/bigquery/resources.ts';
import { SystemError } from '../../../singer/index.ts';
import type { JobNames } from '../jobs/job-names.ts';
import { loadFile } from '../jobs/load-job.ts';
import type { Pace } from '../jobs/pace.ts';
import type { TableOrder } from '../jobs/order.ts';
import { rowLabels, rowsOf } from '../jobs/row-labels.ts';
import type { JobRunner } from '../jobs/run-job.ts';
import type { Spooled } from '../parts/spool.ts';
import type { WayIn } from './way-in.ts';

export interface LoadContext {
  readonly api: Api;
  readonly jobs: JobRunner;
  readonly names: JobNames;
  readonly order: TableOrder;
  readonly pace: Pace;
  /** How files come to their jobs. */
  readonly way: WayIn;
  readonly labels: Readonly<Record<string, string>>;
  /** Most bytes that a statement may be billed for. */
  readonly maxBytesBilled: number | undefined;
  /** In US dollars. */
  readonly pricePerTib: number;
  /** Where rows go that BigQuery refuses. */
  readonly refusals: Pick<Refusals, 'without'>;
}

/** One load job puts a file's rows behind those of a table. Gives how many were loaded, each of them accounted for. */
export async function appendFile(context: LoadContext, spooled: Spooled, table: TableReference): Promise<number> {
  const { plan, ...file } = spooled;
  return loadFile(context, {
    plan,
    table,
    what: `Loading ${plan.table}`,
    file,
    disposition: 'WRITE_APPEND',
    labels: rowLabels(file),
    idOf: context.names.nextAppend(table),
    counts: (found) => isOf(found, spooled),
  });
}

/** A job of our name that has other rows is not ours. Throws SystemError. */
function isOf(job: JobResource, { digest, plan, rows }: Spooled): boolean {
  const there = rowsOf(job);
  if (there === undefined || (there.rows === rows && there.digest === digest)) return true;
  throw new SystemError(`Loading ${plan.table}: another run of the same run_id has loaded other rows meanwhile`, {
    code: 'run-id-in-use',
    facts: { stream: plan.stream, table: plan.table, job: job.jobReference.jobId },
    hint: 'Give each run that goes on at the same time a run_id of its own. No state was printed for these rows; run again.',
  });
}
