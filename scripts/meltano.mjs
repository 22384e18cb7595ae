// @ts-check
import { join } from 'node:path';
import { root } from './command.mjs';
import { pythonEnvironment } from './python.mjs';

/** The Meltano that the tests run. */
const MELTANO = '4.4.1';
const FOLDER = `meltano-${MELTANO}`;

/** Where `installMeltano` puts the executable. */
export const MELTANO_BIN = join(root, '.cache', FOLDER, 'bin', 'meltano');

/**
 * Makes a Python environment with Meltano under .cache/, once.
 * @returns {Promise<string>} path of the `meltano` executable
 * @throws {Error} saying what is missing
 */
export async function installMeltano() {
  await pythonEnvironment(FOLDER, [`meltano==${MELTANO}`]);
  return MELTANO_BIN;
}
