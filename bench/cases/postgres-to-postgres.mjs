// @ts-check
import { measure } from '../measure.mjs';
import { SOURCE, sourceConfig, sourceTable } from '../source.mjs';
import { defineCase } from './case.mjs';

const rows = 1_000_000;
const COPIED = 'copied';

export default defineCase({
  results: [
    {
      id: 'postgres-to-postgres',
      work: 'Postgres to Postgres through the pipe, 1 M resale rows',
      against: 'two psql, copy to stdout and copy from stdin, joined by a pipe',
      unit: 'times as fast',
      floor: 0.4,
      goal: 0.7,
      rows,
    },
  ],
  async prepare(bench) {
    const postgres = await bench.postgres();
    if (!postgres.hasPsql) bench.skip('psql is missing');
    await sourceTable(postgres, 'resale', rows);
  },
  async round(bench) {
    const postgres = await bench.postgres();
    const table = await sourceTable(postgres, 'resale', rows);
    const TAP = bench.configFile('tap-postgres', sourceConfig(postgres, table));
    const TARGET = bench.configFile('target', postgres.config({ load_method: 'append-only', default_target_schema: COPIED }));
    const empty = async () => {
      await postgres.client.query(`DROP SCHEMA IF EXISTS ${COPIED} CASCADE`);
      await postgres.client.query(`CREATE SCHEMA ${COPIED}`);
    };
    await empty();
    await postgres.client.query(`CREATE TABLE ${COPIED}.limit (LIKE ${SOURCE}.${table})`);
    const limit = await postgres.again(
      'limit',
      rows,
      () =>
        measure(`psql -q "$URL" -c "copy ${SOURCE}.${table} to stdout" | psql -q "$URL" -c "copy ${COPIED}.limit from stdin"`, {
          URL: postgres.url,
        }),
      COPIED,
    );
    await empty();
    const ours = await postgres.again(
      table,
      rows,
      () =>
        measure('node bin/tap-postgres --config "$TAP" | node bin/target-postgres --config "$TARGET" > /dev/null', {
          TAP,
          TARGET,
        }),
      COPIED,
    );
    return { limit, ours: { 'postgres-to-postgres': ours } };
  },
});
