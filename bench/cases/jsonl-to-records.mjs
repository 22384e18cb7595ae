// @ts-check
import { data } from '../data.mjs';
import { measure } from '../measure.mjs';
import { defineCase } from './case.mjs';

const rows = 1_000_000;

export default defineCase({
  results: [
    {
      id: 'jsonl-to-records',
      work: 'JSON lines to RECORD lines, 1 M resale rows',
      against: 'JSON.parse and JSON.stringify of each line',
      unit: 'times as fast',
      floor: 2,
      goal: 4,
      rows,
    },
  ],
  async prepare() {
    await data('resale', rows, 'jsonl');
  },
  async round(bench) {
    const FILE = await data('resale', rows, 'jsonl');
    const TAP = bench.configFile('tap', { files: [{ entity: 'resale', path: FILE, keys: [], format: 'jsonl' }] });
    return {
      limit: await measure('node bench/limits/parse-stringify.mjs /dev/null < "$FILE"', { FILE }),
      ours: { 'jsonl-to-records': await measure('node bin/tap-csv --config "$TAP" > /dev/null', { TAP }) },
    };
  },
});
