import { SystemError } from '../errors.ts';
import type { Output } from '../output.ts';

/** What is needed of `process.stdout`. */
export interface WritableOutput {
  readonly writableLength: number;
  write(bytes: Buffer | string, done?: (error?: Error | null) => void): boolean;
  on(event: 'error', listener: (error: Error) => void): unknown;
  on(event: 'drain' | 'close', listener: () => void): unknown;
}

/** A file takes everything at once; after this much of it the event loop turns, or no signal and no timer would get through. */
const TURN_BYTES = 1024 * 1024;

/**
 * Messages to stdout with backpressure. `process.stdout` it is, not `fs.write(1)`: a pipe whose reader sleeps would hold
 * a thread of the pool that even `process.exit` waits for. Write about 64 KiB at a time: that is what a pipe holds, and
 * larger pieces make reader and writer wait for each other (measured: 64 KiB 1.2 s, 256 KiB 1.75 s for the same work).
 */
export function createOutput(stream: WritableOutput): Output {
  let failure: Error | undefined;
  let waiting: PromiseWithResolvers | undefined;
  let sinceTurn = 0;

  const fail = (cause: Error | undefined): void => {
    failure ??= outputFailure(cause);
    waiting?.reject(failure);
    waiting = undefined;
  };
  // Without a listener a closed pipe ends the process with a stack trace.
  stream.on('error', fail);
  stream.on('close', () => fail(undefined));
  stream.on('drain', () => {
    waiting?.resolve();
    waiting = undefined;
  });

  return {
    write(bytes) {
      if (failure !== undefined) throw failure;
      if (!stream.write(bytes)) {
        sinceTurn = 0;
        waiting ??= withResolvers();
        return waiting.promise;
      }
      sinceTurn += bytes.length;
      if (sinceTurn < TURN_BYTES) return undefined;
      sinceTurn = 0;
      return new Promise((resolve) => void setImmediate(resolve));
    },
    queued: () => stream.writableLength,
    flush() {
      if (failure !== undefined) return Promise.reject(failure);
      return new Promise((resolve, reject) => {
        stream.write('', (error) => {
          if (error) fail(error);
          if (failure === undefined) resolve();
          else reject(failure);
        });
      });
    },
  };
}

function outputFailure(cause: NodeJS.ErrnoException | undefined): SystemError {
  const { code } = cause ?? {};
  if (cause === undefined || code === 'EPIPE' || code === 'ECONNRESET' || code === 'ERR_STREAM_DESTROYED') {
    return new SystemError('The reader of the output went away', { code: 'output-closed', cause });
  }
  return new SystemError(`The output cannot be written (${code ?? cause.name})`, {
    code: 'output-failed',
    cause,
    hint: 'See whether the disk is full or the file is writable, then run again.',
  });
}

interface PromiseWithResolvers {
  readonly promise: Promise<void>;
  resolve(): void;
  reject(error: Error): void;
}

/** `Promise.withResolvers` came after Node 20. */
function withResolvers(): PromiseWithResolvers {
  let resolve!: () => void;
  let reject!: (error: Error) => void;
  const promise = new Promise<void>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  // Several writers may have gone by the time it fails; one that waits still sees it.
  promise.catch(() => undefined);
  return { promise, resolve, reject };
}
