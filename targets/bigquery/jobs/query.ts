import { createHash } from 'node:crypto';
import type { JobResource, TableReference } from '../../../clients/bigquery/resources.ts';
import type { LoadContext } from '../methods/append.ts';
import { runJob } from './run-job.ts';

export interface Statement {
  readonly sql: string;
  /** For errors and logs. */
  readonly what: string;
  /** In the name of the job: `merge`. */
  readonly work: string;
  /** The table that it changes. */
  readonly table: TableReference;
}

/** Runs one statement as a job with a name of ours, so that a lost answer does not run it twice. */
export async function runStatement({ api, jobs, labels, names }: LoadContext, statement: Statement): Promise<JobResource> {
  const { sql, table, what, work } = statement;
  const content = createHash('sha256').update(sql).digest('hex');
  const place = { dataset: table.datasetId, table: table.tableId };
  return runJob(jobs, {
    what,
    place,
    configuration: { labels, query: { query: sql, useLegacySql: false, priority: 'INTERACTIVE' } },
    idOf: names.of({ table, work, content }),
    submit: (job) => api.call<JobResource>({ method: 'POST', path: '/jobs', body: job, what, place }),
  });
}
