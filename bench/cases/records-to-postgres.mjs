// @ts-check
import { data } from '../data.mjs';
import { measure } from '../measure.mjs';
import { defineCase } from './case.mjs';

/**
 * @typedef {object} Options
 * @property {string} id
 * @property {string} work
 * @property {import('../data.mjs').Form} form
 * @property {number} floor
 * @property {number} goal
 * @property {string} [table] of the data, `resale`
 * @property {number} [rows] a million
 * @property {Record<string, unknown>} [config] more settings of the target
 */

/** @param {Options} options */
export const recordsToPostgres = ({ id, work, form, floor, goal, table = 'resale', rows = 1_000_000, config = {} }) =>
  defineCase({
    results: [{ id, work, against: '\\copy of the same rows', unit: 'times as fast', floor, goal, rows }],
    async prepare() {
      await data(table, rows, 'csv');
      await data(table, rows, form);
    },
    async round(bench) {
      const postgres = await bench.postgres();
      const LINES = await data(table, rows, form);
      const TARGET = bench.configFile('target', postgres.config({ load_method: 'append-only', ...config }));
      return {
        limit: await postgres.copy(table, await data(table, rows, 'csv'), rows),
        ours: {
          [id]: await postgres.fresh(table, rows, () =>
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
