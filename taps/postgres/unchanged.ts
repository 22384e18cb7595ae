import type { Session } from '../../clients/postgres/connect.ts';
import { SystemError } from '../../singer/tap/index.ts';
import { ifAllowed } from './if-allowed.ts';
import type { TableKind } from './model.ts';
import type { Reading } from './reading.ts';

/** The columns of a table with their types, domains resolved. */
const COLUMNS = `WITH RECURSIVE typed(name, type) AS
  (SELECT attname, atttypid FROM pg_attribute WHERE attrelid = $1::oid AND attnum > 0 AND NOT attisdropped
   UNION ALL SELECT typed.name, t.typbasetype FROM typed JOIN pg_type t ON t.oid = typed.type AND t.typtype = 'd')
  SELECT typed.name, typed.type::text FROM typed JOIN pg_type t ON t.oid = typed.type AND t.typtype <> 'd'`;

/** Kinds that LOCK takes; of a view it locks what it is made of. */
export const LOCKABLE: ReadonlySet<TableKind | undefined> = new Set(['table', 'partitioned table', 'view']);

/**
 * Locks the relation of a stream against changes to the end of the transaction and makes sure that its columns are still those that were
 * discovered: values of another type would be taken for what they are not. Gives the oid of the table; undefined for a custom query. Throws SystemError `schema-changed`,
 * and the server's errors.
 */
export async function lockUnchanged(session: Session, { relation, columns, id }: Reading): Promise<number | undefined> {
  // With its first query the transaction begins to see. If it then had to wait for a TRUNCATE, it would see an empty table.
  if (LOCKABLE.has(relation.table?.kind)) await ifAllowed(session, `LOCK TABLE ${relation.sql} IN ACCESS SHARE MODE`);
  const asked = await session.query(`SELECT ${relation.table === undefined ? '*' : ''} FROM ${relation.sql} LIMIT 0`);
  const oid = relation.table === undefined ? undefined : await oidOf(session, relation.sql);
  const types =
    oid === undefined ? new Map(asked.columns.map(({ name, type }) => [name, String(type)])) : await typesOf(session, oid);
  const known = new Map(relation.columns.map((column) => [column.name, String(column.type.oid)]));
  const changed = columns.filter(({ name }) => types.get(name) !== known.get(name)).map(({ name }) => name);
  if (changed.length === 0) return oid;
  throw new SystemError(
    `Columns of stream ${JSON.stringify(id)} were changed or dropped after they had been discovered: ${changed.join(', ')}`,
    {
      code: 'schema-changed',
      facts: { stream: id, columns: changed },
      hint: 'Run again, so that they are discovered as they are now: the state is safe.',
    },
  );
}

async function oidOf(session: Session, name: string): Promise<number> {
  const { rows } = await session.query('SELECT $1::regclass::oid AS oid', [name]);
  return Number(rows[0]?.['oid']);
}

/** The types of the columns of a table, by name. */
async function typesOf(session: Session, oid: number): Promise<ReadonlyMap<string, string>> {
  const { rows } = await session.query(COLUMNS, [oid]);
  return new Map(rows.map((row) => [String(row['name']), String(row['type'])]));
}
