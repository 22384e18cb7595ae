import type { Table, TableColumn } from './model.ts';

/** What one stream reads from. */
export interface Relation {
  /** What stands behind FROM: a quoted name, or a query in parentheses with a name. */
  readonly sql: string;
  /** Undefined for a custom query. */
  readonly table: Table | undefined;
  readonly columns: readonly TableColumn[];
  /** SQL conditions that every row must meet; each stands for itself. */
  readonly filters: readonly string[];
}
