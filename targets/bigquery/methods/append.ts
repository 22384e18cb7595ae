import { rm } from 'node:fs/promises';
import type { Api } from '../../../clients/bigquery/api.ts';
import type { JobResource, LoadConfiguration, TableReference } from '../../../clients/bigquery/resources.ts';
import { SystemError } from '../../../singer/index.ts';
import type { JobNames } from '../jobs/job-names.ts';
import { runJob, type JobRunner } from '../jobs/run-job.ts';
import type { Spooled } from '../parts/spool.ts';
import { uploadJob } from '../upload/resumable.ts';

export interface LoadContext {
  readonly api: Api;
  readonly jobs: JobRunner;
  readonly names: JobNames;
  readonly labels: Readonly<Record<string, string>>;
}

/** One load job puts a file's rows behind those of a table. Gives how many there were, each of them accounted for. */
export async function appendFile(context: LoadContext, spooled: Spooled, table: TableReference): Promise<number> {
  const { api, jobs, labels, names } = context;
  const { bytes, digest, path, plan, rows } = spooled;
  const what = `Loading ${plan.table}`;
  const place = { stream: plan.stream, dataset: table.datasetId, table: table.tableId };
  const load: LoadConfiguration = {
    destinationTable: table,
    sourceFormat: 'NEWLINE_DELIMITED_JSON',
    createDisposition: 'CREATE_NEVER',
    writeDisposition: 'WRITE_APPEND',
    maxBadRecords: 0,
    ignoreUnknownValues: false,
  };
  const idOf = names.of({ table, work: 'load', content: digest });
  const configuration = { load, labels };
  const submit = (job: JobResource): Promise<JobResource> => uploadJob(api, job, { path, bytes }, what, place);
  const done = await runJob(jobs, { what, place, configuration, idOf, submit });
  const loaded = Number(done.statistics?.load?.outputRows ?? Number.NaN);
  if (loaded !== rows) {
    throw new SystemError(`${what}: ${rows} rows were sent, and BigQuery says that it has loaded ${loaded}`, {
      code: 'rows-differ',
      facts: { ...place, sent: rows, loaded, job: done.jobReference.jobId },
      hint: 'No state was printed for them. Look at the job in the console, and at the table, before you run again.',
    });
  }
  await rm(path);
  return loaded;
}
