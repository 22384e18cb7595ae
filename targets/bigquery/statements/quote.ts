import type { TableReference } from '../../../clients/bigquery/resources.ts';

/** A quoted identifier of GoogleSQL. Always quoted: `at` and `in` are reserved words. */
export function ident(name: string): string {
  return `\`${name.replaceAll(/[\\`]/g, String.raw`\$&`)}\``;
}

/** `project`.`dataset`.`table`, each quoted. */
export function qualified({ projectId, datasetId, tableId }: TableReference): string {
  return [projectId, datasetId, tableId].map(ident).join('.');
}
