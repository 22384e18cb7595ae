import type { TableReference } from '../../../clients/bigquery/resources.ts';
import { typeText, type ColumnType } from '../types/types.ts';
import { ident, qualified } from './quote.ts';

export interface Widening {
  readonly column: string;
  readonly type: ColumnType;
}

/** One statement for all columns of a table that become wider; free, and no row is written anew. */
export function widenColumns(table: TableReference, widenings: readonly Widening[]): string {
  const actions = widenings.map(({ column, type }) => `ALTER COLUMN ${ident(column)} SET DATA TYPE ${typeText(type)}`);
  return `ALTER TABLE ${qualified(table)} ${actions.join(', ')}`;
}
