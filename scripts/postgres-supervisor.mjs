// @ts-check
// Runs one throw-away Postgres server for as long as its parent lives: `startPostgres` in postgres.mjs starts this file.
// It is a process of its own so that the server ends and its folder goes even when the parent is killed.
import { spawn, spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { findBinaries } from './postgres-binaries.mjs';

/** Another process may take the free port first. */
const PORT_TRIES = 5;
/** An immediate stop takes milliseconds; after this the server is killed. */
const STOP_MILLISECONDS = 10_000;
const KEPT_LOG_LINES = 30;

/** @type {{ packageFolder: string, settings: Record<string, string>, lifeline: boolean }} */
const options = JSON.parse(process.argv[2] ?? '');

let stopping = false;
/** @type {import('node:child_process').ChildProcess | undefined} */
let server;
/** @type {string | undefined} */
let home;

process.on('SIGTERM', stop);
process.on('SIGINT', stop);
process.on('SIGHUP', stop);
if (options.lifeline) process.stdin.on('end', stop).on('error', stop).resume();

try {
  await main();
} catch (error) {
  tell({ error: error instanceof Error ? error.message : String(error) });
  process.exitCode = 1;
  end();
}

async function main() {
  const binaries = findBinaries({ packageFolder: options.packageFolder, temp: tmpdir() });
  home = binaries.home;
  const data = join(home, 'data');
  const init = binaries.call('initdb', ['-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync']);
  const made = spawnSync(init.command, init.args, { ...init.options, encoding: 'utf8' });
  if (made.status !== 0) throw new Error(`initdb failed: ${made.error?.message ?? made.stderr.trim()}`);
  for (let attempt = 1; ; attempt++) {
    const port = await freePort();
    if (stopping) return;
    const failure = await serve(binaries, data, port);
    if (failure === undefined) return tell({ port, pid: process.pid });
    if (attempt === PORT_TRIES || !/could not bind|could not create any TCP/.test(failure)) {
      throw new Error(`The Postgres server did not start:\n${failure}`);
    }
  }
}

/**
 * Starts the server and waits until it takes connections.
 * @param {import('./postgres-binaries.mjs').Binaries} binaries
 * @param {string} data @param {number} port
 * @returns {Promise<string | undefined>} its last log lines when it ended instead
 */
function serve(binaries, data, port) {
  // Loopback only and no socket file: a long path in the temp folder would break the socket's limit of 107 bytes.
  const settings = { listen_addresses: '127.0.0.1', port: String(port), unix_socket_directories: '', ...options.settings };
  const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const { command, args, options: how } = binaries.call('postgres', ['-D', data, ...flags]);
  const child = spawn(command, args, { ...how, stdio: ['ignore', 'ignore', 'pipe'] });
  server = child;
  /** @type {string[]} */
  const log = [];
  return new Promise((resolve) => {
    child.on('error', (error) => resolve(error.message));
    child.on('exit', () => {
      server = undefined;
      resolve(log.join('\n'));
      if (stopping) end();
    });
    child.stderr.setEncoding('utf8').on('data', (text) => {
      log.push(...text.trimEnd().split('\n'));
      log.splice(0, log.length - KEPT_LOG_LINES);
      if (text.includes('ready to accept connections')) resolve(undefined);
    });
  });
}

/** Stops at once: the data is thrown away, so there is nothing to write out. */
function stop() {
  if (stopping) return;
  stopping = true;
  if (server === undefined) return end();
  server.kill('SIGQUIT');
  setTimeout(() => server?.kill('SIGKILL'), STOP_MILLISECONDS).unref();
}

function end() {
  server?.kill('SIGKILL');
  if (home !== undefined) rmSync(home, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
  process.stdin.destroy();
}

/** @param {object} message */
function tell(message) {
  process.stdout.on('error', stop);
  process.stdout.write(`${JSON.stringify(message)}\n`);
}

/** @returns {Promise<number>} */
function freePort() {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.on('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      const port = address !== null && typeof address === 'object' ? address.port : 0;
      probe.close(() => resolve(port));
    });
  });
}
