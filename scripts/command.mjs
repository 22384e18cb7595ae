// @ts-check
import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

/** The project's root folder. */
export const root = dirname(dirname(fileURLToPath(import.meta.url)));

/**
 * Runs a program in the project's root and waits for its end.
 * @param {string} command @param {readonly string[]} args
 * @param {{ show?: boolean, env?: NodeJS.ProcessEnv }} [options] `show`: its output goes straight to ours instead of into `output`
 * @returns {Promise<{ status: number, output: string }>} status 1 when a signal ended it or it could not start
 */
export function command(command, args, { show = false, env = process.env } = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd: root, env, stdio: show ? 'inherit' : ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text) => {
        output += text;
      });
    }
    child.on('error', (error) => resolve({ status: 1, output: `${command}: ${error.message}` }));
    child.on('close', (code) => resolve({ status: code ?? 1, output }));
  });
}

/**
 * Runs npm: the one that runs us, where npm does.
 * @param {readonly string[]} args @param {Parameters<typeof command>[2]} [options]
 */
export function npm(args, options) {
  const program = process.env['npm_execpath'];
  return program?.endsWith('.js') ? command(process.execPath, [program, ...args], options) : command('npm', args, options);
}

/**
 * Runs the executable of an installed package by this Node, without a shell, so that paths with spaces are safe.
 * @param {string} packageName @param {string} name of the executable
 * @param {readonly string[]} args @param {Parameters<typeof command>[2]} [options]
 */
export function tool(packageName, name, args, options) {
  const require = createRequire(join(root, 'package.json'));
  const folder = join(root, 'node_modules', packageName);
  const { bin } = require(join(folder, 'package.json'));
  return command(process.execPath, [join(folder, typeof bin === 'string' ? bin : bin[name]), ...args], options);
}
