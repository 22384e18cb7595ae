// @ts-check
import { data } from '../data.mjs';
import { measure } from '../measure.mjs';
import { defineCase } from './case.mjs';

/**
 * @typedef {object} Options
 * @property {string} id
 * @property {string} work
 * @property {number} floor
 * @property {number} goal
 * @property {string} [table] of the data, `resale`
 * @property {number} [rows] a million
 * @property {Record<string, unknown>} [entry] more settings of the file
 */

/** @param {Options} options */
export const csvToRecords = ({ id, work, floor, goal, table = 'resale', rows = 1_000_000, entry = {} }) =>
  defineCase({
    results: [{ id, work, against: 'csv-parse making objects, JSON.stringify', unit: 'times as fast', floor, goal, rows }],
    async prepare() {
      await data(table, rows, 'csv');
    },
    async round(bench) {
      const FILE = await data(table, rows, 'csv');
      const TABLE = table;
      const TAP = bench.configFile('tap', { files: [{ entity: table, path: FILE, keys: [], ...entry }] });
      return {
        limit: await measure('node bench/limits/csv-parse-objects.mjs "$FILE" "$TABLE" > /dev/null', { FILE, TABLE }),
        ours: { [id]: await measure('node bin/tap-csv --config "$TAP" > /dev/null', { TAP }) },
      };
    },
  });

export default csvToRecords({
  id: 'csv-to-records',
  work: 'CSV to RECORD lines, 1 M resale rows',
  floor: 6,
  goal: 10,
});
