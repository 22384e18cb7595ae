// @ts-check
import { mkdir, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { command, root } from './command.mjs';

/** The Meltano that the tests run; needs Python 3.10 or later. */
const MELTANO = '4.4.1';
const UV = '0.13.8';
const FOLDER = join(root, '.cache', `meltano-${MELTANO}`);
/** Where `installMeltano` puts the executable. */
export const MELTANO_BIN = join(FOLDER, 'bin', 'meltano');
const PYTHONS = ['python3.11', 'python3.12', 'python3.13', 'python3.10', 'python3'];

/**
 * Makes a Python environment with Meltano under .cache/, once.
 * @returns {Promise<string>} path of the `meltano` executable
 * @throws {Error} saying what is missing
 */
export async function installMeltano() {
  const folder = FOLDER;
  const python = join(folder, 'bin', 'python');
  const complete = join(folder, 'complete');
  if (await exists(complete)) return MELTANO_BIN;
  await rm(folder, { recursive: true, force: true });
  await mkdir(join(root, '.cache'), { recursive: true });
  const system = await findPython();
  const uv = await findUv(system);
  // Without compiled bytecode every call of Meltano takes two seconds more.
  const steps =
    uv === undefined
      ? [
          [system, '-m', 'venv', folder],
          [python, '-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', `meltano==${MELTANO}`],
        ]
      : [
          [uv, 'venv', '--quiet', '--python', system, folder],
          [uv, 'pip', 'install', '--quiet', '--compile-bytecode', '--python', python, `meltano==${MELTANO}`],
        ];
  for (const [program = '', ...args] of steps) {
    const { status, output } = await command(program, args, { env: { ...process.env, UV_PYTHON_DOWNLOADS: 'never' } });
    if (status !== 0) throw new Error(`Meltano cannot be installed: ${program} ${args.join(' ')} failed:\n${output.trim()}`);
  }
  await writeFile(complete, '');
  return MELTANO_BIN;
}

/** Names alone prove nothing: version managers leave commands in the path that do not run. */
async function findPython() {
  for (const name of PYTHONS) {
    const { status, output } = await command(name, [
      '-c',
      'import sys; print(sys.executable if sys.version_info >= (3, 10) else "")',
    ]);
    const path = output.trim();
    if (status === 0 && path !== '') return path;
  }
  throw new Error('Meltano needs Python 3.10 or later, and none was found');
}

/** uv installs in a tenth of pip's time and needs no venv module, which Debian ships apart. @param {string} python */
async function findUv(python) {
  if ((await command('uv', ['--version'])).status === 0) return 'uv';
  const folder = join(root, '.cache', `uv-${UV}`);
  const uv = join(folder, 'bin', 'uv');
  if ((await command(uv, ['--version'])).status === 0) return uv;
  const args = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--target', folder, `uv==${UV}`];
  return (await command(python, args)).status === 0 ? uv : undefined;
}

/** @param {string} file */
function exists(file) {
  return stat(file).then(
    () => true,
    () => false,
  );
}
