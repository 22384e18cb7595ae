import type { Session } from '../../../clients/postgres/connect.ts';
import type { TableFacts } from './facts.ts';
import type { Filters } from './filters.ts';
import { TABLES, type TableRow, TYPES, type TypeRow } from './queries.ts';
import { tableOf } from './tables.ts';
import { Types } from './types.ts';

/** A table that was found. What is known of it is worked out whenever it is asked for, so that thousands take little room. */
export interface Found {
  readonly schema: string;
  readonly name: string;
  facts(): TableFacts;
}

/** A setting for the transaction: sorting what is said of thousands of tables needs a little more than servers allow by themselves. */
export const WORK_MEM = "SET LOCAL work_mem = '64MB'";

/** The tables that the filters let through, sorted by schema and name. Two queries in the session's transaction, whatever their number. */
export async function discoverTables(session: Session, filters: Filters): Promise<readonly Found[]> {
  const { relkinds, schemas, take, leave, partitions } = filters;
  const { rows: tables } = await session.query<TableRow>(TABLES, [relkinds, schemas, take, leave, partitions]);
  const { rows } = await session.query<TypeRow>(TYPES, [tables.map(({ oid }) => oid), [], []]);
  const types = new Types(rows);
  return tables.map((row) => ({ schema: row.schema, name: row.name, facts: () => tableOf(row, types) }));
}
