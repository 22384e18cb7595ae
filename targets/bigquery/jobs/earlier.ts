import type { Api } from '../../../clients/bigquery/api.ts';
import { reasonOf, type Place } from '../../../clients/bigquery/errors.ts';
import type { JobResource, TableReference, TableResource } from '../../../clients/bigquery/resources.ts';
import type { LoadSeen } from '../parts/known-rows.ts';
import type { JobNames } from './job-names.ts';
import { rowsOf } from './row-labels.ts';
import { findJob, type JobRunner } from './run-job.ts';

/** A load job by which an earlier run of the same `run_id` has put rows behind a table. */
export interface EarlierLoad extends LoadSeen {
  readonly jobId: string;
}

/** Numbers that are looked up at once, behind the first. */
const AT_ONCE = 8;

/**
 * The jobs of earlier runs of this `run_id` that have appended rows to a table, in their order; those to come are numbered behind them. Jobs
 * under way are waited for. Throws SystemError.
 */
export async function findEarlierLoads(
  runner: JobRunner,
  names: JobNames,
  table: TableReference,
  what: string,
): Promise<readonly EarlierLoad[]> {
  const place = { dataset: table.datasetId, table: table.tableId };
  const done: JobResource[] = [];
  for (let atOnce = 1; ; atOnce = AT_ONCE) {
    const numbers = Array.from({ length: atOnce }, (_, i) => done.length + 1 + i);
    const found = await Promise.all(numbers.map((number) => findLoad(runner, names.append(table, number), what, place)));
    const end = found.indexOf(undefined);
    done.push(...(found.slice(0, end < 0 ? atOnce : end) as JobResource[]));
    if (end >= 0) break;
  }
  names.appended(table, done.length);
  if (done.length === 0) return [];
  const madeAt = await madeAtOf(runner.api, table, what, place);
  return done.flatMap((job) => {
    const rows = rowsOf(job);
    // What a table had that was dropped since is gone.
    const isThere = Number(job.statistics?.creationTime ?? Infinity) >= madeAt;
    return rows === undefined || !isThere ? [] : [{ ...rows, jobId: job.jobReference.jobId }];
  });
}

/** The attempt that has succeeded, if there is one. */
async function findLoad(
  runner: JobRunner,
  idOf: (attempt: number) => string,
  what: string,
  place: Place,
): Promise<JobResource | undefined> {
  for (let attempt = 1; ; attempt++) {
    const job = await findJob(runner, idOf(attempt), what, place);
    if (job === undefined || job.status?.errorResult === undefined) return job;
  }
}

/** In ms; of a table that is not there any more, too late for all jobs. */
async function madeAtOf(api: Api, { datasetId, tableId }: TableReference, what: string, place: Place): Promise<number> {
  const path = `/datasets/${encodeURIComponent(datasetId)}/tables/${encodeURIComponent(tableId)}`;
  try {
    return Number((await api.call<TableResource>({ method: 'GET', path, what, place })).creationTime ?? 0);
  } catch (error) {
    if (reasonOf(error) === 'notFound') return Infinity;
    throw error;
  }
}
