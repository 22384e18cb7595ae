import type { Session } from '../../../clients/postgres/connect.ts';
import type { Log } from '../../../singer/tap/index.ts';
import type { Filters } from './filters.ts';
import type { Found } from './index.ts';

/** Tells of schemas that are asked for and not there: a mistyped one would pass for one without tables. Throws the server's errors. */
export async function tellMissingSchemas(
  session: Session,
  { schemas }: Pick<Filters, 'schemas'>,
  found: readonly Pick<Found, 'schema'>[],
  log: Log,
): Promise<void> {
  const withTables = new Set(found.map(({ schema }) => schema));
  const others = (schemas ?? []).filter((schema) => !withTables.has(schema));
  if (others.length === 0) return;
  const { rows } = await session.query('SELECT nspname AS name FROM pg_namespace WHERE nspname = ANY ($1)', [others]);
  const there = new Set(rows.map(({ name }) => name));
  const missing = others.filter((schema) => !there.has(schema));
  if (missing.length > 0)
    log.warn('Schemas of filter_schemas are not in the database', { database: session.database, schemas: missing });
}
