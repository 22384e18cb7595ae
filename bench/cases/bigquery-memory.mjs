// @ts-check
import { data } from '../data.mjs';
import { UploadSink } from '../bigquery.mjs';
import { measure } from '../measure.mjs';
import { defineCase } from './case.mjs';

/** @param {number} rows @param {string} size @param {Readonly<Record<string, string>>} [settings] */
export const bigqueryMemory = (rows, size, settings = {}) =>
  defineCase({
    rounds: 1,
    ...(rows > 1_000_000 && { only: /** @type {const} */ ('large') }),
    results: [
      {
        id: `memory-target-bigquery-${size}`,
        work: `peak memory of target-bigquery, ${size} rows`,
        against: 'nothing',
        unit: 'MB',
        floor: 150,
        goal: 120,
      },
    ],
    async prepare() {
      await data('resale', rows, 'csv');
    },
    async round(bench) {
      const TAP = bench.configFile('tap', { files: [{ entity: 'resale', path: await data('resale', rows, 'csv'), keys: [] }] });
      const sink = await UploadSink.start();
      try {
        const TARGET = bench.configFile('target-bigquery', { ...sink.config, ...settings, storage_endpoint: sink.url });
        const run = await measure('node bin/tap-csv --config "$TAP" | node bin/target-bigquery --config "$TARGET"', {
          TAP,
          TARGET,
        });
        return { ours: { [`memory-target-bigquery-${size}`]: run } };
      } finally {
        sink.stop();
      }
    },
  });

export default bigqueryMemory(1_000_000, '1 M');
