// @ts-check
import { execFileSync, spawn } from 'node:child_process';
import { closeSync, constants, mkdtempSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { root } from './command.mjs';

/**
 * One part of a pipeline.
 * @typedef {object} Part
 * @property {string} program a path from the project's root, for example `bin/tap-csv`
 * @property {readonly string[]} args
 * @property {NodeJS.ProcessEnv} [env] added to ours
 * @property {'pipe' | 'inherit'} [stderr] default pipe: kept in the result
 */

/**
 * @typedef {object} Ended
 * @property {number | NodeJS.Signals} status exit code, or the signal that ended it
 * @property {string} stderr
 */

/**
 * @typedef {object} Pipeline
 * @property {import('node:child_process').ChildProcess[]} processes in the order of the parts
 * @property {Promise<{ parts: Ended[], stdout: string }>} done when all have ended; `stdout` is the last one's
 */

/**
 * `a | b | c` with separate processes joined by the operating system's pipes, each process known by its id. No shell, so
 * that paths with spaces need no quoting, signals reach the process they are meant for and each exit code is seen.
 * @param {readonly Part[]} parts @param {{ cwd?: string }} [options]
 * @returns {Pipeline}
 */
export function pipeline(parts, { cwd = root } = {}) {
  /** @type {(number | 'ignore')[]} */
  const inputs = ['ignore'];
  /** @type {(number | 'pipe')[]} */
  const outputs = [];
  for (let gap = 1; gap < parts.length; gap++) {
    const [read, write] = osPipe();
    outputs.push(write);
    inputs.push(read);
  }
  outputs.push('pipe');
  const processes = parts.map(({ program, args, env, stderr = 'pipe' }, n) =>
    spawn(process.execPath, [join(root, program), ...args], {
      cwd,
      env: { ...process.env, ...env },
      stdio: [inputs[n] ?? 'ignore', outputs[n] ?? 'pipe', stderr],
    }),
  );
  // Ours must go, or no reader ever sees the end of its input.
  for (const end of [...inputs, ...outputs]) if (typeof end === 'number') closeSync(end);
  return { processes, done: ended(processes) };
}

/** Adds up a tap's own counters: the records that it sent. @param {string} log */
export function recordCount(log) {
  let records = 0;
  for (const [, text = ''] of log.matchAll(/METRIC: (\{.*\})/g)) {
    const { metric, value } = JSON.parse(text);
    if (metric === 'record_count') records += value;
  }
  return records;
}

/** @param {import('node:child_process').ChildProcess[]} processes */
async function ended(processes) {
  const last = processes.at(-1);
  const [stdout, ...parts] = await Promise.all([
    text(last?.stdout),
    ...processes.map(async (child) => {
      const [stderr, status] = await Promise.all([text(child.stderr), exit(child)]);
      return { status, stderr };
    }),
  ]);
  return { stdout, parts };
}

/**
 * @param {import('node:child_process').ChildProcess} child
 * @returns {Promise<number | NodeJS.Signals>}
 */
function exit(child) {
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve(code ?? signal ?? 1));
  });
}

/** @param {import('node:stream').Readable | null | undefined} stream @returns {Promise<string>} */
function text(stream) {
  let all = '';
  return new Promise((resolve) => {
    if (!stream) return resolve(all);
    // Not an async iterator: it would take the stream away from callers who watch it, too.
    stream.setEncoding('utf8').on('data', (piece) => {
      all += piece;
    });
    stream.on('close', () => resolve(all));
  });
}

/**
 * A pipe of the operating system: Node's own `pipe` is a socket, which a shell never gives a program.
 * @returns {[read: number, write: number]}
 */
function osPipe() {
  const folder = mkdtempSync(join(tmpdir(), 'tapline-pipe-'));
  try {
    const name = join(folder, 'pipe');
    execFileSync('mkfifo', [name]);
    // A named pipe opens only when its other end is open; a first reader that does not wait breaks the circle.
    const opener = openSync(name, constants.O_RDONLY | constants.O_NONBLOCK);
    const write = openSync(name, constants.O_WRONLY);
    const read = openSync(name, constants.O_RDONLY);
    closeSync(opener);
    return [read, write];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
