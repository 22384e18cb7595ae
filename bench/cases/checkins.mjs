// @ts-check
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkins, HEADER } from '../../examples/checkins/generate.mjs';
import { measure } from '../measure.mjs';
import { defineCase } from './case.mjs';

const rows = 410_000;
const columns = HEADER.split(',');

/** Dirty check-ins, twenty files' worth in one, as messages. */
function* messages() {
  const properties = Object.fromEntries(columns.map((name) => [name, { type: 'string' }]));
  yield JSON.stringify({ type: 'SCHEMA', stream: 'checkins', schema: { type: 'object', properties }, key_properties: [] });
  for (const row of checkins({ rows, seed: 5 })) {
    const cells = row.split(',');
    const record = Object.fromEntries(columns.map((name, index) => [name, cells[index]]));
    yield JSON.stringify({ type: 'RECORD', stream: 'checkins', record });
  }
}

export default defineCase({
  results: [
    {
      id: 'checkins',
      work: 'transform-records, the dates of 410 k dirty check-ins, each read, to the microsecond',
      against: 'nothing',
      unit: 'k rows/s',
      floor: 100,
      goal: 200,
      rows,
    },
  ],
  async prepare({ folder }) {
    writeFileSync(join(folder, 'checkins.singer'), Array.from(messages(), (line) => `${line}\n`).join(''));
  },
  async round(bench) {
    const LINES = join(bench.folder, 'checkins.singer');
    const OURS = join(bench.folder, 'checkins.out');
    const formats = ['iso', 'MM/dd/yyyy hh:mm a', 'd MMMM yyyy HH:mm'];
    const CONFIG = bench.configFile('checkins', {
      transforms: { checkins: { fields: { timestamp: { datetime: { formats, locales: ['en', 'ru'] } } }, on_error: 'fail' } },
    });
    const ours = await measure('node bin/transform-records --config "$CONFIG" < "$LINES" > "$OURS"', { CONFIG, LINES, OURS });
    refuseUnread(OURS);
    return { ours: { checkins: ours } };
  },
});

/** Speed is nothing where a date was not read, or lost digits. @param {string} path */
function refuseUnread(path) {
  const lines = readFileSync(path, 'utf8').trimEnd().split('\n').slice(1);
  const times = lines.map((line) => String(JSON.parse(line).record.timestamp));
  const read = times.filter((time) => /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?Z$/.test(time));
  const micros = times.filter((time) => /\.\d{6}Z$/.test(time));
  if (read.length !== rows || micros.length < rows / 4) throw new Error('Not each date was read whole');
}
