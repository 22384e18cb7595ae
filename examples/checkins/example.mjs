// @ts-check
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freePort } from '../../scripts/examples/ports.mjs';
import { expected } from './verify.mjs';

/** @typedef {import('../../scripts/examples/example.mjs').Work} Work */

/** @type {import('../../scripts/examples/example.mjs').Example} */
export const example = {
  name: 'checkins',
  title: 'a CSV file with times in three languages, cleaned and checked, to Postgres every hour',
  tools: ['meltano'],
  backends: ['postgres'],
  rows: 20_500,
  legs: [{ name: 'checkins', command: ['meltano', 'run', 'checkins'] }],
  packages: ['service'],
  killedWith: (work) => ({ TAP_CSV_STATE_INTERVAL_RECORDS: some(work), TARGET_POSTGRES_BATCH_SIZE_ROWS: some(work) }),

  async prepare(work) {
    const url = await work.database('warehouse');
    Object.assign(work.env, { TARGET_POSTGRES_URL: url, CHECKINS_DATABASE: url, PORT: String(await freePort()) });
    const { rows, seed } = work;
    await work.run(['mkdir', '-p', 'data', 'output']);
    await work.run(['node', 'generate.mjs', '--rows', String(rows), '--seed', String(seed), '--out', 'data/dailycheckins.csv']);
  },

  async loaded(work) {
    const [found] = await work.query("SELECT to_regclass('checkins.checkins') IS NOT NULL AS there");
    return found.there ? count(work, 'checkins.checkins') : 0;
  },

  async measure(work) {
    return {
      in: work.rows,
      loaded: await count(work, 'checkins.checkins'),
      quarantined: await count(work, 'checkins.checkins__quarantine'),
      erased: 0,
    };
  },

  async fingerprint(work) {
    const rows = await work.query(
      'SELECT checkin_id, "user", "timestamp"::text, hours::text, project, project_as_typed FROM checkins.checkins ORDER BY 1',
    );
    const aside = await work.query('SELECT _q_id, record, _q_reason FROM checkins.checkins__quarantine ORDER BY 1');
    return createHash('sha256')
      .update(JSON.stringify([rows, aside]))
      .digest('hex');
  },

  async verify(work) {
    const [text, words] = await Promise.all([read(work, 'data/dailycheckins.csv'), read(work, 'projects.txt')]);
    const { loaded, aside, longDays } = expected(text, words.trim().split('\n'));
    /** @type {{ row: string }[]} */
    const rows = await work.query(
      `SELECT concat_ws('|', "user", to_char("timestamp" AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US'), trim_scale(hours), project, project_as_typed) AS row
       FROM checkins.checkins`,
    );
    const records = await work.query('SELECT record FROM checkins.checkins__quarantine');
    const lines = records.map(({ record }) => {
      const { user, timestamp, hours, project_as_typed: typed } = JSON.parse(record);
      return [user, timestamp, hours, typed].join(',');
    });
    const [quality] = await work.query(
      `SELECT failed::int FROM checkins.checkins__quality WHERE "check" = 'sum' ORDER BY started DESC`,
    );
    const [times] = await work.query(
      'SELECT count(*)::int AS wrong FROM checkins.checkins WHERE created_at IS NULL OR modified_at IS DISTINCT FROM created_at',
    );
    return [
      ...differences('rows of the table', rows.map(({ row }) => row).toSorted(), loaded),
      // Rows that are equal in all they hold are put aside once for each of them, because each has a key of its own.
      ...differences('rows put aside', lines.toSorted(), aside),
      ...(quality?.failed === longDays ? [] : [`days of more than 24 hours: ${quality?.failed} are told, there are ${longDays}`]),
      ...(times.wrong === 0 ? [] : [`${times.wrong} rows do not say when they were made, or changed since`]),
    ];
  },
};

/** So few rows that there are many times as many. @param {Work} work */
const some = ({ rows }) => String(Math.ceil(rows / 20));

/** @param {Work} work @param {string} table @returns {Promise<number>} */
async function count(work, table) {
  return (await work.query(`SELECT count(*)::int AS rows FROM ${table}`))[0].rows;
}

/** @param {Work} work @param {string} path */
function read(work, path) {
  return readFile(join(work.folder, path), 'utf8');
}

/** @param {string} what @param {readonly string[]} found @param {readonly string[]} wanted both sorted */
function differences(what, found, wanted) {
  if (JSON.stringify(found) === JSON.stringify(wanted)) return [];
  const [extra] = found.filter((each) => !wanted.includes(each));
  const [lost] = wanted.filter((each) => !found.includes(each));
  return [`${what}: ${found.length} are there, ${wanted.length} should be; too much ${extra}, missing ${lost}`];
}
