// @ts-check
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { Client } from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { freePort } from '../../scripts/examples/ports.mjs';
import { COLUMNS, repositories, resales, TABLE } from './generate.mjs';
import { categories, releaseTypes, wrongReleases, wrongSales } from './verify.mjs';

/** @typedef {import('../../scripts/examples/example.mjs').Work} Work */
/** @typedef {import('./verify.mjs').Release} Release */

const recorded = new URL('../../test/support/github/recorded/releases.json', import.meta.url);

/** Of a sale, alike in both databases' SQL; cents and microseconds are whole numbers. */
const SALE = {
  source: `concat_ws('|', id, month, town, flat_type, block, street_name, storey_range, floor_area_sqm, flat_model, lease_commence_date,
    remaining_lease, (resale_price * 100)::bigint, (extract(epoch FROM created_at) * 1000000)::bigint, (extract(epoch FROM updated_at) * 1000000)::bigint)`,
  bigquery: `ARRAY_TO_STRING([CAST(id AS STRING), month, town, flat_type, block, street_name, storey_range, floor_area_sqm, flat_model,
    CAST(lease_commence_date AS STRING), remaining_lease, CAST(CAST(ROUND(resale_price * 100) AS INT64) AS STRING),
    CAST(UNIX_MICROS(created_at) AS STRING), CAST(UNIX_MICROS(updated_at) AS STRING)], '|')`,
};

/** What each leg leaves. @type {Record<string, readonly ((work: Work) => unknown)[]>} */
const OUTCOMES = {
  'releases-files': [fileOf('releases.jsonl')],
  'resale-files': [fileOf('resale_flat_prices.jsonl')],
  'releases-bigquery': [bigQueryReleases],
  'resale-bigquery': [bigQueryMonths],
  daily: [warehouseMonths, warehouseReleases, marts],
};

/** @type {import('../../scripts/examples/example.mjs').Example} */
export const example = {
  name: 'warehouse',
  title: 'GitHub releases and a table of resale prices to files, to BigQuery (an emulator) and to Postgres, with dbt and Dagster',
  tools: ['meltano', 'dbt', 'dagster'],
  backends: ['postgres', 'github', 'bigquery'],
  rows: 230_000,
  legs: [
    { name: 'releases-files', command: ['meltano', 'run', 'releases-files'] },
    { name: 'resale-files', command: ['meltano', 'run', 'resale-files'] },
    { name: 'releases-bigquery', command: ['meltano', 'run', 'releases-bigquery'] },
    {
      name: 'resale-bigquery',
      command: ['meltano', 'run', 'resale-bigquery'],
    },
    { name: 'daily', command: ['dagster', 'job', 'execute', '-f', 'orchestrate/definitions.py', '-j', 'daily'], whole: true },
  ],
  killed: 'resale-bigquery',
  // A sale has some 300 bytes.
  killedWith: ({ rows }) => ({
    TAP_POSTGRES_STATE_INTERVAL_RECORDS: String(Math.ceil(rows / 20)),
    TARGET_BIGQUERY_BATCH_SIZE_ROWS: String(Math.ceil(rows / 20)),
    TARGET_BIGQUERY_LOAD_SIZE_BYTES: String(rows * 40),
  }),
  apart: true,

  async prepare(work) {
    const { rows, seed, env, backends } = work;
    await work.run(['mkdir', '-p', 'data', 'output']);
    const files = ['--resale', 'data/resale.csv', '--repositories', 'data/repositories.json'];
    await work.run(['node', 'generate.mjs', '--rows', String(rows), '--seed', String(seed), ...files]);
    env['TAP_POSTGRES_URL'] = await work.database('source');
    await fill(env['TAP_POSTGRES_URL'], join(work.folder, 'data', 'resale.csv'));
    const github = await backends['github'].serve(join(work.folder, 'data', 'repositories.json'));
    env['TAP_GITHUB_API_URL_BASE'] = github.url;
    env['TAP_GITHUB_AUTH_TOKEN'] = github.token;
    const warehouse = new URL(await work.database('warehouse'));
    env['PGHOST'] = warehouse.hostname;
    env['PGPORT'] = warehouse.port || '5432';
    env['PGUSER'] = decodeURIComponent(warehouse.username);
    env['PGPASSWORD'] = decodeURIComponent(warehouse.password);
    env['PGDATABASE'] = warehouse.pathname.slice(1);
    env['TARGET_BIGQUERY_PROJECT'] = backends['bigquery'].project;
    env['TARGET_BIGQUERY_DATASET'] = dataset(work);
    env['TARGET_BIGQUERY_API_ENDPOINT'] = backends['bigquery'].url;
    // Emulators take no gzip.
    env['TARGET_BIGQUERY_COMPRESSION'] = 'none';
    env['DAGSTER_HOME'] = join(work.folder, 'orchestrate');
    env['DAGSTER_PORT'] = String(await freePort());
  },

  loaded: (work) => inBigQuery(work, `public_${TABLE}`),

  async measure(work) {
    const loaded = (await inBigQuery(work, 'releases')) + (await inBigQuery(work, `public_${TABLE}`));
    return { in: work.rows + (await sourceReleases(work)).length, loaded, quarantined: 0, erased: 0 };
  },

  async fingerprint(work, legs = Object.keys(OUTCOMES)) {
    const hash = createHash('sha256');
    for (const outcome of legs.flatMap((leg) => OUTCOMES[leg] ?? [])) hash.update(JSON.stringify(await outcome(work)));
    return hash.digest('hex');
  },

  async verify(work) {
    const releases = await sourceReleases(work);
    const output = (/** @type {string} */ name) => join(work.folder, 'output', name);
    const byChange = [...resales({ rows: work.rows, seed: work.seed })].toSorted((a, b) =>
      a.updated_at < b.updated_at ? -1 : a.updated_at > b.updated_at ? 1 : a.id - b.id,
    );
    const released = releases
      .map(({ repo, id, tag_name, body, published_at }) => [repo, String(id), tag_name, body, published_at])
      .toSorted(([, a], [, b]) => Number(a) - Number(b));
    const months = await sourceMonths(work);
    const problems = [
      ...(await wrongReleases(output('releases.jsonl'), releases)),
      ...(await wrongSales(output('resale_flat_prices.jsonl'), byChange)),
      ...differing('Sales in BigQuery', await bigQueryMonths(work), months),
      ...differing('Sales in the warehouse', await warehouseMonths(work), months),
      ...differing('Releases in BigQuery', await bigQueryReleases(work), released),
      ...differing('Releases in the warehouse', await warehouseReleases(work), released),
      ...(await wrongMarts(work, byChange, releases)),
    ];
    const chart = await readFile(output('release_types.png'));
    return chart.subarray(1, 4).toString() === 'PNG' ? problems : [...problems, 'The chart is no PNG'];
  },

  look: ({ env }) =>
    [
      ...[
        'TAP_POSTGRES_URL',
        'TAP_GITHUB_API_URL_BASE',
        'TAP_GITHUB_AUTH_TOKEN',
        'PGHOST',
        'PGPORT',
        'PGUSER',
        'PGDATABASE',
        'DAGSTER_HOME',
      ],
      ...['PROJECT', 'DATASET', 'API_ENDPOINT', 'COMPRESSION'].map((name) => `TARGET_BIGQUERY_${name}`),
    ].map((name) => `export ${name}='${env[name]}'`),
};

/** @param {Work} work */
function dataset({ id }) {
  return `ingestion_${id}`;
}

/** @param {string} name */
function fileOf(name) {
  return (/** @type {Work} */ { folder }) => readFile(join(folder, 'output', name), 'utf8');
}

/** Makes the source's table. @param {string} url @param {string} file */
async function fill(url, file) {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    const columns = Object.entries(COLUMNS).map((column) => column.join(' '));
    await client.query(`CREATE TABLE public.${TABLE} (${columns.join(', ')})`);
    await pipeline(
      createReadStream(file),
      client.query(copyFrom(`COPY public.${TABLE} (${Object.keys(COLUMNS).join(', ')}) FROM STDIN (FORMAT csv, HEADER)`)),
    );
    await client.query(`CREATE INDEX ON public.${TABLE} (updated_at, id)`);
  } finally {
    await client.end();
  }
}

/** @param {Work} work @returns {Promise<Release[]>} */
async function sourceReleases({ seed }) {
  const [pandas, hub] = repositories({ seed });
  const of = (/** @type {string} */ repo, /** @type {any[]} */ releases) => releases.map((release) => ({ ...release, repo }));
  return [
    ...of(pandas?.name ?? '', pandas?.releases ?? []),
    ...of(hub?.name ?? '', JSON.parse(await readFile(recorded, 'utf8'))),
  ];
}

/** Rows of a table; 0 before there is one. @param {Work} work @param {string} table @returns {Promise<number>} */
async function inBigQuery(work, table) {
  const { query } = work.backends['bigquery'];
  const names = `SELECT COUNT(*) FROM ${dataset(work)}.INFORMATION_SCHEMA.TABLES WHERE table_name = '${table}'`;
  const [[there]] = await query(names).catch(() => [['0']]);
  return there === '0' ? 0 : Number((await query(`SELECT COUNT(*) FROM ${dataset(work)}.${table}`))[0][0]);
}

/** Month, sales, and a hash of all that is known of them: a lost, doubled or altered one shows. @param {Work} work */
async function sourceMonths(work) {
  const sql = `SELECT month, count(*)::text AS sales, md5(string_agg(${SALE.source}, ';' ORDER BY id)) AS hash FROM TABLE GROUP BY month ORDER BY month`;
  return (await work.query(sql.replace('TABLE', `public.${TABLE}`), 'source')).map((row) => Object.values(row));
}

/** @param {Work} work */
async function warehouseMonths(work) {
  const sql = `SELECT month, count(*)::text AS sales, md5(string_agg(${SALE.source}, ';' ORDER BY id)) AS hash FROM ingestion.${TABLE} GROUP BY month ORDER BY month`;
  return (await work.query(sql)).map((row) => Object.values(row));
}

/** @param {Work} work */
function bigQueryMonths(work) {
  const hash = `TO_HEX(MD5(STRING_AGG(${SALE.bigquery}, ';' ORDER BY id)))`;
  return work.backends['bigquery'].query(
    `SELECT month, CAST(COUNT(*) AS STRING), ${hash} FROM ${dataset(work)}.public_${TABLE} GROUP BY month ORDER BY month`,
  );
}

/** @param {Work} work */
function bigQueryReleases(work) {
  const time = "FORMAT_TIMESTAMP('%Y-%m-%dT%H:%M:%SZ', published_at)";
  return work.backends['bigquery'].query(
    `SELECT repo, CAST(id AS STRING), tag_name, body, ${time} FROM ${dataset(work)}.releases ORDER BY releases.id`,
  );
}

/** @param {Work} work */
async function warehouseReleases(work) {
  const time = `to_char(published_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS published_at`;
  const rows = await work.query(`SELECT repo, id::text, tag_name, body, ${time} FROM ingestion.releases ORDER BY releases.id`);
  return rows.map((row) => Object.values(row));
}

/** What dbt has built. @param {Work} work */
async function marts(work) {
  const prices = `SELECT count(*)::text AS sales, sum(price_per_sqm)::text AS sum, sum(remaining_lease_months)::text AS months, min(sold_in)::text AS first FROM analytics.prices`;
  return [
    await work.query(prices),
    await work.query('SELECT * FROM analytics.prices_by_category ORDER BY town, flat_type'),
    await work.query('SELECT repo, type, releases::int FROM analytics.release_types ORDER BY repo, type'),
  ];
}

/** @param {Work} work @param {readonly import('./generate.mjs').Resale[]} sales @param {readonly Release[]} releases */
async function wrongMarts(work, sales, releases) {
  const problems = [];
  const [, byCategory = [], types = []] = await marts(work);
  const expected = categories(sales);
  for (const row of byCategory) {
    const name = `${row.town}, ${row.flat_type}`;
    const {
      sales: count,
      price,
      area,
      perSquareMetre,
    } = expected.get(name) ?? { sales: 0, price: 0, area: 0, perSquareMetre: 0 };
    const near = (/** @type {string | null} */ a, /** @type {number | null} */ b) =>
      a === null || b === null ? a === b : Math.abs(Number(a) - b) <= 0.0101;
    if (
      Number(row.sales) !== count ||
      !near(row.average_price, price) ||
      !near(row.average_area_sqm, area) ||
      !near(row.average_price_per_sqm, perSquareMetre)
    )
      problems.push(`prices_by_category is wrong for ${name}`);
  }
  if (byCategory.length !== expected.size)
    problems.push(`prices_by_category has ${byCategory.length} rows, not ${expected.size}`);
  const order = (/** @type {{ repo: string, type: string }} */ a, /** @type {{ repo: string, type: string }} */ b) =>
    `${a.repo} ${a.type}` < `${b.repo} ${b.type}` ? -1 : 1;
  return [...problems, ...differing('release_types', types, releaseTypes(releases).toSorted(order))];
}

/** @param {string} what @param {unknown[]} found @param {unknown[]} expected */
function differing(what, found, expected) {
  const index = Array.from({ length: Math.max(found.length, expected.length) }, (_, i) => i).find(
    (i) => JSON.stringify(found[i]) !== JSON.stringify(expected[i]),
  );
  if (index === undefined) return [];
  return [`${what}: ${JSON.stringify(found[index])} in place of ${JSON.stringify(expected[index])}`];
}
