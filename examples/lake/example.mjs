// @ts-check
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { problemsIn } from './verify.mjs';

/** @typedef {import('../../scripts/examples/example.mjs').Work} Work */

/** Run from the clone, which has what it imports. */
const source = fileURLToPath(new URL('source/source.mjs', import.meta.url));

const shell = (/** @type {Work} */ work, /** @type {string} */ script, /** @type {readonly string[]} */ ...args) =>
  work.run(['bash', '-euc', script, 'bash', source, ...args]).then(() => {});

/** So many transactions change the tables while the jobs run, 40 ms apart. */
const stepsOf = (/** @type {Work} */ { rows }) => Math.min(600, Math.max(100, Math.round(rows / 20)));

/** @type {import('../../scripts/examples/example.mjs').Example} */
export const example = {
  name: 'lake',
  title:
    'a database that is written to, to a lake of files, to staging, history and the latest of each row: whole, and by what has changed',
  tools: ['meltano'],
  backends: ['postgres'],
  packages: ['source'],
  rows: 60_000,
  killed: 'changes',
  killedWith: (work) => ({
    TAP_POSTGRES_STATE_INTERVAL_RECORDS: some(work),
    TARGET_JSONL_BATCH_SIZE_ROWS: some(work),
    TARGET_LAKE_CHANGES_ROTATE_ROWS: some(work),
  }),
  legs: [
    {
      name: 'full',
      command: ['meltano', 'run', 'full'],
      before: (work) =>
        shell(
          work,
          'node "$1" write --seed "$2" --steps "$3" > output/writer.log 2>&1 & echo $! > output/writer.pid',
          String(work.seed),
          String(stepsOf(work)),
        ),
    },
    {
      name: 'changes',
      command: ['meltano', 'run', 'changes'],
      // A transaction that is open while the job runs: what it wrote will be older than what was read.
      before: (work) =>
        shell(work, 'node "$1" late > output/late.log 2>&1 & until grep -q open output/late.log; do sleep 0.1; done'),
    },
    {
      name: 'incremental',
      command: ['meltano', 'run', 'incremental'],
      before: (work) =>
        shell(work, 'touch output/commit; until [ "$(tail -n 1 output/late.log)" = committed ]; do sleep 0.1; done'),
    },
    {
      name: 'incremental-again',
      command: ['meltano', 'run', 'incremental'],
      before: (work) => shell(work, 'until [ "$(tail -n 1 output/writer.log)" = written ]; do sleep 0.2; done'),
    },
    { name: 'full-again', command: ['meltano', 'run', 'full'] },
  ],

  async prepare(work) {
    Object.assign(work.env, {
      TAP_POSTGRES_URL: await work.database('source'),
      TARGET_POSTGRES_URL: await work.database('warehouse'),
    });
    await shell(work, 'mkdir -p output state; node "$1" make --rows "$2" --seed "$3"', String(work.rows), String(work.seed));
  },

  /** Lines of the files that have their names. */
  async loaded({ folder }) {
    const lake = join(folder, 'output/lake/changes');
    const files = existsSync(lake) ? await readdir(lake, { recursive: true }) : [];
    let lines = 0;
    for (const file of files.filter((name) => /(?:^|[/\\])[^.][^/\\]*\.jsonl\.gz$/.test(name)))
      lines +=
        gunzipSync(await readFile(join(lake, file)))
          .toString()
          .split('\n').length - 1;
    return lines;
  },

  async measure(work) {
    return {
      in: (await rowsOf(work, 'users', 'source')) + (await rowsOf(work, 'transactions', 'source')),
      loaded: await TABLES.reduce(async (sum, table) => (await sum) + (await rowsOf(work, table)), Promise.resolve(0)),
      quarantined: 0,
      erased: 0,
    };
  },

  async fingerprint(work) {
    const hash = createHash('sha256');
    // Not history: how often a row changed between two runs depends on their times. So does whether a row was read before it was deleted.
    for (const table of TABLES.filter((name) => !name.startsWith('history'))) {
      const gone = await work.query(`SELECT id FROM deleted WHERE table_name = '${table.split('.')[1]}'`, 'source');
      const ids = gone.map(({ id }) => String(id)).join();
      const [{ digest }] = await work.query(
        `SELECT md5(string_agg(r::text, E'\\n' ORDER BY id)) AS digest FROM ${table} AS r WHERE id <> ALL ('{${ids}}')`,
      );
      hash.update(`${digest}\n`);
    }
    return hash.digest('hex');
  },

  verify: problemsIn,

  look: (work) => [`${work.folder}/output/lake; schemas staging, history and latest of the warehouse`],
};

const TABLES = ['staging', 'history', 'latest'].flatMap((schema) => [`${schema}.users`, `${schema}.transactions`]);

/** So few rows that there are many times as many. @param {Work} work */
const some = ({ rows }) => String(Math.ceil(rows / 20));

/** @param {Work} work @param {string} table @param {string} [database] */
async function rowsOf(work, table, database) {
  return (await work.query(`SELECT count(*)::int AS rows FROM ${table}`, database))[0].rows;
}
