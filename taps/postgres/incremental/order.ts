import type { Table, TableColumn } from '../model.ts';
import { orderColumn, PLACE, type Order, type OrderColumn } from './position.ts';

/**
 * The order of a table's rows by a replication key. What tells rows with the same key apart is the key of the table, or else where they are stored.
 * A table that others inherit from shares its key with none of them. `nullable`: rows without a replication key are read in this order, too.
 * `places`: it can be asked where rows are stored.
 */
export function streamOrder(table: Table | undefined, key: TableColumn, nullable: boolean, places: boolean): Order {
  const ties = (table === undefined ? undefined : keyColumns(table, key)) ?? (places ? PLACE : undefined);
  return { key: orderColumn(key.name, key.type), nullable, ties };
}

function keyColumns(table: Table, key: TableColumn): readonly OrderColumn[] | undefined {
  const inherited = table.kind === 'table' && table.parent;
  if (table.keys.length === 0 || inherited) return undefined;
  const columns = table.keys.map((name) => table.columns.find((column) => column.name === name));
  const usable = columns.filter((column) => column?.readable === true && column.notNull);
  if (usable.length < columns.length) return undefined;
  return usable.flatMap((column) =>
    column === undefined || column.name === key.name ? [] : [orderColumn(column.name, column.type)],
  );
}
