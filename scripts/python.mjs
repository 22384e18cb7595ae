// @ts-check
import { mkdir, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { command, root } from './command.mjs';

const UV = '0.13.8';
const PYTHONS = ['python3.11', 'python3.12', 'python3.13', 'python3.10', 'python3'];

/**
 * Makes a Python environment under .cache/, once: the index is asked at the first call only. Needs Python 3.10 or later.
 * @param {string} name of its folder; holds the versions, so that other versions make another one
 * @param {readonly string[]} packages with their versions
 * @param {readonly string[]} [alone] packages to install without what they ask for
 * @param {string} [version] of Python, where not every one will do: `3.13`
 * @returns {Promise<string>} path of its folder of executables
 * @throws {Error} saying what is missing
 */
export async function pythonEnvironment(name, packages, alone = [], version) {
  const folder = join(root, '.cache', name);
  const programs = join(folder, 'bin');
  const python = join(programs, 'python');
  const complete = join(folder, 'complete');
  if (await exists(complete)) return programs;
  await rm(folder, { recursive: true, force: true });
  await mkdir(join(root, '.cache'), { recursive: true });
  const system = await (version === undefined ? findPython() : findVersion(version));
  const uv = await findUv(system);
  const [make, install] =
    uv === undefined
      ? [
          [system, '-m', 'venv', folder],
          [python, '-m', 'pip', 'install', '--quiet', '--disable-pip-version-check'],
        ]
      : [
          [uv, 'venv', '--quiet', '--python', system, folder],
          // Without compiled bytecode every call of a large program takes two seconds more.
          [uv, 'pip', 'install', '--quiet', '--compile-bytecode', '--python', python],
        ];
  const steps = [make, [...install, ...packages], ...(alone.length > 0 ? [[...install, '--no-deps', ...alone]] : [])];
  for (const [program = '', ...args] of steps) {
    const { status, output } = await command(program, args, { env: { ...process.env, UV_PYTHON_DOWNLOADS: 'never' } });
    if (status !== 0)
      throw new Error(`${packages.join(', ')} cannot be installed: ${program} ${args.join(' ')} failed:\n${output.trim()}`);
  }
  await writeFile(complete, '');
  return programs;
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
  throw new Error('Python 3.10 or later is needed, and none was found');
}

/** pyenv keeps versions that are not in the path. @param {string} version */
async function findVersion(version) {
  const versions = join(process.env['PYENV_ROOT'] ?? join(homedir(), '.pyenv'), 'versions');
  const kept = (await readdir(versions).catch(() => [])).filter((name) => name.startsWith(`${version}.`));
  for (const name of [`python${version}`, ...kept.map((each) => join(versions, each, 'bin', 'python'))]) {
    const { status, output } = await command(name, ['-c', 'import sys; print(sys.executable)']);
    if (status === 0) return output.trim();
  }
  throw new Error(`Python ${version} is needed, and was not found`);
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
