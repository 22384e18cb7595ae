import type { TableReference } from '../../../clients/bigquery/resources.ts';
import { qualified } from './quote.ts';

/** A statement that reads nothing: whether a job may run at all. */
export const NOTHING = 'SELECT 1';

/** The making of a table, for a dry run: whether one may be made. */
export function makeProbe(table: TableReference): string {
  return `CREATE TABLE ${qualified(table)} (x INT64)`;
}
