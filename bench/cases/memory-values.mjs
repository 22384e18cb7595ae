// @ts-check
import { measure } from '../measure.mjs';
import { SOURCE, sourceConfig } from '../source.mjs';
import { defineCase } from './case.mjs';

const MEGABYTES = 60;
const VALUES = 8;
const TABLE = 'large_values';

export default defineCase({
  rounds: 1,
  results: [
    {
      id: 'memory-values',
      work: `peak memory of tap-postgres, ${VALUES} values of ${MEGABYTES} MB`,
      against: 'nothing',
      unit: 'MB',
      // Beside what a run of short rows has: the row as it comes, the line as it goes, and as much again that waits for the collector.
      floor: 4 * MEGABYTES + 130,
      goal: 2 * MEGABYTES + 130,
    },
  ],
  async prepare(bench) {
    const { client } = await bench.postgres();
    await client.query(`CREATE SCHEMA IF NOT EXISTS ${SOURCE}`);
    await client.query(`CREATE TABLE ${SOURCE}.${TABLE} (id integer PRIMARY KEY, value text)`);
    await client.query(
      `INSERT INTO ${SOURCE}.${TABLE} SELECT n, repeat('abcdefgh' || n, ${Math.floor((MEGABYTES * 1e6) / 9)}) FROM generate_series(1, ${VALUES}) AS n`,
    );
  },
  async round(bench) {
    const postgres = await bench.postgres();
    const TAP = bench.configFile('tap-postgres', sourceConfig(postgres, TABLE));
    return { ours: { 'memory-values': await measure('node bin/tap-postgres --config "$TAP" > /dev/null', { TAP }) } };
  },
});
