// @ts-check
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { promisify } from 'node:util';
import { Client } from 'pg';
import { root } from '../command.mjs';
import { startPostgres } from '../postgres.mjs';
import { selectWhole } from './catalog.mjs';
import { installPeer } from './packages.mjs';

const run = promisify(execFile);

/** Where recordings are kept; test/contract loads them into every target. */
export const RECORDED = join(root, 'test', 'streams', 'recorded');

/** Three rows of the types that taps spell differently. */
export const TABLE = `
  CREATE SCHEMA shop;
  CREATE TABLE shop.orders (
    id integer PRIMARY KEY, customer text NOT NULL, amount numeric(12, 2), weight double precision, units bigint, paid boolean,
    day date, placed_at timestamptz, packed_at timestamp, code uuid, note jsonb, tags text[], grade char(1), short varchar(5));
  INSERT INTO shop.orders VALUES
    (1, 'Ægir 😀', 10.50, 0.1, 9007199254740993, true, '2024-02-29', '2024-02-29 12:00:00.123456+02', '2024-02-29 12:00:00',
      '5b3b9f0e-52b6-4f5c-9d0d-3c1f6ac3a001', '{"gift": true, "lines": [1, 2]}', '{red,"dark blue"}', 'A', 'abc'),
    (2, 'O''Hara "Bo"', -0.01, 1e-7, -1, false, '1999-12-31', '1999-12-31 23:59:59Z', '1999-12-31 23:59:59.5',
      '5b3b9f0e-52b6-4f5c-9d0d-3c1f6ac3a002', '[]', '{}', 'B', ''),
    (3, E'two\\nlines', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);`;

/**
 * How each tap is told what to read.
 * @typedef {object} Recording
 * @property {import('./packages.mjs').PeerName} peer
 * @property {(url: URL) => object} config
 * @property {'--catalog' | '--properties'} flag by which it takes the catalog
 */

/** @param {URL} url */
const parts = (url) => ({
  host: url.hostname,
  port: Number(url.port),
  user: url.username,
  password: 'none',
  dbname: url.pathname.slice(1),
});

/** @param {URL} url */
const named = (url) => ({
  host: url.hostname,
  port: Number(url.port),
  user: url.username,
  password: 'none',
  database: url.pathname.slice(1),
});

/** @type {readonly Recording[]} */
const RECORDINGS = [
  { peer: 'meltanolabs-tap-postgres', flag: '--catalog', config: (url) => ({ ...named(url), filter_schemas: ['shop'] }) },
  {
    peer: 'pipelinewise-tap-postgres',
    flag: '--catalog',
    config: (url) => ({ ...parts(url), filter_schemas: 'shop', tap_id: 'shop' }),
  },
  { peer: 'singer-tap-postgres', flag: '--properties', config: parts },
];

/**
 * Runs Postgres taps of three families over one table and keeps what they print.
 * @param {(line: string) => void} say
 */
export async function record(say) {
  const folder = await mkdtemp(join(tmpdir(), 'tapline-record-'));
  const server = await startPostgres({ fsync: false });
  try {
    const url = new URL(await server.createDatabase('record'));
    const client = new Client({ connectionString: url.href });
    await client.connect();
    await client.query(TABLE);
    await client.end();
    await mkdir(RECORDED, { recursive: true });
    for (const { peer, config, flag } of RECORDINGS) {
      const tap = (await installPeer(peer))('tap-postgres');
      const file = join(folder, `${peer}.json`);
      await writeFile(file, JSON.stringify(config(url)));
      const catalog = join(folder, 'catalog.json');
      await selectWhole(tap, file, (stream) => /orders$/.test(stream), catalog);
      const args = ['--config', file, flag, catalog];
      const { stdout } = await run(tap, args, { env: { ...process.env, TZ: 'UTC' } });
      await writeFile(join(RECORDED, `${peer}.singer`), stdout);
      say(`${peer}: ${stdout.trimEnd().split('\n').length} lines`);
    }
  } finally {
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  }
}
