import type { Api } from '../../../clients/bigquery/api.ts';
import { reasonOf } from '../../../clients/bigquery/errors.ts';
import type { TableReference, TableResource } from '../../../clients/bigquery/resources.ts';
import { SystemError, type Log } from '../../../singer/index.ts';
import { typedView } from '../statements/view.ts';
import { STREAM_LABEL, streamMark } from './existing.ts';
import type { TablePlan } from './plan.ts';

/** What stands behind the name of a table in that of its view, as z3z1ma's target names it. */
const SUFFIX = '_view';

/**
 * Makes the typed view over a table of whole records, or has it show what the stream has now; one that shows that already is left alone.
 * Throws SystemError `view-taken` where something else has its name: nothing that somebody has made by hand is replaced.
 */
export async function ensureView(api: Api, log: Log, table: TableReference, plan: TablePlan): Promise<void> {
  const { row, stream, view } = plan;
  if (view === undefined || row.whole === undefined) return;
  const reference = { ...table, tableId: `${table.tableId}${SUFFIX}` };
  const query = typedView(table, row.whole, view);
  const { datasetId: dataset, tableId } = reference;
  const tables = `/datasets/${encodeURIComponent(dataset)}/tables`;
  const path = `${tables}/${encodeURIComponent(tableId)}`;
  const place = { dataset, table: tableId, stream };
  const definition = { query, useLegacySql: false };
  const look = (): Promise<TableResource> => api.call({ method: 'GET', path, what: `Looking at ${tableId}`, place });
  const make = (): Promise<TableResource> => {
    const body = { tableReference: reference, view: definition, labels: { [STREAM_LABEL]: streamMark(stream) } };
    return api.call({ method: 'POST', path: tables, body, what: `Making ${tableId}`, place });
  };
  const there = await ifNot('notFound', look());
  if (there === undefined) {
    const made = await ifNot('duplicate', make());
    if (made !== undefined) return log.info('Made a view', { stream, view: tableId, columns: view.length });
  }
  const found = there ?? (await look());
  if (found.type !== 'VIEW' || found.labels?.[STREAM_LABEL] !== streamMark(stream)) {
    throw new SystemError(`${dataset}.${tableId} is no view that was made for ${stream}`, {
      code: 'view-taken',
      facts: place,
      hint: 'Drop or rename it, so that the view can be made, or set generate_view to false for the stream.',
    });
  }
  if (found.view?.query === query) return undefined;
  await api.call({ method: 'PATCH', path, body: { view: definition }, what: `Changing ${tableId}`, place });
  return log.info('Changed a view', { stream, view: tableId, columns: view.length });
}

/** Undefined if the request fails for this reason. */
async function ifNot<T>(reason: string, request: Promise<T>): Promise<T | undefined> {
  try {
    return await request;
  } catch (error) {
    if (reasonOf(error) === reason) return undefined;
    throw error;
  }
}
