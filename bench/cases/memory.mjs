// @ts-check
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { data } from '../data.mjs';
import { measure } from '../measure.mjs';
import { defineCase } from './case.mjs';

/** @param {number} rows @param {string} size */
export const memory = (rows, size) =>
  defineCase({
    rounds: 1,
    ...(rows > 1_000_000 && { only: /** @type {const} */ ('large') }),
    results: ['tap-csv', 'tap-postgres', 'target-postgres', 'target-jsonl'].map((name) => ({
      id: `memory-${name}-${size}`,
      work: `peak memory of ${name}, ${size} rows`,
      against: 'nothing',
      unit: 'MB',
      floor: 130,
      goal: 100,
    })),
    async prepare() {
      await data('resale', rows, 'csv');
    },
    async round(bench) {
      const file = await data('resale', rows, 'csv');
      const postgres = await bench.postgres();
      const TAP = bench.configFile('tap', { files: [{ entity: 'resale', path: file, keys: [] }] });
      const TARGET = bench.configFile('target', postgres.config({ load_method: 'append-only' }));
      const folder = join(bench.folder, 'memory');
      const FILES = bench.configFile('target-jsonl', { destination_path: folder });
      const toPostgres = await postgres.fresh('resale', rows, () =>
        measure('node bin/tap-csv --config "$TAP" | node bin/target-postgres --config "$TARGET"', { TAP, TARGET }),
      );
      // The table that was just loaded.
      const SOURCE = bench.configFile('tap-postgres', {
        ...postgres.connection(),
        filter_schemas: ['public'],
        tables: ['resale'],
      });
      const fromPostgres = await measure('node bin/tap-postgres --config "$SOURCE" > /dev/null', { SOURCE });
      const toFiles = await measure('node bin/tap-csv --config "$TAP" | node bin/target-jsonl --config "$FILES"', { TAP, FILES });
      rmSync(folder, { recursive: true });
      return {
        ours: {
          [`memory-tap-csv-${size}`]: toPostgres,
          [`memory-tap-postgres-${size}`]: fromPostgres,
          [`memory-target-postgres-${size}`]: toPostgres,
          [`memory-target-jsonl-${size}`]: toFiles,
        },
      };
    },
  });

export default memory(1_000_000, '1 M');
