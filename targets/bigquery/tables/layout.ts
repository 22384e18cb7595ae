import type { TableResource } from '../../../clients/bigquery/resources.ts';
import { ConfigError } from '../../../singer/index.ts';
import { isPlainType, typeText, type BigQueryType } from '../types/types.ts';
import type { PlannedColumn, TablePlan } from './plan.ts';

export interface LayoutOptions {
  /** Property or column whose values put rows into partitions; undefined: the time of loading. */
  readonly partitionBy: string | undefined;
  /** For an integer: where partitions begin and end, and how wide they are. */
  readonly range: { readonly start: number; readonly end: number; readonly interval: number } | undefined;
  readonly requireFilter: boolean;
  /** Undefined: as suits the method. */
  readonly granularity: 'year' | 'month' | 'day' | 'hour' | undefined;
  readonly expirationDays: number | undefined;
  readonly clusterOnKey: boolean;
  /** Properties or columns; those that the stream does not have are left out. Undefined: key or time of loading. */
  readonly clusteringFields: readonly string[] | undefined;
  readonly tableExpirationDays: number | undefined;
  readonly kmsKey: string | undefined;
  readonly labels: Readonly<Record<string, string>>;
}

type Layout = Pick<
  TableResource,
  | 'timePartitioning'
  | 'rangePartitioning'
  | 'clustering'
  | 'requirePartitionFilter'
  | 'expirationTime'
  | 'encryptionConfiguration'
>;

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

/** Types by which rows can be put into partitions of time. */
const TIMES: ReadonlySet<BigQueryType> = new Set(['DATE', 'DATETIME', 'TIMESTAMP']);

/**
 * How a table that is made lies on the disk: partitions by a column or the time of loading, rows near each other by chosen columns, by key
 * or by that time. A merge finds rows by their key, and an overwrite gives all rows one time: both would read every partition of the time
 * of loading, so that they get none unasked. Throws ConfigError for a column that cannot be partitioned by.
 */
export function layoutOf(plan: TablePlan, options: LayoutOptions): Layout {
  const { clusterOnKey, clusteringFields, kmsKey, requireFilter, tableExpirationDays } = options;
  const dated = plan.columns.some(({ name }) => name === BATCHED_AT);
  const keys = clusteringKeys(plan);
  const byKey = clusterOnKey || plan.method === 'upsert';
  const fields =
    clusteringFields === undefined
      ? byKey && keys.length > 0
        ? keys
        : dated
          ? [BATCHED_AT]
          : []
      : chosenFields(plan, clusteringFields);
  const partitions = partitionsOf(plan, options, dated);
  const isSplit = partitions.timePartitioning !== undefined || partitions.rangePartitioning !== undefined;
  return {
    ...partitions,
    ...(isSplit && requireFilter ? { requirePartitionFilter: true } : {}),
    ...(fields.length > 0 ? { clustering: { fields } } : {}),
    ...(tableExpirationDays === undefined
      ? {}
      : { expirationTime: String(Date.now() + Math.round(tableExpirationDays * DAY_MS)) }),
    ...(kmsKey === undefined ? {} : { encryptionConfiguration: { kmsKeyName: kmsKey } }),
  };
}

function partitionsOf(
  plan: TablePlan,
  { expirationDays, granularity, partitionBy, range }: LayoutOptions,
  dated: boolean,
): Pick<TableResource, 'timePartitioning' | 'rangePartitioning'> {
  const expiration = expirationDays === undefined ? {} : { expirationMs: String(Math.round(expirationDays * DAY_MS)) };
  const type = (granularity ?? 'month').toUpperCase();
  const column = partitionBy === undefined ? undefined : columnOf(plan, partitionBy);
  if (column === undefined) {
    const isSplit = dated && (plan.method === 'append' || granularity !== undefined || expirationDays !== undefined);
    return isSplit ? { timePartitioning: { type, field: BATCHED_AT, ...expiration } } : {};
  }
  const { name: field } = column;
  if (isPlainType(column.type) && TIMES.has(column.type.type)) return { timePartitioning: { type, field, ...expiration } };
  if (isPlainType(column.type) && column.type.type === 'INT64' && range !== undefined) {
    const { end, interval, start } = range;
    if (start >= end) throw new ConfigError([{ path: 'partition_range', message: 'must begin before its end' }]);
    return { rangePartitioning: { field, range: { start: String(start), end: String(end), interval: String(interval) } } };
  }
  const needs =
    column.type.type === 'INT64' ? 'needs partition_range, because it is an integer' : 'is no date, time stamp or integer';
  throw new ConfigError([{ path: 'partition_by', message: `column ${field} of ${plan.stream} ${needs}` }]);
}

/** The column of a property or, by its own name, a column; undefined: the stream has none. */
function columnOf({ columns, row }: TablePlan, name: string): PlannedColumn | undefined {
  const target = row.columns.find((column) => column.name === name)?.target ?? name;
  return columns.find((column) => column.name.toLowerCase() === target.toLowerCase());
}

function chosenFields(plan: TablePlan, names: readonly string[]): readonly string[] {
  const columns = names.flatMap((name) => columnOf(plan, name) ?? []);
  if (columns.length > MAX_CLUSTERING)
    throw new ConfigError([
      { path: 'clustering_fields', message: `may name ${MAX_CLUSTERING} columns; ${plan.stream} has ${columns.length} of them` },
    ]);
  const unfit = columns.find(({ type }) => !isPlainType(type) || !CLUSTERING.has(type.type));
  if (unfit === undefined) return columns.map(({ name }) => name);
  const message = `column ${unfit.name} of ${plan.stream} is ${typeText(unfit.type)}, by which BigQuery clusters no rows`;
  throw new ConfigError([{ path: 'clustering_fields', message }]);
}

/** Columns of the key that rows can be clustered by, no more than a table may have. */
export function clusteringKeys({ columns, keys }: Pick<TablePlan, 'columns' | 'keys'>): readonly string[] {
  return keys.filter((key) => CLUSTERING.has(columns.find(({ name }) => name === key)!.type.type)).slice(0, MAX_CLUSTERING);
}
