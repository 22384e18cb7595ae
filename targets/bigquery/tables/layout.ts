import type { TableResource } from '../../../clients/bigquery/resources.ts';
import type { BigQueryType } from '../types/types.ts';
import type { TablePlan } from './plan.ts';

export interface LayoutOptions {
  /** Undefined: as suits the method. */
  readonly granularity: 'year' | 'month' | 'day' | 'hour' | undefined;
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

/**
 * How a table that is made lies on the disk: partitions by the time of loading, rows near each other by key or by that time. A merge finds
 * rows by their key, and an overwrite gives all rows one time: both would read every such partition, so that they get none unasked.
 */
export function layoutOf(plan: TablePlan, options: LayoutOptions): Pick<TableResource, 'timePartitioning' | 'clustering'> {
  const dated = plan.columns.some(({ name }) => name === BATCHED_AT);
  const keys = clusteringKeys(plan);
  const byKey = options.clusterOnKey || plan.method === 'upsert';
  const isSplit =
    dated && (plan.method === 'append' || options.granularity !== undefined || options.expirationDays !== undefined);
  const fields = byKey && keys.length > 0 ? keys : dated ? [BATCHED_AT] : [];
  const expiration =
    options.expirationDays === undefined ? {} : { expirationMs: String(Math.round(options.expirationDays * DAY_MS)) };
  const type = (options.granularity ?? 'month').toUpperCase();
  return {
    ...(isSplit ? { timePartitioning: { type, field: BATCHED_AT, ...expiration } } : {}),
    ...(fields.length > 0 ? { clustering: { fields } } : {}),
  };
}

/** Columns of the key that rows can be clustered by, no more than a table may have. */
export function clusteringKeys({ columns, keys }: Pick<TablePlan, 'columns' | 'keys'>): readonly string[] {
  return keys.filter((key) => CLUSTERING.has(columns.find(({ name }) => name === key)!.type.type)).slice(0, MAX_CLUSTERING);
}
