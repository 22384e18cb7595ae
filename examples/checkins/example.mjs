// @ts-check
import { createHash } from 'node:crypto';

/** @type {import('../../scripts/examples/example.mjs').Example} */
export const example = {
  name: 'checkins',
  title: 'a CSV file with times in three languages, cleaned and checked, to Postgres every hour',
  tools: ['meltano'],
  backends: ['postgres'],
  rows: 20_500,
  legs: [{ name: 'checkins', command: ['meltano', 'run', 'checkins'] }],

  async prepare(work) {
    work.env['TARGET_POSTGRES_URL'] = await work.database('warehouse');
    const { rows, seed } = work;
    await work.run(['mkdir', '-p', 'data', 'output']);
    await work.run(['node', 'generate.mjs', '--rows', String(rows), '--seed', String(seed), '--out', 'data/dailycheckins.csv']);
  },

  async loaded(work) {
    const [there] = await work.query("SELECT to_regclass('checkins.checkins') IS NOT NULL AS there");
    return there.there ? count(work, 'checkins.checkins') : 0;
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
    const hash = createHash('sha256');
    for (const row of rows) hash.update(JSON.stringify(row));
    hash.update(String(await count(work, 'checkins.checkins__quarantine')));
    return hash.digest('hex');
  },

  async verify() {
    return [];
  },
};

/** @param {import('../../scripts/examples/example.mjs').Work} work @param {string} table @returns {Promise<number>} */
async function count(work, table) {
  return (await work.query(`SELECT count(*)::int AS rows FROM ${table}`))[0].rows;
}
