import type { Session } from '../../clients/postgres/connect.ts';
import { ident, qualified } from '../../clients/postgres/quote.ts';
import { SystemError } from '../../singer/tap/index.ts';
import type { Table } from './model.ts';

/** A stream that is going to be read, and its table. */
export interface Chosen {
  readonly id: string;
  readonly table: Table;
}

/** A stream of which the role may see some rows only. */
export interface Filtered {
  readonly id: string;
  readonly role: string;
  /** SQL, or words, that show it all. */
  readonly remedy: string;
}

export const FILTERED =
  'Row security decides which rows of the table the role sees: the others are not sent, as if they were gone';

/** What the role lacks to read a table. */
interface Rights {
  readonly role: string;
  /** It may use the schema. */
  readonly reaches: boolean;
  /** It may read the table, or some of its columns. */
  readonly reads: boolean;
  /** Policies decide which rows it sees. */
  readonly filtered: boolean;
}

const RIGHTS = `SELECT c.oid::text AS oid, current_user AS role, has_schema_privilege(c.relnamespace, 'USAGE') AS reaches,
    has_any_column_privilege(c.oid, 'SELECT') AS reads, c.relkind IN ('r', 'p') AND row_security_active(c.oid) AS filtered
  FROM pg_class c WHERE c.oid = ANY ($1::int8[]::oid[])`;

/**
 * Makes sure that the role may read these tables, before the first of them is read. Gives those of which policies may hide rows. Tables that are
 * gone are left to whoever reads them. Throws SystemError `permission-denied` with all that is missing.
 */
export async function checkRights(session: Session, chosen: readonly Chosen[]): Promise<readonly Filtered[]> {
  if (chosen.length === 0) return [];
  const rights = await rightsTo(session, chosen);
  const lacking = chosen.filter(({ table }) => isLacking(rights.get(table.oid)));
  if (lacking.length > 0) throw denied(lacking, rights);
  return chosen.flatMap(({ id, table }) => {
    const found = rights.get(table.oid);
    if (found?.filtered !== true) return [];
    return [{ id, role: found.role, remedy: `ALTER ROLE ${ident(found.role)} BYPASSRLS, or a policy that lets it see all rows` }];
  });
}

const COLUMN_RIGHTS = `SELECT attname AS name FROM pg_attribute WHERE attrelid = $1::oid AND attname = ANY ($2::text[]) AND NOT attisdropped
    AND NOT has_column_privilege(attrelid, attnum, 'SELECT') ORDER BY attnum`;

/**
 * SystemError `permission-denied` with the rights that a stream's role has lost since they were looked at: to the schema, the table or some of its
 * columns. Undefined: it is none of these. Throws the server's errors.
 */
export async function lostRights(session: Session, chosen: Chosen, columns: readonly string[]): Promise<SystemError | undefined> {
  const rights = await rightsTo(session, [chosen]);
  const found = rights.get(chosen.table.oid);
  if (found === undefined) return undefined;
  const { role } = found;
  if (isLacking(found)) return denied([chosen], rights);
  const { rows } = await session.query<{ name: string }>(COLUMN_RIGHTS, [chosen.table.oid, columns]);
  if (rows.length === 0) return undefined;
  const name = qualified(chosen.table.schema, chosen.table.name);
  const grant = `GRANT SELECT (${rows.map(({ name }) => ident(name)).join(', ')}) ON ${name} TO ${ident(role)}`;
  return new SystemError(`The role ${role} may not read all columns of ${name} any more`, {
    code: 'permission-denied',
    facts: { role, stream: chosen.id, columns: rows.map(({ name }) => name), grants: [grant] },
    hint: `Have its owner or a superuser run: ${grant}; or run again, and the columns are left out`,
  });
}

async function rightsTo(session: Session, chosen: readonly Chosen[]): Promise<ReadonlyMap<number, Rights>> {
  const { rows } = await session.query(RIGHTS, [chosen.map(({ table }) => table.oid)]);
  return new Map(
    rows.map(({ oid, role, reaches, reads, filtered }) => [
      Number(oid),
      { role: String(role), reaches: reaches === true, reads: reads === true, filtered: filtered === true },
    ]),
  );
}

function isLacking(rights: Rights | undefined): rights is Rights {
  return rights !== undefined && !(rights.reaches && rights.reads);
}

function denied(lacking: readonly Chosen[], rights: ReadonlyMap<number, Rights>): SystemError {
  const { role } = rights.get(lacking[0]!.table.oid)!;
  const names = lacking.map(({ table }) => qualified(table.schema, table.name));
  const grants = grantsFor(lacking, rights, role);
  return new SystemError(`The role ${role} may not read ${names.join(', ')}`, {
    code: 'permission-denied',
    facts: { role, streams: lacking.map(({ id }) => id), grants },
    hint: `Have their owner or a superuser run: ${grants.join('; ')}; or leave the streams out`,
  });
}

/** One statement for the schemas and one for the tables, of those that are needed. */
function grantsFor(lacking: readonly Chosen[], rights: ReadonlyMap<number, Rights>, role: string): string[] {
  const without = (right: 'reaches' | 'reads'): readonly Table[] =>
    lacking.filter(({ table }) => rights.get(table.oid)?.[right] === false).map(({ table }) => table);
  const schemas = [...new Set(without('reaches').map(({ schema }) => ident(schema)))];
  const tables = without('reads').map(({ schema, name }) => qualified(schema, name));
  return [
    ...(schemas.length === 0 ? [] : [`GRANT USAGE ON SCHEMA ${schemas.join(', ')} TO ${ident(role)}`]),
    ...(tables.length === 0 ? [] : [`GRANT SELECT ON ${tables.join(', ')} TO ${ident(role)}`]),
  ];
}
