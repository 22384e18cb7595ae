import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import process from 'node:process';
import { onTestFinished } from 'vitest';
import { root } from '../../scripts/command.mjs';

export { pipeline, type Part, type Pipeline } from '../../scripts/pipeline.mjs';
export { root };

export interface Finished {
  readonly status: number | NodeJS.Signals;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Text for stdin; without it stdin is empty. */
  readonly input?: string | Buffer;
}

/** Runs a program to its end. It is killed when the test ends before it, so that nothing stays behind. */
export async function run(program: string, args: readonly string[], options: RunOptions = {}): Promise<Finished> {
  const started = start(program, args, options);
  started.child.stdin?.end(options.input ?? '');
  return started.finished;
}

export interface Started {
  readonly child: ChildProcess;
  readonly finished: Promise<Finished>;
  /** Resolves with the output so far once stdout or stderr matches; rejects when the program ends before. */
  seen(pattern: RegExp): Promise<string>;
}

/** Starts a program whose course the test watches; stdin stays open. It is killed when the test ends before it. */
export function start(program: string, args: readonly string[], options: RunOptions = {}): Started {
  const child = spawn(program, args, { cwd: options.cwd ?? root, env: { ...process.env, ...options.env }, stdio: 'pipe' });
  onTestFinished(() => void child.kill('SIGKILL'));
  child.stdin.on('error', () => undefined); // A program may end without reading; its exit code tells.
  const output = { stdout: '', stderr: '' };
  const watchers = new Set<() => void>();
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      output[name] += text;
      for (const watch of watchers) watch();
    });
  }
  const finished = new Promise<Finished>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => {
      resolve({ status: code ?? signal ?? 1, ...output });
      for (const watch of watchers) watch();
    });
  });
  const seen = (pattern: RegExp): Promise<string> =>
    new Promise((resolve, reject) => {
      const watch = (): void => {
        const all = output.stdout + output.stderr;
        if (pattern.test(all)) resolve(all);
        else if (child.exitCode !== null || child.signalCode !== null) reject(new Error(`Ended before ${pattern}:\n${all}`));
        else return;
        watchers.delete(watch);
      };
      watchers.add(watch);
      watch();
    });
  return { child, finished, seen };
}

/** The path of one of our executables. */
export function executable(name: string): string {
  return join(root, 'bin', name);
}

/** Resolves once no process has this id any more. Polls, because the end of a stranger's child is told to nobody. */
export async function gone(pid: number, milliseconds = 10_000): Promise<void> {
  const end = Date.now() + milliseconds;
  while (isRunning(pid)) {
    if (Date.now() > end) throw new Error(`Process ${pid} is still there after ${milliseconds} ms`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
