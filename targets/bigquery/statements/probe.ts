import type { TableReference } from '../../../clients/bigquery/resources.ts';
import { typeText, unsized, type ColumnType } from '../types/types.ts';
import { ORDER } from './merge.ts';
import { ident, qualified } from './quote.ts';

/** A statement that reads nothing: whether a job may run at all. */
export const NOTHING = 'SELECT 1';

/** The making of a table, for a dry run: whether one may be made. */
export function makeProbe(table: TableReference): string {
  return `CREATE TABLE ${qualified(table)} (x INT64)`;
}

/** No rows, with these columns and the one that numbers rows: for a dry run, in place of a table that is not there. */
export function emptyRows(columns: readonly { readonly name: string; readonly type: ColumnType }[]): string {
  const nulls = [...columns, { name: ORDER, type: { type: 'INT64' } as const }].map(
    // A size belongs to columns only.
    ({ name, type }) => `CAST(NULL AS ${typeText(unsized(type))}) AS ${ident(name)}`,
  );
  return `SELECT ${nulls.join(', ')} FROM UNNEST([1]) WHERE FALSE`;
}
