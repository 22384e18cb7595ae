import { spawn } from 'node:child_process';
import { closeSync } from 'node:fs';
import { Socket } from 'node:net';
import { makePipe } from './pipes.ts';

/** How a process ended and what it wrote. */
export interface Ran {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: Buffer;
  readonly stderr: string;
  /** Milliseconds from start to end. */
  readonly ms: number;
}

export interface StartOptions {
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** Where named pipes are made. */
  readonly folder: string;
  /** False: stdout is not read until `resume`. */
  readonly read?: boolean;
  /** False: what stdout gives is counted but not kept. */
  readonly keep?: boolean;
}

/** A process under observation, joined by real pipes. */
export interface Running {
  readonly pid: number;
  /** Writes to stdin; resolves when the pipe took it. */
  write(data: string | Buffer): Promise<void>;
  /** Closes stdin. */
  end(): void;
  stdout(): Buffer;
  stderr(): string;
  /** Bytes of stdout so far. */
  readonly bytes: number;
  /** Resolves when `holds` is true; looked at whenever output arrives. Rejects at the deadline or the end of the process. */
  until(what: string, holds: () => boolean, milliseconds?: number): Promise<void>;
  /** Stops and continues reading stdout. */
  pause(): void;
  resume(): void;
  /** Reads every chunk of stdout as it comes. */
  onChunk(listener: (chunk: Buffer) => void): void;
  /** Closes the reading end of stdout, as `head` does. */
  closeStdout(): void;
  /** Closes both reading ends: a child of the process may hold them open after its end. */
  release(): void;
  kill(signal: NodeJS.Signals): void;
  /** False once the process itself has ended, whether its output was read or not. */
  alive(): boolean;
  /** Resolves when the process and its output ended; rejects after `milliseconds`, with what was seen. */
  ended(milliseconds?: number): Promise<Ran>;
}

const PATIENCE_MS = 30_000;

/** Starts a process with real pipes on stdin, stdout and stderr. */
export function startProcess(options: StartOptions): Running {
  const [file, ...args] = options.command;
  if (file === undefined) throw new Error('An empty command cannot be started');
  const input = makePipe(options.folder);
  const output = makePipe(options.folder);
  const notes = makePipe(options.folder);
  const began = performance.now();
  const child = spawn(file, args, {
    cwd: options.cwd,
    env: options.env,
    stdio: [input.readEnd, output.writeEnd, notes.writeEnd],
  });
  for (const end of [input.readEnd, output.writeEnd, notes.writeEnd]) closeSync(end);
  const stdin = new Socket({ fd: input.writeEnd, readable: false, writable: true });
  const stdout = new Socket({ fd: output.readEnd, readable: true, writable: false });
  const stderr = new Socket({ fd: notes.readEnd, readable: true, writable: false });

  const outChunks: Buffer[] = [];
  const errChunks: Buffer[] = [];
  let bytes = 0;
  const watchers = new Set<() => void>();
  const chunkListeners: ((chunk: Buffer) => void)[] = [];
  const notify = (): void => {
    for (const watcher of watchers) watcher();
  };
  stdout.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (options.keep !== false) outChunks.push(chunk);
    for (const listener of chunkListeners) listener(chunk);
    notify();
  });
  if (options.read === false) stdout.pause();
  stderr.on('data', (chunk: Buffer) => {
    errChunks.push(chunk);
    notify();
  });
  // A process may end before it has read its input: that is the process's right, and its exit code tells the rest.
  stdin.on('error', notify);
  stdout.on('error', notify);

  let ran: { code: number | null; signal: NodeJS.Signals | null; ms: number } | undefined;
  let failure: Error | undefined;
  let open = 3;
  const closed = (): void => {
    open--;
    notify();
  };
  stdout.on('close', closed);
  stderr.on('close', closed);
  child.on('error', (error) => {
    failure = error;
    ran = { code: null, signal: null, ms: performance.now() - began };
    stdout.destroy();
    stderr.destroy();
    closed();
  });
  child.on('exit', (code, signal) => {
    ran = { code, signal, ms: performance.now() - began };
    stdin.destroy();
    closed();
  });

  const seen = (): string => {
    const out = Buffer.concat(outChunks);
    const exit = ran === undefined ? 'still running' : `code ${ran.code}, signal ${ran.signal}`;
    return `${exit}; stdout ${bytes} bytes: ${excerpt(out.toString())}; stderr: ${excerpt(Buffer.concat(errChunks).toString())}`;
  };
  const wait = async (what: string, holds: () => boolean, gone: () => boolean, milliseconds: number): Promise<void> => {
    await new Promise<void>((resolve, reject) => {
      const settle = (act: () => void): void => {
        clearTimeout(timer);
        watchers.delete(look);
        act();
      };
      const look = (): void => {
        if (holds()) settle(resolve);
        else if (gone()) settle(() => reject(new Error(`The process ended before ${what} (${seen()})`)));
      };
      const timer = setTimeout(
        () => settle(() => reject(new Error(`Waited ${milliseconds} ms in vain for ${what} (${seen()})`))),
        milliseconds,
      );
      watchers.add(look);
      look();
    });
  };
  return {
    pid: child.pid ?? -1,
    get bytes() {
      return bytes;
    },
    async write(data) {
      await new Promise<void>((resolve) => {
        stdin.write(data, () => resolve());
      });
    },
    end: () => {
      stdin.end();
    },
    stdout: () => Buffer.concat(outChunks),
    stderr: () => Buffer.concat(errChunks).toString(),
    until: async (what, holds, milliseconds = PATIENCE_MS) => wait(what, holds, () => open === 0, milliseconds),
    pause: () => stdout.pause(),
    resume: () => stdout.resume(),
    onChunk: (listener) => {
      chunkListeners.push(listener);
    },
    closeStdout: () => {
      stdout.destroy();
    },
    release: () => {
      stdout.destroy();
      stderr.destroy();
    },
    kill: (signal) => {
      child.kill(signal);
    },
    alive: () => ran === undefined,
    async ended(milliseconds = PATIENCE_MS) {
      await wait(
        'its end',
        () => open === 0,
        () => false,
        milliseconds,
      );
      if (failure !== undefined) throw new Error(`${file} could not be started`, { cause: failure });
      const { code, signal, ms } = ran ?? { code: null, signal: null, ms: 0 };
      return { code, signal, ms, stdout: Buffer.concat(outChunks), stderr: Buffer.concat(errChunks).toString() };
    },
  };
}

/** Enough of a text to see what went wrong. */
export function excerpt(text: string, length = 600): string {
  const flat = text.trim();
  return flat === ''
    ? '(nothing)'
    : JSON.stringify(flat.length <= length ? flat : `${flat.slice(0, length)} … ${flat.slice(-200)}`);
}
