// @ts-check
import { measure } from '../measure.mjs';
import { changesTable, SOURCE, sourceConfig } from '../source.mjs';
import { defineCase } from './case.mjs';

const rows = 1_000_000;

export default defineCase({
  results: [
    {
      id: 'postgres-incremental',
      work: 'Postgres to RECORD lines, INCREMENTAL by a column with an index, 1 M resale rows',
      against: 'psql, copy of the same ordered query to stdout',
      unit: 'times as fast',
      floor: 0.5,
      goal: 0.75,
      rows,
    },
  ],
  async prepare(bench) {
    const postgres = await bench.postgres();
    if (!postgres.hasPsql) bench.skip('psql is missing');
    await changesTable(postgres, rows);
  },
  async round(bench) {
    const postgres = await bench.postgres();
    const { table, replicationKey, order } = await changesTable(postgres, rows);
    const TAP = bench.configFile(
      'tap-postgres',
      sourceConfig(postgres, table, {
        default_replication_method: 'INCREMENTAL',
        stream_options: { '*': { replication_key: replicationKey } },
      }),
    );
    const limit = await postgres.serving(() =>
      measure(`psql -q "$URL" -c "copy (select * from ${SOURCE}.${table} order by ${order}) to stdout" > /dev/null`, {
        URL: postgres.url,
      }),
    );
    const ours = await postgres.serving(() => measure('node bin/tap-postgres --config "$TAP" > /dev/null', { TAP }));
    return { limit, ours: { 'postgres-incremental': ours } };
  },
});
