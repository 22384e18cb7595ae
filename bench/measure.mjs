// @ts-check
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import process from 'node:process';
import { root } from '../scripts/command.mjs';

/** How often processes are looked at. Peaks only grow, so all that is lost is growth in the last moment. */
const WATCH_MS = 25;

/**
 * Without NODE_EXTRA_CA_CERTS: before anything else, Node 20 parses all certificates of that file (37 ms for Debian's), whether it will speak TLS
 * or not. That is the machine's setting, and nothing that is measured here speaks TLS.
 */
const { NODE_EXTRA_CA_CERTS: _, ...ENVIRONMENT } = process.env;

/**
 * What one process used, by its name (`tap-csv`, `psql`).
 * @typedef {{ name: string, peakBytes: number, cpuSeconds: number }} Use
 * @typedef {{ seconds: number, processes: Use[] }} Measure
 */

/**
 * Runs a shell pipeline to its end and measures it whole, from the start of its processes to their end.
 * @param {string} pipeline for bash
 * @param {Record<string, string>} [env] for values that need no quoting: `"$FILE"`
 * @returns {Promise<Measure>}
 * @throws {Error} when any part fails, with what it said
 */
export async function measure(pipeline, env = {}) {
  const start = performance.now();
  const child = spawn('bash', ['-o', 'pipefail', '-c', pipeline], {
    cwd: root,
    env: { ...ENVIRONMENT, ...env, LC_ALL: 'C.UTF-8' },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text) => {
    said = (said + text).slice(-1500);
  });
  const watch = watchProcesses(child.pid ?? 0);
  const ended = new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve(code));
  });
  // The end of the processes counts, not of the pipe on which they complain.
  const exited = new Promise((resolve) => child.on('exit', () => resolve(performance.now())));
  const code = await ended;
  const seconds = ((await exited) - start) / 1000;
  const processes = watch.stop();
  if (code !== 0) throw new Error(`Ended with ${code}: ${pipeline}\n${said}`);
  return { seconds, processes };
}

/** @param {number} pid */
function watchProcesses(pid) {
  /** @type {Map<number, Use>} */
  const seen = new Map();
  const look = () => {
    for (const id of family(pid)) {
      const use = usageOf(id);
      if (use !== undefined) seen.set(id, use);
    }
  };
  const timer = setInterval(look, WATCH_MS);
  return {
    stop() {
      clearInterval(timer);
      // Without a name: on its way to becoming another program.
      return [...seen.values()].filter(({ name }) => name !== '' && !['bash', 'cat', 'head'].includes(name));
    },
  };
}

/** A process and all below it. Empty where there is no /proc. @param {number} pid @returns {number[]} */
function family(pid) {
  const children = read(`/proc/${pid}/task/${pid}/children`)?.trim();
  return [pid, ...(children ? children.split(' ').flatMap((child) => family(Number(child))) : [])];
}

/** @param {number} pid @returns {Use | undefined} */
function usageOf(pid) {
  const peak = /VmHWM:\s*(\d+) kB/.exec(read(`/proc/${pid}/status`) ?? '')?.[1];
  const line = read(`/proc/${pid}/stat`);
  const argv = read(`/proc/${pid}/cmdline`)?.split('\0') ?? [];
  if (peak === undefined || line === undefined) return undefined;
  // proc(5): user and system time are fields 14 and 15, in hundredths of a second; field 2 is a name in parentheses.
  const fields = line.slice(line.lastIndexOf(')') + 2).split(' ');
  const program =
    argv.find((word, index) => word !== '' && !word.startsWith('-') && !(index === 0 && /node|python/.test(word))) ??
    argv[0] ??
    '';
  return {
    name: program.replace(/^.*\//, '').replace(/\.mjs$/, ''),
    peakBytes: Number(peak) * 1024,
    cpuSeconds: (Number(fields[11]) + Number(fields[12])) / 100,
  };
}

/** Processor seconds that the processes of a server have used so far, those that have ended included. @param {number | undefined} pid */
export function cpuOf(pid) {
  if (pid === undefined || !readable()) return undefined;
  let total = 0;
  for (const id of family(pid)) {
    const line = read(`/proc/${id}/stat`);
    const fields = line?.slice(line.lastIndexOf(')') + 2).split(' ') ?? [];
    // Own time and that of ended children (fields 14 to 17).
    total += [11, 12, 13, 14].reduce((sum, field) => sum + Number(fields[field] ?? 0), 0) / 100;
  }
  return total;
}

const readable = () => readdirSync('/').includes('proc');

/** @param {string} path */
function read(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined; // The process has ended.
  }
}
