// @ts-check
import { Client } from 'pg';
import { measure } from '../measure.mjs';
import { defineCase } from './case.mjs';

const TABLES = 5000;
const COLUMNS = 12;
/** Tables of one transaction: each takes some of the locks that the server has. */
const AT_ONCE = 500;

/** @type {string | undefined} */
let database;

/** A database of tables with a key and columns of the usual types. @param {import('../postgres.mjs').BenchPostgres} postgres */
async function manyTables(postgres) {
  const url = await postgres.server.createDatabase('many_tables');
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    for (let from = 0; from < TABLES; from += AT_ONCE) {
      await client.query(`
        DO $do$ BEGIN
          FOR n IN ${from} .. ${from + AT_ONCE - 1} LOOP
            EXECUTE format('CREATE TABLE t%s (id bigint PRIMARY KEY, changed_at timestamptz NOT NULL, amount numeric(12,2), %s)', n,
              (SELECT string_agg(format('c%s %s', c, (ARRAY['text', 'integer', 'jsonb', 'varchar(50)', 'date'])[c % 5 + 1]), ', ')
               FROM generate_series(4, ${COLUMNS}) AS c));
          END LOOP;
        END $do$`);
    }
    await client.query('ANALYZE pg_catalog.pg_attribute, pg_catalog.pg_class');
  } finally {
    await client.end();
  }
  return url;
}

export default defineCase({
  results: [
    {
      id: 'postgres-discovery',
      work: `discovery of ${TABLES} tables of ${COLUMNS} columns`,
      against: 'nothing',
      unit: 'seconds',
      floor: 3,
      goal: 1.5,
    },
    {
      id: 'postgres-discovery-memory',
      work: `peak memory of tap-postgres, discovery of ${TABLES} tables`,
      against: 'nothing',
      unit: 'MB',
      floor: 150,
      goal: 120,
    },
  ],
  async prepare(bench) {
    database ??= await manyTables(await bench.postgres());
  },
  async round(bench) {
    const postgres = await bench.postgres();
    const TAP = bench.configFile('tap-postgres', { ...postgres.connection(database) });
    const ours = await postgres.serving(() => measure('node bin/tap-postgres --config "$TAP" --discover > /dev/null', { TAP }));
    return { ours: { 'postgres-discovery': ours, 'postgres-discovery-memory': ours } };
  },
});
