import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, rm, symlink } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe } from 'vitest';
import { pythonEnvironment } from '../../../scripts/python.mjs';

/** Newer ones do not start; DuckDB's extensions come as packages, because nothing may be fetched while tests run. */
const DUCKDB = '1.5.5';
const PACKAGES = [
  'local-bigquery==0.3.2',
  `duckdb==${DUCKDB}`,
  ...['icu', 'ducklake', 'httpfs', 'spatial'].map((name) => `duckdb-extension-${name}==${DUCKDB}`),
];
const PYTHON = '3.13';
const START_MS = 60_000;

export interface LocalBigQuery {
  readonly url: string;
  readonly project: string;
  /** The rows that a query gives, each value as text. */
  query(sql: string): Promise<(string | null)[][]>;
  stop(): Promise<void>;
}

/**
 * Starts an emulator of BigQuery that runs its SQL, on the loopback interface, with an empty dataset `d`.
 * @throws Error saying why it cannot be had
 */
export async function startLocalBigQuery(): Promise<LocalBigQuery> {
  const programs = await pythonEnvironment(`local-bigquery-0.3.2-duckdb-${DUCKDB}`, PACKAGES, [], PYTHON);
  const home = join(dirname(programs), 'home');
  await linkExtensions(dirname(programs), home);
  const data = await mkdtemp(join(tmpdir(), 'local-bigquery-'));
  const [port, grpc] = [await freePort(), await freePort()];
  const args = ['serve', '--host', '127.0.0.1', '--port', String(port), '--grpc-port', String(grpc)];
  const child = spawn(join(programs, 'local-bigquery'), [...args, '--project', 'test', '--dataset', 'd', '--data-dir', data], {
    env: { ...process.env, HOME: home },
    stdio: 'ignore',
  });
  const ended = once(child, 'exit');
  const url = `http://127.0.0.1:${port}`;
  const stop = async (): Promise<void> => {
    child.kill('SIGKILL');
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
  return { url, project: 'test', query: (sql) => query(url, sql), stop };
}

/** A `describe` with an emulator of its own. Reported as skipped, with the reason, where it cannot be had; a failure with CI or REQUIRE_BACKENDS set. */
export async function describeWithLocalBigQuery(name: string, body: (server: () => LocalBigQuery) => void): Promise<void> {
  try {
    await pythonEnvironment(`local-bigquery-0.3.2-duckdb-${DUCKDB}`, PACKAGES, [], PYTHON);
  } catch (error) {
    if (process.env['CI'] || process.env['REQUIRE_BACKENDS']) throw error;
    const reason = (error instanceof Error ? error.message : String(error)).split('\n')[0];
    describe.skip(`${name} (skipped: ${reason})`, () => body(() => absent()));
    return;
  }
  describe(name, () => {
    let server: LocalBigQuery | undefined;
    beforeAll(async () => void (server = await startLocalBigQuery()), START_MS * 2);
    afterAll(() => server?.stop());
    body(() => server ?? absent());
  });
}

function absent(): never {
  throw new Error('The emulator runs only while the tests run');
}

async function linkExtensions(environment: string, home: string): Promise<void> {
  const folder = join(home, '.duckdb', 'extensions', `v${DUCKDB}`, `linux_${process.arch === 'x64' ? 'amd64' : process.arch}`);
  await mkdir(folder, { recursive: true });
  for (const file of await readdir(environment, { recursive: true })) {
    if (!file.endsWith('.duckdb_extension') || file.startsWith('home')) continue;
    await symlink(join(environment, file), join(folder, basename(file))).catch((error: unknown) => {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    });
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** Why it does not answer yet; undefined: it does. */
async function faultOf(url: string): Promise<string | undefined> {
  try {
    const answer = await fetch(`${url}/bigquery/v2/projects/test/datasets`);
    return answer.ok ? undefined : await answer.text();
  } catch (error) {
    return String(error);
  }
}

async function query(url: string, sql: string): Promise<(string | null)[][]> {
  const answer = await fetch(`${url}/bigquery/v2/projects/test/queries`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query: sql, useLegacySql: false, timeoutMs: 60_000 }),
  });
  const body = (await answer.json()) as {
    readonly rows?: readonly { readonly f: readonly { readonly v: string | null }[] }[];
    readonly error?: object;
  };
  if (!answer.ok) throw new Error(JSON.stringify(body.error));
  return (body.rows ?? []).map(({ f }) => f.map(({ v }) => v));
}
