// @ts-check
import { data } from '../data.mjs';
import { measure } from '../measure.mjs';
import { defineCase } from './case.mjs';

const rows = 1_000_000;

export default defineCase({
  results: [
    {
      id: 'gzip-to-records',
      work: 'gzip CSV to RECORD lines, 1 M resale rows',
      against: 'gzip -dc',
      unit: 'times as fast',
      floor: 0.25,
      goal: 0.5,
      rows,
    },
  ],
  async prepare() {
    await data('resale', rows, 'csv.gz');
  },
  async round(bench) {
    const FILE = await data('resale', rows, 'csv.gz');
    const TAP = bench.configFile('tap', { files: [{ entity: 'resale', path: FILE, keys: [] }] });
    return {
      limit: await measure('gzip -dc "$FILE" > /dev/null', { FILE }),
      ours: { 'gzip-to-records': await measure('node bin/tap-csv --config "$TAP" > /dev/null', { TAP }) },
    };
  },
});
