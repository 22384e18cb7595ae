import type { Refusals } from '../blame/refusals.ts';
import type { Api } from '../../../clients/bigquery/api.ts';
import type { TableReference } from '../../../clients/bigquery/resources.ts';
import type { JobNames } from '../jobs/job-names.ts';
import { loadFile } from '../jobs/load-job.ts';
import type { TableOrder } from '../jobs/order.ts';
import type { JobRunner } from '../jobs/run-job.ts';
import type { Slots } from '../jobs/slots.ts';
import type { Spooled } from '../parts/spool.ts';

export interface LoadContext {
  readonly api: Api;
  readonly jobs: JobRunner;
  readonly names: JobNames;
  readonly order: TableOrder;
  /** Uploads at once: jobs are waited for by all tables at the same time, the line is not shared by all. */
  readonly uploads: Slots;
  readonly labels: Readonly<Record<string, string>>;
  /** Most bytes that a statement may be billed for. */
  readonly maxBytesBilled: number | undefined;
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
    idOf: context.names.of({ table, work: 'load', content: file.digest }),
  });
}
