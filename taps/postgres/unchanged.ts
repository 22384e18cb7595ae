import type { Rows, Session } from '../../clients/postgres/connect.ts';
import { literal } from '../../clients/postgres/quote.ts';
import { SystemError } from '../../singer/tap/index.ts';
import { ifAllowed } from './if-allowed.ts';
import type { TableKind } from './model.ts';
import type { Reading } from './reading.ts';

/** The columns of a table with their types, domains resolved. */
const columnsSql = (table: string): string => `WITH RECURSIVE typed(name, type) AS
  (SELECT attname, atttypid FROM pg_attribute WHERE attrelid = ${table} AND attnum > 0 AND NOT attisdropped
   UNION ALL SELECT typed.name, t.typbasetype FROM typed JOIN pg_type t ON t.oid = typed.type AND t.typtype = 'd')
  SELECT typed.name, typed.type::text FROM typed JOIN pg_type t ON t.oid = typed.type AND t.typtype <> 'd'`;

/** Kinds that LOCK takes; of a view it locks what it is made of. */
export const LOCKABLE: ReadonlySet<TableKind | undefined> = new Set(['table', 'partitioned table', 'view']);

/** What is found at once of the relation of a stream. */
export interface Locked {
  /** Of the table; undefined for a custom query. */
  readonly oid: number | undefined;
  /** The rows of what else was asked. */
  readonly answers: readonly Rows[];
}

/**
 * Locks the relation of a stream against changes to the end of the transaction and makes sure that its columns are still those that were
 * discovered: values of another type would be taken for what they are not. `ask` gives queries to send along; `table` is SQL for the oid of the table.
 * Throws SystemError `schema-changed`, and the server's errors.
 */
export async function lockUnchanged(
  session: Session,
  { relation, columns, id }: Reading,
  ask: (table: string | undefined) => readonly string[] = () => [],
): Promise<Locked> {
  // With its first query the transaction begins to see. If it then had to wait for a TRUNCATE, it would see an empty table.
  if (LOCKABLE.has(relation.table?.kind)) await ifAllowed(session, `LOCK TABLE ${relation.sql} IN ACCESS SHARE MODE`);
  const table = relation.table === undefined ? undefined : `${literal(relation.sql)}::regclass`;
  const ofTable = table === undefined ? [] : [`SELECT ${table}::oid AS oid`, columnsSql(table)];
  const none = `SELECT ${table === undefined ? '*' : ''} FROM ${relation.sql} LIMIT 0`;
  const [asked, ...others] = await session.queries([none, ...ofTable, ...ask(table)]);
  const [identity, typed] = others.splice(0, ofTable.length);
  const types = new Map((typed?.rows ?? asked!.columns).map(({ name, type }) => [String(name), String(type)]));
  const known = new Map(relation.columns.map((column) => [column.name, String(column.type.oid)]));
  const changed = columns.filter(({ name }) => types.get(name) !== known.get(name)).map(({ name }) => name);
  const oid = identity === undefined ? undefined : Number(identity.rows[0]?.['oid']);
  if (changed.length === 0) return { oid, answers: others.map(({ rows }) => rows) };
  throw new SystemError(
    `Columns of stream ${JSON.stringify(id)} were changed or dropped after they had been discovered: ${changed.join(', ')}`,
    {
      code: 'schema-changed',
      facts: { stream: id, columns: changed },
      hint: 'Run again, so that they are discovered as they are now: the state is safe.',
    },
  );
}
