import type { Api } from '../../../clients/bigquery/api.ts';
import type { Place } from '../../../clients/bigquery/errors.ts';
import type { JobResource } from '../../../clients/bigquery/resources.ts';

/**
 * Has BigQuery look at a statement without running it: whether it and the account's rights would do, and how many bytes it would read, which is what
 * it costs. Throws SystemError.
 */
export async function dryRun(api: Api, location: string, sql: string, what: string, place: Place): Promise<number> {
  const body: Omit<JobResource, 'jobReference'> & { readonly jobReference: object } = {
    jobReference: { projectId: api.project, location },
    configuration: { dryRun: true, query: { query: sql, useLegacySql: false, priority: 'INTERACTIVE' } },
  };
  const { statistics } = await api.call<JobResource>({ method: 'POST', path: '/jobs', body, what, place });
  return Number(statistics?.totalBytesProcessed ?? 0);
}
