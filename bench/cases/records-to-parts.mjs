// @ts-check
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { data } from '../data.mjs';
import { measure } from '../measure.mjs';
import { defineCase } from './case.mjs';

const rows = 1_000_000;

export default defineCase({
  results: [
    {
      id: 'records-to-parts',
      work: 'RECORD lines to load files of target-bigquery, no compression, 1 M resale rows',
      against: 'JSON.parse and JSON.stringify of the same lines',
      unit: 'times as fast',
      floor: 3,
      goal: 4,
      rows,
    },
    {
      id: 'records-to-parts-digested',
      work: 'the same with a run_id, so that a later run knows the rows again',
      against: 'JSON.parse and JSON.stringify of the same lines',
      unit: 'times as fast',
      floor: 2,
      goal: 3,
      rows,
    },
  ],
  async prepare() {
    await data('resale', rows, 'singer');
  },
  async round(bench) {
    const LINES = await data('resale', rows, 'singer');
    const OUT = join(bench.folder, 'parts.ndjson');
    /** To empty a file that is there would count for who comes second. @param {string} program */
    const fresh = (program) => {
      rmSync(OUT, { force: true });
      return measure(`${program} < "$LINES"`, { LINES, OUT });
    };
    return {
      limit: await fresh('node bench/limits/parse-stringify.mjs "$OUT"'),
      ours: {
        'records-to-parts': await fresh('node bench/records-to-parts.mjs none "$OUT"'),
        'records-to-parts-digested': await fresh('node bench/records-to-parts.mjs none "$OUT" nightly'),
      },
    };
  },
});
