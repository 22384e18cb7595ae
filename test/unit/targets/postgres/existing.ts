import type { ExistingColumn, ExistingTable } from '../../../../targets/postgres/tables/catalog.ts';

/** A column as the catalog has it: a nullable bigint unless said otherwise. */
export function existingColumn(column: Partial<ExistingColumn> & { readonly name: string }): ExistingColumn {
  return {
    base: 'int8',
    plain: 'bigint',
    modifier: -1,
    sql: 'bigint',
    notNull: false,
    fills: false,
    generated: false,
    numbered: false,
    variantOf: undefined,
    ...column,
  };
}

/** A table as the catalog has it: one made for the stream `orders`, with no column unless said otherwise. */
export function existingTable(table: Partial<ExistingTable> = {}): ExistingTable {
  return { oid: 1, kind: 'r', stream: 'orders', columns: new Map(), uniques: [], ...table };
}
