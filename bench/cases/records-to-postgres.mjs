// @ts-check
import { data } from '../data.mjs';
import { measure } from '../measure.mjs';
import { defineCase } from './case.mjs';

const rows = 1_000_000;

/** @param {{ id: string, work: string, form: import('../data.mjs').Form, floor: number, goal: number }} options */
export const recordsToPostgres = ({ id, work, form, floor, goal }) =>
  defineCase({
    results: [{ id, work, against: '\\copy of the same rows', unit: 'times as fast', floor, goal, rows }],
    async prepare() {
      await data('resale', rows, 'csv');
      await data('resale', rows, form);
    },
    async round(bench) {
      const postgres = await bench.postgres();
      const LINES = await data('resale', rows, form);
      const TARGET = bench.configFile('target', postgres.config({ load_method: 'append-only' }));
      return {
        limit: await postgres.copy('resale', await data('resale', rows, 'csv'), rows),
        ours: {
          [id]: await postgres.fresh('resale', rows, () =>
            measure('node bin/target-postgres --config "$TARGET" < "$LINES"', { TARGET, LINES }),
          ),
        },
      };
    },
  });

export default recordsToPostgres({
  id: 'records-to-postgres',
  work: 'RECORD lines to Postgres, append, 1 M resale rows',
  form: 'singer',
  floor: 0.8,
  goal: 1,
});
