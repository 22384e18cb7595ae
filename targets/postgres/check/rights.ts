import type { Session } from '../../../clients/postgres/connect.ts';
import type { Finding } from '../../../singer/index.ts';
import type { StateTable } from '../state/state.ts';

/** Whether a table that we keep for ourselves can be written, or made. */
export async function ownTable(
  session: Session,
  check: string,
  place: StateTable,
  rights: readonly string[] = ['SELECT', 'INSERT', 'UPDATE'],
): Promise<Finding> {
  const name = `${place.schema}.${place.table}`;
  const may = await mayUse(session, place, rights);
  if (may === undefined) return { check, ok: true, detail: `${name} will be made` };
  if (may) return { check, ok: true, detail: `${name} is there` };
  const hint = `GRANT USAGE ON SCHEMA ${place.schema} and ${rights.join(', ')} ON ${name} to the role.`;
  return { check, ok: false, detail: `${name} is there, but cannot be written`, hint };
}

/** Whether we have all these rights on a table; undefined if it is not there. */
export async function mayUse(
  session: Session,
  { schema, table }: StateTable,
  rights: readonly string[],
): Promise<boolean | undefined> {
  const { rows } = await session.query(
    `SELECT has_schema_privilege(n.oid, 'USAGE') AND (SELECT bool_and(has_table_privilege(c.oid, name)) FROM unnest($3::text[]) AS name) AS may
     FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = $1 AND c.relname = $2`,
    [schema, table, rights],
  );
  return rows[0] === undefined ? undefined : rows[0]['may'] === true;
}
