import { createHash } from 'node:crypto';
import type { JobResource, QueryConfiguration, TableReference } from '../../../clients/bigquery/resources.ts';
import type { LoadContext } from '../methods/append.ts';
import { isNewest } from './newest.ts';
import { runJob, type JobRequest } from './run-job.ts';

export interface Statement {
  readonly sql: string;
  /** For errors and logs. */
  readonly what: string;
  /** In the name of the job: `merge`. */
  readonly work: string;
  /** The table that it changes. */
  readonly table: TableReference;
  /** What makes it another job than an equal statement; left out: its text. */
  readonly content?: string;
  /** Values of its named parameters, all of them text. */
  readonly parameters?: Readonly<Record<string, string>>;
}

/** What statements need of a run. */
export type StatementContext = Pick<
  LoadContext,
  'api' | 'jobs' | 'labels' | 'maxBytesBilled' | 'names' | 'order' | 'pace' | 'pricePerTib'
>;

/**
 * Runs one statement as a job with a name of ours, so that a lost answer does not run it twice. One of an earlier run counts only if the
 * table was not changed since: what it has done may be undone by that.
 */
export async function runStatement(context: StatementContext, statement: Statement): Promise<JobResource> {
  const { api, jobs, labels, maxBytesBilled, names, order, pace } = context;
  const limit = maxBytesBilled === undefined ? {} : { maximumBytesBilled: String(maxBytesBilled) };
  const { parameters, sql, table, what, work } = statement;
  const content = statement.content ?? createHash('sha256').update(sql).digest('hex');
  const place = { dataset: table.datasetId, table: table.tableId };
  const request: JobRequest = {
    what,
    place,
    configuration: {
      labels,
      query: { query: sql, useLegacySql: false, priority: 'INTERACTIVE', ...limit, ...withParameters(parameters) },
    },
    idOf: names.of({ table, work, content }),
    submit: (request) => api.call<JobResource>({ method: 'POST', path: '/jobs', body: request, what, place }),
    counts: async (found) => order.counts(table, found) && isNewest(api, table, found, what),
  };
  const isChange = work === 'alter';
  const { job } = await (isChange ? pace.change(table, () => runJob(jobs, request)) : runJob(jobs, request));
  if (!isChange) pace.rowsChanged(table);
  order.ran(table, job);
  return job;
}

function withParameters(
  parameters: Statement['parameters'],
): Pick<QueryConfiguration, 'parameterMode' | 'queryParameters'> | undefined {
  if (parameters === undefined) return undefined;
  const queryParameters = Object.entries(parameters).map(([name, value]) => ({
    name,
    parameterType: { type: 'STRING' as const },
    parameterValue: { value },
  }));
  return { parameterMode: 'NAMED', queryParameters };
}
