import type { TableReference } from '../../../clients/bigquery/resources.ts';

/** A quoted identifier of GoogleSQL. Always quoted: `at` and `in` are reserved words. */
export function ident(name: string): string {
  return `\`${name.replaceAll(/[\\`]/g, String.raw`\$&`)}\``;
}

/** `project`.`dataset`.`table`, each quoted. */
export function qualified({ projectId, datasetId, tableId }: TableReference): string {
  return [projectId, datasetId, tableId].map(ident).join('.');
}

/** A literal of type STRING: https://cloud.google.com/bigquery/docs/reference/standard-sql/lexical#string_and_bytes_literals */
export function textLiteral(text: string): string {
  const escaped = text.replaceAll(/[\\'\p{Cc}\u2028\u2029]/gu, (character) =>
    character === '\\' || character === "'" ? `\\${character}` : `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  return `'${escaped}'`;
}
