import type { Session } from '../../../clients/postgres/connect.ts';
import type { TableFacts } from './facts.ts';
import type { Filters } from './filters.ts';
import { TABLES, type TableRow, TYPES, type TypeRow } from './queries.ts';
import { tableOf, typesIn } from './tables.ts';
import { Types } from './types.ts';

/** The tables that the filters let through, sorted by schema and name. Two queries in the session's transaction, whatever their number. */
export async function discoverTables(session: Session, filters: Filters): Promise<readonly TableFacts[]> {
  const { relkinds, schemas, take, leave, partitions } = filters;
  const tables = (await session.query(TABLES, [relkinds, schemas, take, leave, partitions]))
    .rows as unknown as readonly TableRow[];
  const used = typesIn(tables);
  const types = await session.query(TYPES, [used.map(([oid]) => oid), used.map(([, modifier]) => modifier)]);
  const known = new Types(types.rows as unknown as readonly TypeRow[]);
  return tables.map((table) => tableOf(table, known));
}
