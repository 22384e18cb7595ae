// @ts-check
// The tests' fake of GitHub, for examples: serves the repositories of a file on a free port of this machine.
//
//   node scripts/github/fake.mjs repositories.json     prints its address, a line, and serves until its input ends or it is ended
//
// The file is a list of { owner, name, releases, recorded }: releases as GitHub's API gives them, newest first, members that are left out
// are filled; recorded: true adds those that GitHub has given for github/hub.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, realpathSync } from 'node:fs';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** The token that it takes. */
export const TOKEN = `ghp_${'example'.repeat(5)}x`;

/** @typedef {{ owner: string, name: string, releases?: Record<string, unknown>[], recorded?: boolean }} RepositoryEntry */

/**
 * A running fake.
 * @typedef {object} FakeGitHub
 * @property {string} url for `api_url_base`
 * @property {string} token for `auth_token`
 * @property {number | undefined} pid of the process to end to stop it
 * @property {() => Promise<void>} stop
 */

/**
 * Starts the fake in a process of its own, which ends with this one unless it is kept.
 * @param {string} file of repositories
 * @param {{ keep?: boolean }} [options]
 * @returns {Promise<FakeGitHub>}
 * @throws {Error} saying why it does not start
 */
export async function startFakeGitHub(file, { keep = false } = {}) {
  const child = spawn(process.execPath, [fileURLToPath(import.meta.url), file, ...(keep ? ['--keep'] : [])], {
    detached: keep,
    stdio: [keep ? 'ignore' : 'pipe', 'pipe', keep ? 'ignore' : 'inherit'],
  });
  const ended = once(child, 'exit');
  const output = /** @type {import('node:stream').Readable} */ (child.stdout);
  const line = await createInterface({ input: output })[Symbol.asyncIterator]().next();
  if (line.done === true) throw new Error(`The fake of GitHub does not start with ${file}`);
  if (keep) {
    child.unref();
    /** @type {import('node:net').Socket} */ (output).unref();
  }
  const stop = async () => {
    child.kill();
    await ended;
  };
  return { url: line.value, token: TOKEN, pid: child.pid, stop };
}

/** @param {string} file @param {boolean} keep */
async function serve(file, keep) {
  // Its sources are TypeScript that nothing compiles; the test runner's own reader of sources takes them.
  const { runnerImport } = await import('vite');
  const source = fileURLToPath(new URL('../../test/support/github/parts.ts', import.meta.url));
  /** @typedef {typeof import('../../test/support/github/parts.ts')} Parts */
  const { module } = await runnerImport(source, { configFile: false, logLevel: 'error' });
  const { made, recordedReleases, startGitHub } = /** @type {Parts} */ (module);
  const github = await startGitHub();
  github.world.token(TOKEN);
  /** @type {RepositoryEntry[]} */
  const entries = JSON.parse(readFileSync(file, 'utf8'));
  for (const { owner, name, releases = [], recorded = false } of entries) {
    const filled = releases.map((release, n) => made('release', n, { assets: [], ...release }));
    github.world.add({
      owner,
      name,
      releases: /** @type {import('../../test/support/github/parts.ts').Release[]} */ (recorded ? recordedReleases() : filled),
    });
  }
  process.stdout.write(`${github.url}\n`);
  if (!keep) process.stdin.resume().on('close', () => process.exit());
}

if (process.argv[1] && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url))
  await serve(process.argv[2] ?? '', process.argv.includes('--keep'));
