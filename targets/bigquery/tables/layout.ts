import type { TableResource } from '../../../clients/bigquery/resources.ts';
import type { BigQueryType } from '../types/types.ts';
import type { TablePlan } from './plan.ts';

export interface LayoutOptions {
  readonly granularity: 'year' | 'month' | 'day' | 'hour';
  readonly expirationDays: number | undefined;
  readonly clusterOnKey: boolean;
}

/** More than these BigQuery does not take. */
const MAX_CLUSTERING = 4;
/** Types that rows can be clustered by: https://cloud.google.com/bigquery/docs/clustered-tables#cluster_column_types */
const CLUSTERING: ReadonlySet<BigQueryType> = new Set([
  'BIGNUMERIC',
  'BOOL',
  'DATE',
  'DATETIME',
  'INT64',
  'NUMERIC',
  'STRING',
  'TIMESTAMP',
]);

const BATCHED_AT = '_sdc_batched_at';
const DAY_MS = 86_400_000;

/** How a table that is made lies on the disk: partitions by the time of loading, rows near each other by key or by that time. */
export function layoutOf(plan: TablePlan, options: LayoutOptions): Pick<TableResource, 'timePartitioning' | 'clustering'> {
  const dated = plan.columns.some(({ name }) => name === BATCHED_AT);
  const keys = plan.keys.filter((key) => CLUSTERING.has(plan.columns.find(({ name }) => name === key)!.type.type));
  const fields = options.clusterOnKey && keys.length > 0 ? keys.slice(0, MAX_CLUSTERING) : dated ? [BATCHED_AT] : [];
  const expiration =
    options.expirationDays === undefined ? {} : { expirationMs: String(Math.round(options.expirationDays * DAY_MS)) };
  return {
    ...(dated ? { timePartitioning: { type: options.granularity.toUpperCase(), field: BATCHED_AT, ...expiration } } : {}),
    ...(fields.length > 0 ? { clustering: { fields } } : {}),
  };
}
