import type { TableReference } from '../../../clients/bigquery/resources.ts';
import { ident, qualified } from './quote.ts';

const VERSION = ident('_sdc_table_version');
const DELETED_AT = ident('_sdc_deleted_at');

/** Rows of a lower version than this, or of none, go. Doing it again does nothing. */
export function deleteOlder(table: TableReference, version: number): string {
  return `DELETE FROM ${qualified(table)} WHERE ${isOlder(version)}`;
}

/** Rows of a lower version than this, or of none, are marked as deleted, once. */
export function markOlder(table: TableReference, version: number): string {
  return `UPDATE ${qualified(table)} SET ${DELETED_AT} = CURRENT_TIMESTAMP() WHERE ${isOlder(version)} AND ${DELETED_AT} IS NULL`;
}

/** All rows go: no byte is read for it. */
export function deleteAll(table: TableReference): string {
  return `DELETE FROM ${qualified(table)} WHERE TRUE`;
}

function isOlder(version: number): string {
  return `(${VERSION} < ${version} OR ${VERSION} IS NULL)`;
}
