// @ts-check
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, rm, symlink } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { pythonEnvironment } from './python.mjs';

/** Newer ones do not start; DuckDB's extensions come as packages, because nothing may be fetched while tests run. */
const DUCKDB = '1.5.5';
const PACKAGES = [
  'local-bigquery==0.3.2',
  `duckdb==${DUCKDB}`,
  ...['icu', 'ducklake', 'httpfs', 'spatial'].map((name) => `duckdb-extension-${name}==${DUCKDB}`),
];
const PYTHON = '3.13';

/** It may take so long to answer, in milliseconds; usually it is 4 to 20 s. */
export const START_MS = 60_000;

/**
 * A running emulator.
 * @typedef {object} LocalBigQuery
 * @property {string} url for `api_endpoint`
 * @property {string} project
 * @property {number | undefined} pid of the process to end to stop it
 * @property {string} folder of its data
 * @property {(sql: string) => Promise<(string | null)[][]>} query the rows that a query gives, each value as text
 * @property {() => Promise<void>} stop ends it and removes its data
 */

/**
 * Installs the emulator under .cache/, once.
 * @returns {Promise<string>} path of its folder of executables
 * @throws {Error} saying why it cannot be had
 */
export function installLocalBigQuery() {
  return pythonEnvironment(`local-bigquery-0.3.2-duckdb-${DUCKDB}`, PACKAGES, [], PYTHON);
}

/**
 * Starts an emulator of BigQuery that runs its SQL, on the loopback interface, with an empty dataset. It ends with this process unless it is kept.
 * @param {object} [options]
 * @param {string} [options.dataset] `d` unless given
 * @param {boolean} [options.keep] let it outlive this process
 * @param {string} [options.storage] address of an emulator of Cloud Storage, for files that load jobs name
 * @returns {Promise<LocalBigQuery>}
 * @throws {Error} saying why it cannot be had
 */
export async function startLocalBigQuery({ dataset = 'd', keep = false, storage } = {}) {
  const programs = await installLocalBigQuery();
  const home = join(dirname(programs), 'home');
  await linkExtensions(dirname(programs), home);
  const data = await mkdtemp(join(tmpdir(), 'local-bigquery-'));
  const [port, grpc] = [await freePort(), await freePort()];
  const args = ['serve', '--host', '127.0.0.1', '--port', String(port), '--grpc-port', String(grpc)];
  const child = spawn(
    join(programs, 'local-bigquery'),
    [...args, '--project', 'test', '--dataset', dataset, '--data-dir', data],
    {
      env: { ...process.env, HOME: home, ...(storage === undefined ? {} : { STORAGE_EMULATOR_HOST: storage }) },
      stdio: 'ignore',
      detached: keep,
    },
  );
  const ended = once(child, 'exit');
  const kill = () => void child.kill('SIGKILL');
  if (keep) child.unref();
  else process.once('exit', kill);
  const url = `http://127.0.0.1:${port}`;
  const stop = async () => {
    process.off('exit', kill);
    kill();
    await ended;
    await rm(data, { recursive: true, force: true });
  };
  const until = Date.now() + START_MS;
  for (let fault = await faultOf(url); fault !== undefined; fault = await faultOf(url)) {
    if (Date.now() > until || child.exitCode !== null) {
      await stop();
      throw new Error(`local-bigquery does not start: ${fault}`);
    }
    await sleep(100);
  }
  return { url, project: 'test', pid: child.pid, folder: data, query: (sql) => query(url, sql), stop };
}

/** @param {string} environment @param {string} home */
async function linkExtensions(environment, home) {
  const folder = join(home, '.duckdb', 'extensions', `v${DUCKDB}`, `linux_${process.arch === 'x64' ? 'amd64' : process.arch}`);
  await mkdir(folder, { recursive: true });
  for (const file of await readdir(environment, { recursive: true })) {
    if (!file.endsWith('.duckdb_extension') || file.startsWith('home')) continue;
    await symlink(join(environment, file), join(folder, basename(file))).catch((error) => {
      if (error.code !== 'EEXIST') throw error;
    });
  }
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  server.close();
  await once(server, 'close');
  return port;
}

/** Why it does not answer yet; undefined: it does. @param {string} url */
async function faultOf(url) {
  try {
    const answer = await fetch(`${url}/bigquery/v2/projects/test/datasets`);
    return answer.ok ? undefined : await answer.text();
  } catch (error) {
    return String(error);
  }
}

/** @param {string} url @param {string} sql @returns {Promise<(string | null)[][]>} */
async function query(url, sql) {
  const answer = await fetch(`${url}/bigquery/v2/projects/test/queries`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query: sql, useLegacySql: false, timeoutMs: 60_000 }),
  });
  const body = /** @type {{ rows?: { f: { v: string | null }[] }[], error?: object }} */ (await answer.json());
  if (!answer.ok) throw new Error(JSON.stringify(body.error));
  return (body.rows ?? []).map(({ f }) => f.map(({ v }) => v));
}
