// @ts-check
import { spawn } from 'node:child_process';
import { cp, mkdir, rm } from 'node:fs/promises';
import { delimiter, join, relative, sep } from 'node:path';
import process from 'node:process';
import { Client } from 'pg';
import { root } from '../command.mjs';
import { makeExecutables } from './executables.mjs';

/** What runs leave behind in an example's folder; none of it is part of the example. */
const LEFT_BEHIND = new Set(['.meltano', 'node_modules', 'data', 'output', 'state', '.env']);

/** Nothing asks the network, nothing is coloured. */
const QUIET = {
  MELTANO_SEND_ANONYMOUS_USAGE_STATS: 'false',
  MELTANO_CLI_DISABLE_VERSION_CHECK: '1',
  MELTANO_AUTO_INSTALL: 'false',
  MELTANO_HUB_URL: 'http://127.0.0.1:9',
  DBT_SEND_ANONYMOUS_USAGE_STATS: 'false',
  NO_COLOR: '1',
  COLUMNS: '200',
};

/** @typedef {import('./example.mjs').Work & { base: string, groups: Set<number>, databases: Map<string, string> }} OwnWork */

/**
 * Copies an example into a folder of its own, where its commands find our executables and the programs that it needs.
 * @param {object} options
 * @param {string} options.name of the example
 * @param {string} options.id of this run
 * @param {string} options.parent folder that the copy is made in
 * @param {Readonly<Record<string, string>>} options.tools paths of executables, by name
 * @param {Record<string, any>} options.backends
 * @param {number} options.rows
 * @param {number} options.seed
 * @param {Set<number>} options.groups process groups that are running, for somebody who has to end them
 * @returns {Promise<OwnWork>}
 */
export async function makeWork({ name, id, parent, tools, backends, rows, seed, groups }) {
  const base = join(parent, `${name}-${id}`);
  const folder = join(base, name);
  const source = join(root, 'examples', name);
  await rm(base, { recursive: true, force: true });
  await mkdir(base, { recursive: true });
  await cp(source, folder, {
    recursive: true,
    filter: (path) => !LEFT_BEHIND.has(relative(source, path).split(sep)[0] ?? ''),
  });
  await makeExecutables(join(base, 'bin'), tools);
  /** @type {Record<string, string>} */
  const env = { ...QUIET, PATH: `${join(base, 'bin')}${delimiter}${process.env['PATH']}` };
  /** @type {Map<string, string>} */
  const databases = new Map();
  const database = async (/** @type {string} */ wanted) => {
    const url = databases.get(wanted) ?? (await backends['postgres'].createDatabase(`tapline_${name}_${wanted}_${id}`));
    databases.set(wanted, url);
    return url;
  };
  return {
    base,
    folder,
    id,
    rows,
    seed,
    env,
    backends,
    groups,
    databases,
    database,
    query: async (sql, wanted = 'warehouse') => query(await database(wanted), sql),
    run: async (command, more = {}) => {
      const { status, output } = await start(command, { folder, env: { ...env, ...more }, groups }).ended;
      if (status !== 0) throw new Error(`${command.join(' ')} ended with ${status}:\n${lastLines(output)}`, { cause: output });
      return output;
    },
  };
}

/**
 * Starts a command as the leader of a process group, so that all that it starts can be ended with it.
 * @param {readonly string[]} command
 * @param {{ folder: string, env: Record<string, string>, groups: Set<number> }} options
 * @returns {{ pid: number, ended: Promise<{ status: number | string, output: string }> }}
 */
export function start([program = '', ...args], { folder, env, groups }) {
  const child = spawn(program, args, {
    cwd: folder,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  const pid = child.pid ?? 0;
  if (pid > 0) groups.add(pid);
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text) => {
      output += text;
    });
  const ended = new Promise((resolve, reject) => {
    child.on('error', (error) => reject(new Error(`${program} cannot be started: ${error.message}`)));
    // What it left in the background would keep its output open, and us waiting.
    child.on('exit', (code) => {
      if (code !== 0) endGroup(pid);
    });
    child.on('close', (code, signal) => {
      groups.delete(pid);
      resolve({ status: code ?? signal ?? 1, output });
    });
  });
  return { pid, ended };
}

/** Ends all that a command has started. @param {number} pid of the command */
export function endGroup(pid) {
  try {
    process.kill(-pid, 'SIGTERM');
  } catch {
    // All have ended by themselves.
  }
}

/** @param {string} url @param {string} sql */
async function query(url, sql) {
  const client = new Client({ connectionString: url });
  client.on('error', () => {}); // The server goes first when all is stopped by a signal; the query that waits fails, too.
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

/** @param {string} text */
function lastLines(text) {
  return text.trimEnd().split('\n').slice(-40).join('\n');
}
