// @ts-check
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { root } from '../command.mjs';

/**
 * One call of one of our executables, as it was noted.
 * @typedef {object} Call
 * @property {string} program its name
 * @property {string[]} args those that are files name the copies that were made of them
 */

/** Folder in which calls are noted; none are unless this is set. */
export const CALLS = 'TAPLINE_EXAMPLE_CALLS';
/** After so many records a tap's output stops, for ever. */
export const HOLD_AFTER = 'TAPLINE_EXAMPLE_HOLD_AFTER';
/** File that is made when it does. */
export const HELD = 'TAPLINE_EXAMPLE_HELD';

const hold = fileURLToPath(new URL('hold.mjs', import.meta.url));

/**
 * What stands in for an executable of ours: it starts the real one. On demand it notes the call with copies of the files that it was
 * given (the caller removes its own at the end), or holds a tap's output after so many records.
 * @param {string} name
 */
const script = (name) => `#!/bin/sh
if [ -n "$${CALLS}" ]; then
  number=1
  while ! mkdir "$${CALLS}/$number" 2> /dev/null; do number=$((number + 1)); done
  { printf '%s\\n' '${name}'; for each; do printf '%s\\n' "$each"; done; } > "$${CALLS}/$number/call"
  for each; do if [ -f "$each" ]; then cp -p "$each" "$${CALLS}/$number/"; fi; done
fi
case "\${${HOLD_AFTER}:-}/${name}/$*" in
  /* | */target-* | */transform-* | *--discover*) exec '${join(root, 'bin', name)}' "$@" ;;
  *) '${join(root, 'bin', name)}' "$@" | '${process.execPath}' '${hold}' ;;
esac
`;

/**
 * Makes a folder for the path of an example's commands: our executables and the programs that it needs.
 * @param {string} folder @param {Readonly<Record<string, string>>} tools paths of executables, by name
 */
export async function makeExecutables(folder, tools) {
  await mkdir(folder, { recursive: true });
  for (const name of await readdir(join(root, 'bin'))) {
    if (name.includes('.')) continue;
    await writeFile(join(folder, name), script(name), { mode: 0o755 });
  }
  // No links: a Python that is called by another path than its own does not find its packages.
  for (const [name, path] of Object.entries(tools))
    await writeFile(join(folder, name), `#!/bin/sh\nexec '${path}' "$@"\n`, { mode: 0o755 });
}

/** What these calls ask for is no records. */
const ASKING = new Set(['--discover', '--about', '--version', '--help', '--check', '--test', '--plan']);

/**
 * The pipelines that were run, oldest first, each a tap and what came behind it.
 * @param {string} folder in which the calls were noted
 * @returns {Promise<Call[][]>}
 */
export async function notedPipelines(folder) {
  /** @type {Call[][]} */
  const pipelines = [];
  const numbers = (await readdir(folder)).map(Number).toSorted((a, b) => a - b);
  for (const number of numbers) {
    const own = join(folder, String(number));
    const copies = new Set(await readdir(own));
    const [program = '', ...given] = (await readFile(join(own, 'call'), 'utf8')).trimEnd().split('\n');
    if (given.some((arg) => ASKING.has(arg))) continue;
    const args = given.map((arg) => (arg.includes('/') && copies.has(basename(arg)) ? join(own, basename(arg)) : arg));
    if (program.startsWith('tap-')) pipelines.push([]);
    pipelines.at(-1)?.push({ program, args });
  }
  return pipelines;
}
