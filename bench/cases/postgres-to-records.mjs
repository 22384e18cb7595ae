// @ts-check
import { measure } from '../measure.mjs';
import { SOURCE, sourceConfig, sourceTable } from '../source.mjs';
import { defineCase } from './case.mjs';

const rows = 1_000_000;

export const postgresToRecords = (/** @type {'resale' | 'customers'} */ name) =>
  defineCase({
    results: [
      {
        id: `postgres-to-records-${name}`,
        work: `Postgres to RECORD lines, FULL_TABLE, 1 M ${name === 'resale' ? 'resale rows' : name}`,
        against: 'psql, copy to stdout',
        unit: 'times as fast',
        floor: 0.5,
        goal: 0.75,
        rows,
      },
    ],
    async prepare(bench) {
      const postgres = await bench.postgres();
      if (!postgres.hasPsql) bench.skip('psql is missing');
      await sourceTable(postgres, name, rows);
    },
    async round(bench) {
      const postgres = await bench.postgres();
      const table = await sourceTable(postgres, name, rows);
      const TAP = bench.configFile('tap-postgres', sourceConfig(postgres, table));
      const limit = await postgres.serving(() =>
        measure(`psql -q "$URL" -c "copy ${SOURCE}.${table} to stdout" > /dev/null`, { URL: postgres.url }),
      );
      const ours = await postgres.serving(() => measure('node bin/tap-postgres --config "$TAP" > /dev/null', { TAP }));
      return { limit, ours: { [`postgres-to-records-${name}`]: ours } };
    },
  });

export default postgresToRecords('resale');
