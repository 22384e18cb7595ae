// @ts-check
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { installPackages } from '../../scripts/examples/packages.mjs';
import { freePort } from '../../scripts/examples/ports.mjs';

/** All days of the source, and more: a window may be as wide as one likes. */
const ALL = { PARTITION_START: '2026-02-20', PARTITION_END: '2026-03-02' };
/** The day that the source corrects later. */
const DAY = { PARTITION_START: '2026-02-20', PARTITION_END: '2026-02-21' };
const RUN = ['meltano', 'run', 'wind'];
/** Starts the source's service, runs a job that asks it, stops it. */
const BY_API = [
  'bash',
  '-euo',
  'pipefail',
  '-c',
  `node service/server.mjs > output/service.log 2>&1 & trap 'kill %1' EXIT
   until curl --silent --fail --output output/api.json "$WIND_API/docs/json"; do kill -0 %1; sleep 0.1; done
   meltano run wind-by-api`,
];

/** @type {import('../../scripts/examples/example.mjs').Example} */
export const example = {
  name: 'wind',
  title: 'one-minute rows of a wind turbine, from a database and from an HTTP service, to ten-minute aggregates, and a plot',
  tools: ['meltano', 'python'],
  backends: ['postgres'],
  rows: 14_400,
  packages: ['service'],
  legs: [
    { name: 'all-days', command: RUN, env: ALL },
    {
      // Fetching is not what Meltano's plugins do.
      name: 'a-day-again',
      command: BY_API,
      whole: true,
      env: DAY,
      before: async (work) => {
        await work.query(
          `UPDATE data SET power = power * 1.02, wind_speed = nullif(wind_speed, 'NaN') WHERE timestamp < '2026-02-20 12:00';
           DELETE FROM data WHERE timestamp >= '2026-02-20 12:00' AND timestamp < '2026-02-20 12:30'`,
          'source',
        );
      },
    },
    { name: 'plot', command: ['python', 'plot.py', ALL.PARTITION_START, ALL.PARTITION_END, 'output/wind.png'] },
  ],

  async prepare(work) {
    const [source, port] = [await work.database('source'), String(await freePort())];
    Object.assign(work.env, {
      TAP_POSTGRES_URL: source,
      TARGET_POSTGRES_URL: await work.database('warehouse'),
      WIND_DATABASE: source,
      PORT: port,
      WIND_API: `http://127.0.0.1:${port}`,
    });
    await installPackages(join(work.folder, 'service'));
    const { rows, seed } = work;
    await work.run(['mkdir', '-p', 'output']);
    await work.run(['node', 'generate.mjs', '--rows', String(rows), '--seed', String(seed), '--out', 'data/minutes.csv']);
    await work.run(['python', 'source.py', 'data/minutes.csv']);
  },

  async measure(work) {
    const [source] = await work.query('SELECT count(*)::int AS rows FROM data', 'source');
    const [loaded] = await work.query('SELECT count(*)::int AS rows FROM wind.data');
    return { in: source.rows, loaded: loaded.rows, quarantined: 0, erased: 0 };
  },

  async fingerprint(work) {
    const rows = await work.query(
      `SELECT extract(epoch FROM timestamp)::text AS at, name, value::text FROM wind.data JOIN wind.signal ON id = signal_id ORDER BY 1, 2`,
    );
    return createHash('sha256').update(JSON.stringify(rows)).digest('hex');
  },

  async verify(work) {
    const png = await readFile(join(work.folder, 'output/wind.png'));
    return [
      ...(await differences(work)),
      ...(png.subarray(1, 4).toString() === 'PNG' && png.readUInt32BE(16) === 1200 ? [] : ['output/wind.png is no such picture']),
    ];
  },
};

/**
 * Compares the aggregates with those that the source's own server makes. Sums of floating-point numbers hang on their order: the last
 * digits may differ.
 * @param {import('../../scripts/examples/example.mjs').Work} work
 * @returns {Promise<string[]>}
 */
export async function differences(work) {
  const own = ['wind_speed', 'power'].flatMap((signal) =>
    Object.entries({ mean: 'avg', min: 'min', max: 'max', std: 'stddev_samp' }).map(
      ([name, aggregate]) => `('${signal}_${name}', ${aggregate}(nullif(${signal}, 'NaN')))`,
    ),
  );
  const wanted = await work.query(
    `SELECT extract(epoch FROM at)::int || ' ' || name AS key, value FROM
       (SELECT date_bin('10 minutes', timestamp, '2000-01-01') AS at, array[${own.map((pair) => pair.replace(/^\('(\w+)'.*/, "'$1'")).join()}] AS names,
          array[${own.map((pair) => pair.replace(/^\('\w+', (.*)\)$/, '$1')).join()}] AS numbers FROM data GROUP BY 1) AS windows,
       unnest(names, numbers) AS pairs (name, value)`,
    'source',
  );
  const found = await work.query(
    `SELECT extract(epoch FROM timestamp)::int || ' ' || name AS key, value FROM wind.data JOIN wind.signal ON id = signal_id`,
  );
  const values = new Map(found.map(({ key, value }) => [key, value]));
  const near = (/** @type {number | null} */ a, /** @type {number | null} */ b) =>
    a === null || b === null ? a === b : Math.abs(a - b) <= 1e-9 * Math.max(1, Math.abs(a));
  const wrong = wanted.filter(({ key, value }) => !values.has(key) || !near(value, values.get(key)));
  return [
    ...(found.length === wanted.length ? [] : [`${found.length} aggregates are there, ${wanted.length} should be`]),
    ...(wrong.length === 0 ? [] : [`${wrong.length} aggregates are wrong or missing: ${wrong[0].key}`]),
  ];
}
