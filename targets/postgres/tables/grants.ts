import type { Session } from '../../../clients/postgres/connect.ts';
import { ident, literal, qualified } from '../../../clients/postgres/quote.ts';
import { ConfigError } from '../../../singer/index.ts';
import type { Change } from './ddl.ts';
import type { TablePlan } from './plan.ts';
import type { TargetConfig } from '../settings.ts';

/** Roles by privilege. */
export type Grants = Readonly<Record<string, readonly string[]>>;

/** The roles of `grants` by privilege, those without any role left out. */
export function grantsOf(setting: TargetConfig['grants']): Grants {
  const given = Object.entries(setting ?? {}) as [string, readonly string[] | undefined][];
  return Object.fromEntries(given.flatMap(([privilege, roles]) => (roles?.length ? [[privilege, roles]] : [])));
}

/** All roles that `grants` names, once each. */
export function grantees(grants: Grants): readonly string[] {
  return [...new Set(Object.values(grants).flat())];
}

/** Throws ConfigError naming the roles that do not exist: better before the first record than at the first table. */
export async function refuseMissingRoles(session: Session, setting: TargetConfig['grants']): Promise<void> {
  const missing = await missingRoles(session, grantees(grantsOf(setting)));
  if (missing.length > 0)
    throw new ConfigError([{ path: 'grants', message: `names roles that do not exist: ${missing.join(', ')}` }]);
}

export async function missingRoles(session: Session, roles: readonly string[]): Promise<readonly string[]> {
  if (roles.length === 0) return [];
  const { rows } = await session.query('SELECT rolname AS name FROM pg_roles WHERE rolname = ANY ($1)', [roles]);
  const there = new Set(['public', ...rows.map((row) => row['name'])]);
  return roles.filter((role) => !there.has(role));
}

/** GRANTs for a table that was just made, and USAGE on its schema, without which they are worth nothing. */
export function grantChanges(plan: TablePlan): readonly Change[] {
  const grants = plan.extras?.grants ?? {};
  const roles = grantees(grants);
  if (roles.length === 0) return [];
  const table = qualified(plan.schema, plan.table);
  return [
    {
      sql: `GRANT USAGE ON SCHEMA ${ident(plan.schema)} TO ${roles.map(ident).join(', ')}`,
      orElse: 'USAGE on the schema cannot be granted: the roles may not get at the table',
    },
    ...Object.entries(grants).map(([privilege, names]) => ({
      sql: `GRANT ${privilege.toUpperCase()} ON ${table} TO ${names.map(ident).join(', ')}`,
    })),
  ];
}

/** Storage parameters of a table that was just made. The names are checked: see `tableOptionFault`. */
export function storageChanges(plan: TablePlan): readonly Change[] {
  const options = Object.entries(plan.extras?.storage ?? {});
  if (options.length === 0) return [];
  const list = options.map(([name, value]) => `${name} = ${literal(String(value))}`).join(', ');
  const orFail = {
    code: 'table-option',
    message: `Postgres does not take the table_options of ${plan.stream}: ${options.map(([name]) => name).join(', ')}`,
    hint: 'See the storage parameters of CREATE TABLE in the manual of Postgres for names and values.',
  };
  return [{ sql: `ALTER TABLE ${qualified(plan.schema, plan.table)} SET (${list})`, orFail }];
}

/** What is wrong with the name of a storage parameter; undefined if nothing is. */
export function tableOptionFault(name: string): string | undefined {
  return /^(?:toast\.)?[a-z][a-z_]*$/.test(name) ? undefined : 'is no storage parameter, for example fillfactor';
}
