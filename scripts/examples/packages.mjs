// @ts-check
import { createHash } from 'node:crypto';
import { cp, mkdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { npm, root } from '../command.mjs';

/**
 * Puts the packages that a lockfile names into the folder that holds it. They are installed once and kept under .cache/.
 * @param {string} folder with package.json and package-lock.json
 * @throws {Error} with npm's words
 */
export async function installPackages(folder) {
  const files = ['package.json', 'package-lock.json', '.npmrc'];
  const hash = createHash('sha256');
  for (const file of files) hash.update(await readFile(join(folder, file)));
  const kept = join(root, '.cache', `packages-${hash.digest('hex').slice(0, 16)}`);
  if (!(await exists(kept))) {
    // Made under another name, so that nobody finds it half done.
    const making = `${kept}.${process.pid}`;
    await rm(making, { recursive: true, force: true });
    await mkdir(making, { recursive: true });
    for (const file of files) await cp(join(folder, file), join(making, file));
    const { status, output } = await npm(['ci', '--prefix', making, '--ignore-scripts']);
    if (status !== 0) throw new Error(`The packages of ${folder} cannot be installed:\n${output.trim()}`);
    await rename(making, kept).catch(async (error) => {
      await rm(making, { recursive: true, force: true });
      if (!(await exists(kept))) throw error; // Another process was faster.
    });
  }
  await cp(join(kept, 'node_modules'), join(folder, 'node_modules'), { recursive: true, verbatimSymlinks: true });
}

/** @param {string} path */
function exists(path) {
  return stat(path).then(
    () => true,
    () => false,
  );
}
