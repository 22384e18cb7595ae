import { createReadStream, fstatSync } from 'node:fs';
import { SystemError } from './errors.ts';

/** What a target reads. */
export interface Input extends AsyncIterable<Buffer> {
  /** Lets go of the stream, so that a writer who never ends does not keep the process alive. */
  close(): void;
}

/** Files come in pieces of this size; pipes never give more than the 64 KiB they hold. */
const FILE_CHUNK = 1024 * 1024;

/**
 * Opens the input: a file, or stdin. Stdin is Node's own stream for pipes and sockets: `fs.read(0)` would hold a thread
 * of the pool that even `process.exit` waits for.
 */
export function openInput(file: string | undefined): Input {
  const stream =
    file !== undefined
      ? createReadStream(file, { highWaterMark: FILE_CHUNK })
      : fstatSync(0).isFile()
        ? createReadStream('', { fd: 0, autoClose: false, highWaterMark: FILE_CHUNK })
        : process.stdin;
  return {
    async *[Symbol.asyncIterator]() {
      try {
        for await (const chunk of stream) yield chunk as Buffer;
      } catch (cause) {
        const code = (cause as NodeJS.ErrnoException).code ?? 'unknown';
        throw new SystemError(`The input ${file ?? 'on stdin'} cannot be read (${code})`, { code: 'input-unreadable', cause });
      }
    },
    close: () => void stream.destroy(),
  };
}
