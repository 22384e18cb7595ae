// @ts-check
import { data } from '../data.mjs';
import { measure } from '../measure.mjs';
import { defineCase } from './case.mjs';

const rows = 1_000_000;

export default defineCase({
  results: [
    {
      id: 'csv-to-records',
      work: 'CSV to RECORD lines, 1 M resale rows',
      against: 'csv-parse making objects, JSON.stringify',
      unit: 'times as fast',
      floor: 6,
      goal: 10,
      rows,
    },
  ],
  async prepare() {
    await data('resale', rows, 'csv');
  },
  async round(bench) {
    const FILE = await data('resale', rows, 'csv');
    const TAP = bench.configFile('tap', { files: [{ entity: 'resale', path: FILE, keys: [] }] });
    return {
      limit: await measure('node bench/limits/csv-parse-objects.mjs "$FILE" resale > /dev/null', { FILE }),
      ours: { 'csv-to-records': await measure('node bin/tap-csv --config "$TAP" > /dev/null', { TAP }) },
    };
  },
});
