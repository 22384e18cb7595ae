// @ts-check
// The source of the example: two tables as an application has them, and what goes on writing to them.
//
//   node source/source.mjs make --rows 60000 --seed 1        makes and fills users and transactions
//   node source/source.mjs write --steps 600 --pause 40      changes them, a step at a time, pausing so many milliseconds
//   node source/source.mjs late --until FILE                 changes rows and commits when FILE is there: their updated_at is old by then
//
// TAP_POSTGRES_URL says where. The same rows, seed and steps always leave the same tables: times come from a clock of their own.
import { existsSync } from 'node:fs';
import process from 'node:process';
import { setTimeout as wait } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Client } from 'pg';

/** Rows were last changed before this moment; `write` goes on from it, and `late` began at it. */
const NOW = "'2026-04-01 00:00:00+00'::timestamptz";

/** Everything of a row is made of its number and the seed. */
const digit = (/** @type {string} */ salt, /** @type {string} */ of = 'n') =>
  `('x' || left(md5($1 || '${salt}' || ${of}), 7))::bit(28)::int`;

const TABLES = [
  'DROP TABLE IF EXISTS users, transactions, deleted',
  `CREATE TABLE users (id bigint PRIMARY KEY, email text, full_name text, status text NOT NULL, born date, credit numeric(14, 4) NOT NULL,
     settings jsonb, created_at timestamptz NOT NULL, updated_at timestamptz NOT NULL)`,
  `CREATE TABLE transactions (id bigint PRIMARY KEY, user_id bigint NOT NULL, amount numeric(20, 6) NOT NULL, currency text NOT NULL, status text NOT NULL,
     note text, happened_at timestamptz NOT NULL, updated_at timestamptz NOT NULL)`,
  'CREATE INDEX ON users (updated_at)',
  'CREATE INDEX ON transactions (updated_at)',
  // What no longer is, for those who compare.
  'CREATE TABLE deleted (table_name text, id bigint)',
];

const USERS = `INSERT INTO users SELECT n,
  CASE WHEN ${digit('mail')} % 50 = 0 THEN NULL WHEN ${digit('mail')} % 7 = 0 THEN ' User' || n || '@Example.COM ' ELSE 'user' || n || '@example.org' END,
  (ARRAY['Ada', 'Grace', 'Zoë', 'Łukasz', 'Иван', '李'])[1 + ${digit('name')} % 6] || ' ' || chr(65 + ${digit('last')} % 26),
  (ARRAY['active', 'Active', 'ACTIVE', 'closed', 'Pending'])[1 + ${digit('status')} % 5],
  CASE WHEN ${digit('born')} % 20 = 0 THEN NULL ELSE date '1940-01-01' + ${digit('born')} % 24000 END,
  (${digit('credit')} % 10000000) / 10000.0, jsonb_build_object('theme', ${digit('theme')} % 3, 'tags', jsonb_build_array('a', NULL)),
  ${NOW} - interval '1 second' * (40000000 + ${digit('made')} % 40000000), ${NOW} - interval '1 second' * (1 + ${digit('changed')} % 40000000)
  FROM generate_series(1, $2::int) AS n`;

const TRANSACTIONS = `INSERT INTO transactions SELECT n, 1 + ${digit('user')} % GREATEST($2::int / 4, 1), (${digit('amount')} - 100000000) / 1000000.0,
  (ARRAY['EUR', 'eur', 'GBP', 'Usd'])[1 + ${digit('currency')} % 4], (ARRAY['booked', 'Booked', 'OPEN', 'failed'])[1 + ${digit('status')} % 4],
  CASE WHEN ${digit('note')} % 10 = 0 THEN E'a "note",\\nwith a \\\\ and ünïcode' WHEN ${digit('note')} % 10 = 1 THEN '' ELSE NULL END,
  ${NOW} - interval '1 microsecond' * (${digit('at')}::bigint * 100000 + ${digit('micro')} % 1000000), ${NOW} - interval '1 millisecond' * (1 + ${digit('changed')} % 100000000)
  FROM generate_series(1, $2::int) AS n`;

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    rows: { type: 'string', default: '60000' },
    seed: { type: 'string', default: '1' },
    steps: { type: 'string', default: '600' },
    pause: { type: 'string', default: '40' },
    until: { type: 'string', default: 'output/commit' },
  },
});
const client = new Client({ connectionString: process.env['TAP_POSTGRES_URL'] ?? '' });
await client.connect();
try {
  if (positionals[0] === 'make') await make(Number(values.rows), values.seed);
  else if (positionals[0] === 'write') await write(Number(values.steps), values.seed, Number(values.pause));
  else if (positionals[0] === 'late') await late(values.until);
  else throw new Error('Say one of make, write, late');
} finally {
  await client.end();
}

/** @param {number} rows of transactions; of users a quarter as many @param {string} seed */
async function make(rows, seed) {
  for (const statement of TABLES) await client.query(statement);
  await client.query(USERS, [seed, Math.max(100, Math.round(rows / 4))]);
  await client.query(TRANSACTIONS, [seed, rows]);
}

/**
 * Each step is a transaction of its own; each two have one updated_at.
 * @param {number} steps @param {string} seed @param {number} pause ms
 */
async function write(steps, seed, pause) {
  for (let step = 1; step <= steps; step++) {
    const at = `${NOW} + interval '1 millisecond' * ${Math.ceil(step / 2)}`;
    const some = `1 + ${digit('some', `'${step}'`)}`;
    const [users, transactions] = [`(SELECT max(id) FROM users)`, `(SELECT max(id) FROM transactions)`];
    await client.query('BEGIN');
    // Rows below 20 are left to `late`.
    await client.query(
      `UPDATE users SET email = upper(email), credit = credit + 0.0001, updated_at = ${at} WHERE id = 20 + (${some}) % (${users} - 20)`,
      [seed],
    );
    await client.query(
      `UPDATE transactions SET status = 'Booked', amount = amount + 0.000001, updated_at = ${at} WHERE id = 20 + (${some}) % (${transactions} - 20)`,
      [seed],
    );
    await client.query(
      `INSERT INTO transactions SELECT ${transactions} + 1, 1, ${step}.5, 'Eur', 'Open', NULL, ${at}, ${at} WHERE length($1) > 0`,
      [seed],
    );
    if (step % 10 === 0) {
      await client.query(
        `INSERT INTO users SELECT ${users} + 1, 'New${step}@Example.com', 'New', 'Active', NULL, 0, NULL, ${at}, ${at} WHERE length($1) > 0`,
        [seed],
      );
      await client.query(
        `WITH gone AS (DELETE FROM transactions WHERE id = 20 + (${some}) % 1000 RETURNING id) INSERT INTO deleted SELECT 'transactions', id FROM gone WHERE length($1) > 0`,
        [seed],
      );
    }
    await client.query('COMMIT');
    await wait(pause);
  }
  process.stdout.write('written\n');
}

/** @param {string} file */
async function late(file) {
  await client.query('BEGIN');
  await client.query(`UPDATE users SET status = 'Late', updated_at = ${NOW} WHERE id < 10`);
  await client.query(`UPDATE transactions SET note = 'committed late', updated_at = ${NOW} WHERE id < 10`);
  process.stdout.write('open\n');
  while (!existsSync(file)) await wait(50);
  await client.query('COMMIT');
  process.stdout.write('committed\n');
}
