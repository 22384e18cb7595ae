import { fstatSync } from 'node:fs';
import { open } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { SystemError } from '../errors.ts';
import { FileInput } from './file-input.ts';
import { PipeInput } from './pipe-input.ts';

/** What a target reads. */
export interface Input extends AsyncIterable<Buffer> {
  /** Lets go of the stream, so that a writer who never ends does not keep the process alive. */
  readonly close: () => void;
}

/**
 * Opens the input: a file, or stdin. Each chunk is valid until the next one is asked for. Not by `fs.read(0)`: on a pipe
 * that would hold a thread of the pool, for which even `process.exit` waits.
 * @throws SystemError `input-unreadable` for a file that cannot be opened; its chunks throw the same
 */
export async function openInput(file: string | undefined): Promise<Input> {
  const name = file ?? 'on stdin';
  const { chunks, close } = file === undefined ? openStdin() : await openFile(file);
  return {
    async *[Symbol.asyncIterator]() {
      try {
        yield* chunks;
      } catch (cause) {
        throw unreadable(name, cause);
      }
    },
    close,
  };
}

async function openFile(file: string): Promise<Source> {
  try {
    const handle = await open(file);
    // A folder opens like a file; its stream says what is wrong.
    if (!(await handle.stat()).isFile()) return streamInput(handle.createReadStream());
    const { chunks, close } = fileInput(handle.fd);
    return {
      chunks,
      close: () => {
        close();
        // A read on its way fails then; nobody waits for it any more.
        handle.close().catch(() => undefined);
      },
    };
  } catch (cause) {
    throw unreadable(file, cause);
  }
}

function unreadable(name: string, cause: unknown): SystemError {
  const code = (cause as NodeJS.ErrnoException).code ?? 'unknown';
  return new SystemError(`The input ${name} cannot be read (${code})`, { code: 'input-unreadable', cause });
}

interface Source {
  readonly chunks: AsyncIterable<Buffer>;
  readonly close: () => void;
}

function openStdin(): Source {
  const stat = fstatSync(0);
  if (stat.isFile()) return fileInput(0);
  if (!stat.isFIFO() && !stat.isSocket()) return streamInput(process.stdin);
  const pipe = new PipeInput(0);
  return { chunks: pipe, close: () => pipe.close() };
}

function fileInput(descriptor: number): Source {
  const input = new FileInput(descriptor);
  return { chunks: input, close: () => input.close() };
}

function streamInput(stream: Readable): Source {
  return { chunks: stream as AsyncIterable<Buffer>, close: () => void stream.destroy() };
}
