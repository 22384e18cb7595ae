import { Client } from 'pg';
import type { Destination, StoredRow, Subject } from '../../../check/index.ts';
import plugin from '../../../targets/postgres/index.ts';
import { nameRules, otherTable, placeOf } from '../../../targets/postgres/tables/naming.ts';
import { executable } from '../executables.ts';
import { waysOf } from './ways.ts';

let made = 0;

/**
 * target-postgres, each destination a schema of its own in one database.
 * @param url of a database that the tests may fill
 */
export function targetPostgres(url: () => string): Subject {
  return {
    kind: 'target',
    name: 'target-postgres',
    command: [executable('target-postgres')],
    config: {},
    badConfigExit: 2,
    // The server trusts everybody, so that any password may stand in a config that works.
    secret: { setting: 'password', value: 's3cr&t "quoted" / word' },
    badConfigs: [
      { config: { port: 'many' }, mentions: ['port'] },
      { config: { load_method: 'upside', max_retries: 'lots' }, mentions: ['load_method', 'max_retries'] },
      { config: { batch_size_rows: 'many', validate_records: 3 }, mentions: ['batch_size_rows', 'validate_records'] },
    ],
    sharesDestination: true,
    ways: waysOf(plugin),
    makeDestination: async (settings) => makeDestination(new URL(url()), settings),
  };
}

async function makeDestination(url: URL, settings: Readonly<Record<string, unknown>>): Promise<Destination> {
  const schema = `check_${process.pid}_${made++}`;
  const client = new Client({ connectionString: url.href });
  await client.connect();
  const names = async (): Promise<string[]> => {
    const { rows } = await client.query<{ name: string }>('SELECT tablename AS name FROM pg_tables WHERE schemaname = $1', [
      schema,
    ]);
    return rows.map((row) => row.name).filter((name) => !name.startsWith('_singer'));
  };
  return {
    config: {
      host: url.hostname,
      port: Number(url.port),
      user: decodeURIComponent(url.username),
      database: url.pathname.slice(1),
      default_target_schema: schema,
      ...settings,
    },
    names,
    async readBack(stream) {
      const rules = nameRules({ column_casing: 'keep' });
      const place = placeOf(stream, schema, rules);
      const tables = await names();
      const table = [otherTable(stream, place, rules), place.table].find((name) => tables.includes(name));
      return table === undefined ? [] : storedRows(client, schema, table);
    },
    async drop() {
      await client.query(`DROP SCHEMA IF EXISTS ${client.escapeIdentifier(schema)} CASCADE`);
      await client.end();
    },
  };
}

async function storedRows(client: Client, schema: string, table: string): Promise<StoredRow[]> {
  const { rows: columns } = await client.query<{ name: string }>(
    'SELECT column_name AS name FROM information_schema.columns WHERE table_schema = $1 AND table_name = $2 ORDER BY ordinal_position',
    [schema, table],
  );
  const wanted = columns
    .map(({ name }) => `${client.escapeIdentifier(name)}::text AS ${client.escapeIdentifier(name)}`)
    .join(', ');
  const from = `${client.escapeIdentifier(schema)}.${client.escapeIdentifier(table)}`;
  return (await client.query<Record<string, string | null>>(`SELECT ${wanted} FROM ${from}`)).rows;
}
