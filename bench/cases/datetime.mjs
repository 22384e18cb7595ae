// @ts-check
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { data } from '../data.mjs';
import { measure } from '../measure.mjs';
import { defineCase } from './case.mjs';

const rows = 400_000;
const zone = 'Europe/Berlin';

export default defineCase({
  results: [
    {
      id: 'datetime',
      work: 'dates of three formats with a zone as instants, 400 k rows',
      against: 'the same through luxon alone, format parsers built once',
      unit: 'times as fast',
      floor: 3,
      goal: 6,
      rows,
    },
  ],
  async prepare() {
    await data('times', rows, 'singer');
  },
  async round(bench) {
    const LINES = await data('times', rows, 'singer');
    const LIMIT = join(bench.folder, 'luxon-dates.jsonl');
    const OURS = join(bench.folder, 'datetime.jsonl');
    const formats = ['yyyy-MM-dd HH:mm:ss.SSS', 'MM/dd/yyyy hh:mm a', 'd MMMM yyyy HH:mm'];
    const CONFIG = bench.configFile('datetime', {
      transforms: { times: { fields: { at: { datetime: { formats, locales: ['en', 'ru'], zone } } }, on_error: 'fail' } },
    });
    const limit = await measure(`node bench/limits/luxon-dates.mjs "$LIMIT" ${zone} < "$LINES"`, { LIMIT, LINES });
    const ours = await measure('node bin/transform-records --config "$CONFIG" < "$LINES" > "$OURS"', { CONFIG, LINES, OURS });
    refuseDifferent(LIMIT, OURS);
    return { limit, ours: { datetime: ours } };
  },
});

/** Speed is nothing without the same result. @param {string} a @param {string} b */
function refuseDifferent(a, b) {
  const [left, right] = [a, b].map((path) => datesOf(path));
  if (left?.length !== rows || left.some((date, index) => date !== right?.[index])) throw new Error('The dates are not the same');
}

/** @param {string} path @returns {string[]} */
function datesOf(path) {
  return readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line.includes('"RECORD"'))
    .map((line) => JSON.parse(line).record.at);
}
