import type { TableReference } from '../../../clients/bigquery/resources.ts';
import { typeText, type BigQueryType, type ColumnType } from '../types/types.ts';
import { ident, qualified, textLiteral } from './quote.ts';

/** A column of a view over whole records. */
export interface ViewColumn {
  readonly name: string;
  /** The column of the table that has it; a property has its own only if it is part of the key. */
  readonly column?: string;
  /** The property of the record that it is read from. */
  readonly property?: string;
  readonly type: ColumnType;
}

/** The records of a table, which it keeps whole, with a typed column for each property; a value that its type does not take is NULL. */
export function typedView(table: TableReference, whole: string, columns: readonly ViewColumn[]): string {
  const items = columns.map(({ column, name, property, type }) => {
    const value = column === undefined ? read(`${ident(whole)}[${textLiteral(property ?? name)}]`, type) : ident(column);
    return `${value} AS ${ident(name)}`;
  });
  return `SELECT ${items.join(', ')} FROM ${qualified(table)}`;
}

function read(value: string, type: ColumnType): string {
  const reader = READERS[type.type];
  return reader === undefined ? `SAFE_CAST(JSON_VALUE(${value}) AS ${typeText({ type: type.type })})` : reader(value);
}

const READERS: Readonly<Partial<Record<BigQueryType, (value: string) => string>>> = {
  JSON: (value) => `IF(JSON_TYPE(${value}) = 'null', NULL, ${value})`,
  STRING: (value) => `JSON_VALUE(${value})`,
  BYTES: (value) => `SAFE.FROM_BASE64(JSON_VALUE(${value}))`,
};
