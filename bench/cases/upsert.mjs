// @ts-check
import { data } from '../data.mjs';
import { measure } from '../measure.mjs';
import { defineCase } from './case.mjs';

const rows = 1_000_000;

/** @param {string} id @param {string} work @param {number} floor @param {number} goal */
const result = (id, work, floor, goal) => ({
  id,
  work: `upsert, 1 M customers: ${work}`,
  against: '\\copy into the same key',
  unit: /** @type {const} */ ('times as fast'),
  floor,
  goal,
  rows,
});

export default defineCase({
  results: [
    result('upsert-first', 'first load', 0.7, 1),
    result('upsert-unchanged', 'all rows again, unchanged', 0.5, 0.9),
    result('upsert-changed', 'all rows again, changed', 0.25, 0.45),
  ],
  async prepare() {
    await data('customers', rows, 'csv');
    await data('customers', rows, 'singer');
    await data('customers-changed', rows, 'singer');
  },
  async round(bench) {
    const postgres = await bench.postgres();
    const TARGET = bench.configFile('target', postgres.config({ load_method: 'upsert' }));
    const first = await data('customers', rows, 'singer');
    const changed = await data('customers-changed', rows, 'singer');
    const upsert = (/** @type {string} */ LINES) => () =>
      measure('node bin/target-postgres --config "$TARGET" < "$LINES"', { TARGET, LINES });
    return {
      limit: await postgres.copy('customers', await data('customers', rows, 'csv'), rows),
      ours: {
        'upsert-first': await postgres.fresh('customers', rows, upsert(first)),
        'upsert-unchanged': await postgres.again('customers', rows, upsert(first)),
        'upsert-changed': await postgres.again('customers', rows, upsert(changed)),
      },
    };
  },
});
