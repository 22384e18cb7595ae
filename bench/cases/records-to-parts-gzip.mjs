// @ts-check
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { data } from '../data.mjs';
import { measure } from '../measure.mjs';
import { defineCase } from './case.mjs';

const rows = 1_000_000;
const ROWS = 'rows.ndjson';

export default defineCase({
  results: [
    {
      id: 'records-to-parts-gzip',
      work: 'RECORD lines to gzip load files of target-bigquery, 1 M resale rows',
      against: 'gzip -1 of the same bytes',
      unit: 'times as fast',
      floor: 0.8,
      goal: 1.2,
      rows,
    },
  ],
  async prepare(bench) {
    const LINES = await data('resale', rows, 'singer');
    // What ours compresses.
    await measure('node bench/records-to-parts.mjs none "$OUT" < "$LINES"', { LINES, OUT: join(bench.folder, ROWS) });
  },
  async round(bench) {
    const LINES = await data('resale', rows, 'singer');
    const OUT = join(bench.folder, 'rows.gz');
    const round = {
      limit: await measure('gzip -1 < "$PLAIN" > "$OUT"', { PLAIN: join(bench.folder, ROWS), OUT }),
      ours: { 'records-to-parts-gzip': await measure('node bench/records-to-parts.mjs gzip "$OUT" < "$LINES"', { LINES, OUT }) },
    };
    rmSync(OUT);
    return round;
  },
});
