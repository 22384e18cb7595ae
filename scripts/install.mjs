// @ts-check
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from './build.mjs';
import { npm, root } from './command.mjs';

/**
 * Makes a clone ready to run: installs what package-lock.json names unless it is there, and compiles to dist/.
 * @param {(step: string) => void} say
 * @throws {Error} with the failed step's output
 */
export async function install(say) {
  if (!(await isInstalled())) {
    say('Installing packages (npm ci)');
    must('npm ci', await npm(['ci', '--ignore-scripts']));
  }
  say('Compiling');
  await build();
}

/** @param {string} step @param {{ status: number, output: string }} result */
function must(step, { status, output }) {
  if (status !== 0) throw new Error(`${step} failed:\n${output.trim()}`);
}

/**
 * Compares versions with npm's own record of what it installed: a time stamp would be wrong after a checkout, and a mark of
 * ours would be missing after a plain `npm ci`.
 */
async function isInstalled() {
  const [wanted, present] = await Promise.all([packages('package-lock.json'), packages('node_modules/.package-lock.json')]);
  return wanted !== undefined && present !== undefined && fulfils(wanted, present);
}

/** @typedef {Record<string, { version?: string, optional?: boolean }>} Packages by their folder, as in package-lock.json */

/**
 * Whether all that is wanted is present in the version that is wanted.
 * @param {Packages} wanted @param {Packages} present
 */
export function fulfils(wanted, present) {
  return Object.entries(wanted).every(([path, { version, optional }]) => {
    // Packages for other platforms are left out by npm.
    return path === '' || (optional && present[path] === undefined) || present[path]?.version === version;
  });
}

/**
 * @param {string} file
 * @returns {Promise<Packages | undefined>}
 */
async function packages(file) {
  try {
    return JSON.parse(await readFile(join(root, file), 'utf8')).packages;
  } catch {
    return undefined; // Missing or cut short: npm ci makes it anew.
  }
}
