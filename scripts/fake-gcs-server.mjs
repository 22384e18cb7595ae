// @ts-check
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, rm, stat } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { command, root } from './command.mjs';

const VERSION = '1.56.1';
/** It answers in less than one. */
const START_MS = 20_000;

/**
 * A running emulator of Cloud Storage.
 * @typedef {object} FakeGcsServer
 * @property {string} url for `storage_endpoint` and STORAGE_EMULATOR_HOST
 * @property {(bucket: string) => Promise<void>} make makes a bucket
 * @property {(bucket: string) => Promise<string[]>} list names of the objects in a bucket
 * @property {() => Promise<void>} stop
 */

/**
 * Installs fake-gcs-server under .cache/, once, by the Go toolchain.
 * @returns {Promise<string>} path of the executable
 * @throws {Error} saying why it cannot be had
 */
export async function installFakeGcsServer() {
  const folder = join(root, '.cache', `fake-gcs-server-${VERSION}`);
  const program = join(folder, 'bin', 'fake-gcs-server');
  if (await stat(program).catch(() => undefined)) return program;
  const modules = join(folder, 'modules');
  await mkdir(folder, { recursive: true });
  const env = { ...process.env, GOBIN: join(folder, 'bin'), GOPATH: modules, GOFLAGS: '-modcacherw', CGO_ENABLED: '0' };
  const { status, output } = await command('go', ['install', `github.com/fsouza/fake-gcs-server@v${VERSION}`], { env });
  // 2.5 GB that nothing needs any more.
  await rm(modules, { recursive: true, force: true });
  if (status !== 0)
    throw new Error(`fake-gcs-server cannot be installed: go install failed (Go 1.25 or later is needed):\n${output.trim()}`);
  return program;
}

/**
 * Starts it on the loopback interface, empty, in memory. It ends with this process.
 * @returns {Promise<FakeGcsServer>}
 * @throws {Error} saying why it cannot be had
 */
export async function startFakeGcsServer() {
  const program = await installFakeGcsServer();
  const address = `127.0.0.1:${await freePort()}`;
  const url = `http://${address}`;
  const [host = '', port = ''] = address.split(':');
  const where = ['-scheme', 'http', '-host', host, '-port', port, '-backend', 'memory'];
  // Addresses of uploads need the one, requests for /bucket/object the other.
  const child = spawn(program, [...where, '-external-url', url, '-public-host', address], { stdio: 'ignore' });
  const ended = once(child, 'exit');
  const kill = () => void child.kill('SIGKILL');
  process.once('exit', kill);
  const stop = async () => {
    process.off('exit', kill);
    kill();
    await ended;
  };
  const until = Date.now() + START_MS;
  while (!(await answers(url))) {
    if (Date.now() > until || child.exitCode !== null) {
      await stop();
      throw new Error('fake-gcs-server does not start');
    }
    await sleep(50);
  }
  return { url, make: (bucket) => make(url, bucket), list: (bucket) => list(url, bucket), stop };
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  server.close();
  await once(server, 'close');
  return port;
}

/** @param {string} url */
async function answers(url) {
  return fetch(`${url}/storage/v1/b?project=test`).then(
    ({ ok }) => ok,
    () => false,
  );
}

/** @param {string} url @param {string} bucket */
async function make(url, bucket) {
  const body = JSON.stringify({ name: bucket });
  const answer = await fetch(`${url}/storage/v1/b?project=test`, { method: 'POST', body });
  if (!answer.ok) throw new Error(await answer.text());
}

/** @param {string} url @param {string} bucket @returns {Promise<string[]>} */
async function list(url, bucket) {
  const answer = await fetch(`${url}/storage/v1/b/${bucket}/o`);
  const { items = [] } = /** @type {{ items?: { name: string }[] }} */ (await answer.json());
  return items.map(({ name }) => name);
}
