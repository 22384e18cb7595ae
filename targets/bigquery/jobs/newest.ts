import type { Api } from '../../../clients/bigquery/api.ts';
import type { JobResource, TableReference, TableResource } from '../../../clients/bigquery/resources.ts';

/**
 * True if a table was not changed since a job that has changed it: what it has done may else be undone by a run between, whose batches were
 * cut otherwise. To do it again is always safe, so an answer without times counts as a change.
 */
export async function isNewest(
  api: Api,
  { datasetId, tableId }: TableReference,
  job: JobResource,
  what: string,
): Promise<boolean> {
  const path = `/datasets/${encodeURIComponent(datasetId)}/tables/${encodeURIComponent(tableId)}`;
  const place = { dataset: datasetId, table: tableId };
  const { lastModifiedTime } = await api.call<TableResource>({ method: 'GET', path, what, place });
  return Number(lastModifiedTime ?? Number.NaN) <= Number(job.statistics?.endTime ?? Number.NaN);
}
