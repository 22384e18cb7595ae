// @ts-check
import { data } from '../data.mjs';
import { measure } from '../measure.mjs';
import { defineCase } from './case.mjs';

/** @param {{ id: string, rows: number, work: string, floor: number, goal: number, only?: 'large' }} options */
export const csvToPostgres = ({ id, rows, work, floor, goal, only }) =>
  defineCase({
    ...(only && { only }),
    results: [{ id, work, against: '\\copy of the same file', unit: 'times as fast', floor, goal, rows }],
    async prepare() {
      await data('resale', rows, 'csv');
    },
    async round(bench) {
      const file = await data('resale', rows, 'csv');
      const postgres = await bench.postgres();
      const TAP = bench.configFile('tap', { files: [{ entity: 'resale', path: file, keys: [] }] });
      const TARGET = bench.configFile('target', postgres.config({ load_method: 'append-only' }));
      return {
        limit: await postgres.copy('resale', file, rows),
        ours: {
          [id]: await postgres.fresh('resale', rows, () =>
            measure('node bin/tap-csv --config "$TAP" | node bin/target-postgres --config "$TARGET"', { TAP, TARGET }),
          ),
        },
      };
    },
  });

export default csvToPostgres({
  id: 'csv-to-postgres',
  rows: 1_000_000,
  work: 'CSV to Postgres through the pipe, 1 M resale rows',
  floor: 0.55,
  goal: 0.8,
});
