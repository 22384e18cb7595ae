// @ts-check
import { data, STREAMS } from '../data.mjs';
import { measure } from '../measure.mjs';
import { defineCase } from './case.mjs';

const rows = 1_000_000;
const last = `resale_${STREAMS - 1}`;

export default defineCase({
  results: [
    {
      id: 'streams-to-postgres',
      work: `RECORD lines of ${STREAMS} streams in turn to Postgres, append, 1 M resale rows`,
      against: '\\copy of the same rows into one table',
      unit: 'times as fast',
      floor: 0.4,
      goal: 0.7,
      rows,
    },
  ],
  async prepare() {
    await data('resale', rows, 'csv');
    await data('resale', rows, 'singer-streams');
  },
  async round(bench) {
    const postgres = await bench.postgres();
    const LINES = await data('resale', rows, 'singer-streams');
    const TARGET = bench.configFile('target', postgres.config({ load_method: 'append-only', default_target_schema: 'streams' }));
    const limit = await postgres.copy('resale', await data('resale', rows, 'csv'), rows);
    await postgres.client.query('DROP SCHEMA IF EXISTS streams CASCADE');
    const ours = await postgres.again(
      last,
      rows / STREAMS,
      () => measure('node bin/target-postgres --config "$TARGET" < "$LINES"', { TARGET, LINES }),
      'streams',
    );
    return { limit, ours: { 'streams-to-postgres': ours } };
  },
});
