// @ts-check
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { data } from '../data.mjs';
import { measure } from '../measure.mjs';
import { defineCase } from './case.mjs';

const rows = 1_000_000;

export default defineCase({
  results: [
    {
      id: 'records-to-jsonl',
      work: 'RECORD lines to JSON lines, no compression, 1 M resale rows',
      against: 'JSON.parse and JSON.stringify of the same lines',
      unit: 'times as fast',
      floor: 3,
      goal: 6,
      rows,
    },
  ],
  async prepare() {
    await data('resale', rows, 'singer');
  },
  async round(bench) {
    const LINES = await data('resale', rows, 'singer');
    const folder = join(bench.folder, 'jsonl');
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder);
    const TARGET = bench.configFile('target-jsonl', { destination_path: folder });
    return {
      limit: await measure('node bench/limits/parse-stringify.mjs "$OUT" < "$LINES"', {
        LINES,
        OUT: join(folder, 'limit.jsonl'),
      }),
      ours: { 'records-to-jsonl': await measure('node bin/target-jsonl --config "$TARGET" < "$LINES"', { TARGET, LINES }) },
    };
  },
});
