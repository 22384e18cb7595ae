// @ts-check
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { data } from '../data.mjs';
import { measure } from '../measure.mjs';
import { defineCase } from './case.mjs';

const rows = 1_000_000;

export default defineCase({
  results: [
    {
      id: 'batch-to-postgres',
      work: 'a BATCH file to Postgres, append, 1 M resale rows',
      against: '\\copy of the same rows',
      unit: 'times as fast',
      floor: 0.7,
      goal: 1,
      rows,
    },
  ],
  async prepare() {
    await data('resale', rows, 'csv');
    await data('resale', rows, 'jsonl');
  },
  async round(bench) {
    const postgres = await bench.postgres();
    const file = await data('resale', rows, 'jsonl');
    const [schema] = readFileSync(await data('resale', 100, 'singer'), 'utf8').split('\n');
    const batch = {
      type: 'BATCH',
      stream: 'resale',
      encoding: { format: 'jsonl', compression: 'none' },
      manifest: [pathToFileURL(file).href],
    };
    const LINES = join(bench.folder, 'batch.singer');
    writeFileSync(
      LINES,
      `${schema}\n${JSON.stringify(batch)}\n${JSON.stringify({ type: 'STATE', value: { bookmarks: { rows } } })}\n`,
    );
    const TARGET = bench.configFile('target', postgres.config({ load_method: 'append-only' }));
    return {
      limit: await postgres.copy('resale', await data('resale', rows, 'csv'), rows),
      ours: {
        'batch-to-postgres': await postgres.fresh('resale', rows, () =>
          measure('node bin/target-postgres --config "$TARGET" < "$LINES"', { TARGET, LINES }),
        ),
      },
    };
  },
});
