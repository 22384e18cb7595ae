import type { TableReference } from '../../../clients/bigquery/resources.ts';
import { comparable, groupable, keyEquals, type StatementColumn } from './columns.ts';
import { ident, qualified } from './quote.ts';

/** Column of a stage by which rows are in the order of their arrival; rows without a number came before all others. */
export const ORDER = '_tapline_order';

export interface MergedColumn extends StatementColumn {
  /** False: a difference in it alone makes no row a changed one. */
  readonly compared: boolean;
}

/** Partitions that hold all rows which a stage can meet. */
export interface Bounds {
  readonly column: string;
  /** Literals of GoogleSQL; undefined: all values are null. */
  readonly range: readonly [from: string, to: string] | undefined;
  readonly hasNull: boolean;
}

/** Rows of a stage on their way into a table. */
export interface Merge {
  readonly target: TableReference;
  readonly stage: TableReference;
  /** What is written, the keys among them. */
  readonly columns: readonly MergedColumn[];
  /** Names of the key's columns; not empty. */
  readonly keys: readonly string[];
  /** Keys that hold a null in the stage: only for them a condition is used by which no partition and no cluster is left out. */
  readonly nullKeys: ReadonlySet<string>;
  readonly bounds?: Bounds;
  /** Column that marks a row as one to be deleted by its key; undefined: marks are stored. */
  readonly deletedAt?: string;
}

/**
 * One row for each key, the last that came to the stage; rows that are equal to what is there are not written. NULL equals NULL, in keys
 * and in the comparison. Source: https://cloud.google.com/bigquery/docs/reference/standard-sql/dml-syntax#merge_statement
 */
export function mergeRows({ target, stage, columns, keys, nullKeys, bounds, deletedAt }: Merge): string {
  const keyColumns = columns.filter(({ name }) => keys.includes(name));
  const others = columns.filter(({ name }) => !keys.includes(name));
  const on = keyColumns.map((column) => keyEquals('T', 'S', column, nullKeys.has(column.name)));
  if (bounds !== undefined) on.push(within(bounds));
  const differs = others.filter(({ compared }) => compared).map(isDistinct);
  const set = others.map(({ name }) => `${ident(name)} = S.${ident(name)}`).join(', ');
  const isDeletion = deletedAt === undefined ? undefined : `S.${ident(deletedAt)} IS NOT NULL`;
  return [
    `MERGE INTO ${qualified(target)} AS T`,
    `USING (${lastOfEach(stage, keyColumns)}) AS S`,
    `ON ${on.join(' AND ')}`,
    ...(isDeletion === undefined ? [] : [`WHEN MATCHED AND ${isDeletion} THEN DELETE`]),
    ...(differs.length === 0 ? [] : [`WHEN MATCHED AND (${differs.join(' OR ')}) THEN UPDATE SET ${set}`]),
    `WHEN NOT MATCHED${isDeletion === undefined ? '' : ` AND NOT (${isDeletion})`} THEN ${insert(columns)}`,
  ].join('\n');
}

/**
 * The rows of a stage in the place of all that are there, in one step; with keys one row for each, the last that came.
 * @param keys empty: every row counts
 */
export function replaceRows({ target, stage, columns, keys }: Pick<Merge, 'target' | 'stage' | 'columns' | 'keys'>): string {
  const keyColumns = columns.filter(({ name }) => keys.includes(name));
  const source = keyColumns.length === 0 ? `SELECT * FROM ${qualified(stage)}` : lastOfEach(stage, keyColumns);
  return [
    `MERGE INTO ${qualified(target)} AS T`,
    `USING (${source}) AS S`,
    'ON FALSE',
    'WHEN NOT MATCHED BY SOURCE THEN DELETE',
    `WHEN NOT MATCHED BY TARGET THEN ${insert(columns)}`,
  ].join('\n');
}

function lastOfEach(stage: TableReference, keys: readonly StatementColumn[]): string {
  const groups = keys.map(groupable).join(', ');
  return `SELECT * FROM ${qualified(stage)} WHERE TRUE QUALIFY ROW_NUMBER() OVER (PARTITION BY ${groups} ORDER BY ${ident(ORDER)} DESC) = 1`;
}

function insert(columns: readonly StatementColumn[]): string {
  const names = columns.map(({ name }) => ident(name));
  return `INSERT (${names.join(', ')}) VALUES (${names.map((name) => `S.${name}`).join(', ')})`;
}

function isDistinct(column: StatementColumn): string {
  return `${comparable('T', column)} IS DISTINCT FROM ${comparable('S', column)}`;
}

function within({ column, range, hasNull }: Bounds): string {
  const value = `T.${ident(column)}`;
  const parts = [
    ...(range === undefined ? [] : [`${value} BETWEEN ${range[0]} AND ${range[1]}`]),
    ...(hasNull ? [`${value} IS NULL`] : []),
  ];
  return parts.length === 1 ? parts[0]! : `(${parts.join(' OR ')})`;
}
