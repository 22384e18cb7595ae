import type { Table } from '../model.ts';

/** What discovery knows of a table: what reading it needs, and what only its catalog entry tells. */
export interface TableFacts extends Table {
  readonly isPartition: boolean;
  readonly comment?: string;
  /** Bytes of the table without its indexes, as far as the server has counted. */
  readonly bytes: number;
  /** Columns by which an index is sorted first. */
  readonly indexed: ReadonlySet<string>;
  /** Columns by which rows can be ordered. */
  readonly orderable: ReadonlySet<string>;
  readonly replicaIdentity: 'default' | 'nothing' | 'full' | 'index';
  readonly publications: readonly string[];
  /** Policies may hide rows from the user. */
  readonly rowSecurity: boolean;
}
