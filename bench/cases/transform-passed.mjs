// @ts-check
import { data } from '../data.mjs';
import { measure } from '../measure.mjs';
import { defineCase } from './case.mjs';

const rows = 1_000_000;

export default defineCase({
  results: [
    {
      id: 'transform-passed',
      work: 'transform-records, lines of a stream without rules, 1 M resale rows',
      against: 'JSON.parse and JSON.stringify of the same lines',
      unit: 'times as fast',
      floor: 6,
      goal: 10,
      rows,
    },
  ],
  async prepare() {
    await data('resale', rows, 'singer');
  },
  async round(bench) {
    const LINES = await data('resale', rows, 'singer');
    const RULES = bench.configFile('transform-passed', { transforms: { other: { optional: true, fields: { a: 'trim' } } } });
    return {
      limit: await measure('node bench/limits/transform-objects.mjs < "$LINES" > /dev/null', { LINES }),
      ours: {
        'transform-passed': await measure('node bin/transform-records --config "$RULES" < "$LINES" > /dev/null', {
          LINES,
          RULES,
        }),
      },
    };
  },
});
