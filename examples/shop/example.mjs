// @ts-check
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { problemsIn, tablesIn } from './verify.mjs';

/** Keys of the runs that are compared with each other; a shop's own are made by `openssl rand -hex 32`. */
const keyOf = (/** @type {string} */ name) => createHash('sha256').update(`the ${name} key of the example shop`).digest('hex');
const KEYS = { PII_KEY: keyOf('pii'), LEDGER_KEY: keyOf('ledger') };

const deliver =
  (/** @type {number} */ day) =>
  (/** @type {import('../../scripts/examples/example.mjs').Work} */ { run, rows, seed }) =>
    run(['node', 'generate.mjs', '--rows', String(rows), '--seed', String(seed), '--delivery', String(day)]).then(() => {});

/** Rows whose fields were replaced: of customers, and of addresses that name them. */
const ERASED = "SELECT id FROM data.customers WHERE email LIKE '%@erased.invalid'";

/** @type {import('../../scripts/examples/example.mjs').Example} */
export const example = {
  name: 'shop',
  title: 'customers, articles, sales and requests to be erased: hourly files, cleaned, under pseudonyms, to Postgres',
  tools: ['meltano'],
  backends: ['postgres'],
  rows: 100_000,
  killed: 'third-day',
  killedWith: (work) => ({ TAP_CSV_STATE_INTERVAL_RECORDS: some(work), TARGET_POSTGRES_BATCH_SIZE_ROWS: some(work) }),
  legs: [
    { name: 'first-day', command: ['meltano', 'run', 'daily', 'hourly'] },
    { name: 'second-day', command: ['meltano', 'run', 'daily', 'hourly'], before: deliver(2) },
    { name: 'third-day', command: ['meltano', 'run', 'daily', 'hourly'], before: deliver(3) },
  ],

  async prepare(work) {
    Object.assign(work.env, KEYS, { TARGET_POSTGRES_URL: await work.database('warehouse') });
    await work.run(['mkdir', '-p', 'data', 'state', 'output/rejects']);
    await deliver(1)(work);
  },

  loaded: (work) => count(work, "data.transactions WHERE record_date = '2026-03-30'"),

  async measure(work) {
    return {
      in: (
        await work.query(
          "SELECT sum(records_read)::int AS rows FROM data.processing_statistics WHERE stream IN ('customers', 'products', 'transactions', 'erasure_requests')",
        )
      )[0].rows,
      loaded: await sum(work, (name) => LOADED.has(name)),
      quarantined: await sum(work, (name) => name.startsWith('invalid_')),
      erased:
        (await count(work, `(${ERASED}) AS e`)) + (await count(work, `data.delivery_addresses WHERE customer_id IN (${ERASED})`)),
    };
  },

  async fingerprint(work) {
    const hash = createHash('sha256');
    const tables = await tablesIn(work.query);
    const invalid = [...tables].filter((name) => name.startsWith('invalid_')).toSorted();
    for (const sql of [...OUTCOME, ...invalid.map((name) => `SELECT _q_id, _q_reason, _q_key, record FROM data.${name}`)]) {
      const [{ rows, digest }] = await work.query(
        `SELECT count(*)::int AS rows, md5(string_agg(r::text, E'\\n' ORDER BY r::text COLLATE "C")) AS digest FROM (${sql}) AS r`,
      );
      hash.update(`${rows} ${digest}\n`);
    }
    return hash.digest('hex');
  },

  verify: (work) =>
    problemsIn({
      folder: join(work.folder, 'data'),
      ledger: join(work.folder, 'state/erasure.jsonl'),
      query: work.query,
      key: KEYS.PII_KEY,
    }),

  look: (work) => [`schema data of the database in TARGET_POSTGRES_URL; ${work.folder}/output/rejects`],
};

const LOADED = new Set(['customers', 'products', 'transactions', 'purchases', 'delivery_addresses', 'erasure_requests']);

/** What has to be equal in all runs. What stands in place of erased values is another one each time. */
const OUTCOME = [
  'SELECT id, country, segment, version, record_date, record_hour FROM data.customers',
  `SELECT id, first_name, last_name, date_of_birth, email, phone_number, address, city, postcode FROM data.customers WHERE id NOT IN (${ERASED})`,
  'SELECT sku, name, price, category, popularity, version FROM data.products',
  'SELECT transaction_id, transaction_time, customer_id, purchases_total_cost, record_date, record_hour FROM data.transactions',
  'SELECT transaction_id, _position, sku, quantity, price, total FROM data.purchases',
  'SELECT transaction_id, customer_id, country FROM data.delivery_addresses',
  `SELECT transaction_id, address, city, postcode FROM data.delivery_addresses WHERE customer_id NOT IN (${ERASED}) AND customer_id IN (SELECT id FROM data.customers)`,
  'SELECT request_id, customer_id, email FROM data.erasure_requests',
  'SELECT DISTINCT request FROM data.erasure_log',
  'SELECT * FROM data.unknown_references',
];

/** So few rows that a day has many times as many. @param {import('../../scripts/examples/example.mjs').Work} work */
const some = ({ rows }) => String(Math.ceil(rows / 80));

/** @param {import('../../scripts/examples/example.mjs').Work} work @param {string} what */
async function count(work, what) {
  return (await work.query(`SELECT count(*)::int AS rows FROM ${what}`))[0].rows;
}

/** Rows of the tables that are there. @param {import('../../scripts/examples/example.mjs').Work} work @param {(name: string) => boolean} wanted */
async function sum(work, wanted) {
  let rows = 0;
  for (const table of await tablesIn(work.query)) if (wanted(table)) rows += await count(work, `data.${table}`);
  return rows;
}
