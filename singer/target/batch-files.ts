import { constants } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { createGunzip } from 'node:zlib';
import type { BatchFile } from './batch-message.ts';
import { InputError, SystemError, TaplineError } from '../errors.ts';
import { FileInput } from '../shell/file-input.ts';

/** Bytes of a packed file read and unpacked at a time. */
const CHUNK_BYTES = 64 * 1024;
/** A pipe that nobody writes to would keep us waiting already when it is opened; files do not mind the flag, Windows has none. */
const READING = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0);

/** A BATCH file that is open for reading. */
export interface OpenFile {
  readonly path: string;
  /** Unpacked. Each chunk is valid until the next one is asked for; the file is closed when they end or nobody wants more. */
  readonly chunks: AsyncGenerator<Buffer>;
}

/** Opens a file of a BATCH. It and its chunks throw SystemError or InputError `batch-file`, with the path, for one that cannot be read. */
export async function openBatchFile(file: BatchFile): Promise<OpenFile> {
  const { path, handle } = await openEither(file);
  // Anything else than a file may keep us waiting for ever.
  if ((await handle.stat()).isFile()) return { path, chunks: chunksOf(path, handle, file.gzip) };
  await handle.close();
  throw unreadable(path, 'no file');
}

/** A URL may be escaped or not; the file tells. */
async function openEither({ path, literal }: BatchFile): Promise<{ path: string; handle: FileHandle }> {
  try {
    return { path, handle: await open(path, READING) };
  } catch (cause) {
    if (literal === undefined || codeOf(cause) !== 'ENOENT') throw unreadable(path, cause);
  }
  try {
    return { path: literal, handle: await open(literal, READING) };
  } catch (cause) {
    throw unreadable(path, cause);
  }
}

async function* chunksOf(path: string, handle: FileHandle, gzip: boolean): AsyncGenerator<Buffer> {
  try {
    yield* gzip ? unpacked(path, handle) : new FileInput(handle.fd);
  } catch (cause) {
    throw cause instanceof TaplineError ? cause : unreadable(path, cause);
  } finally {
    await handle.close();
  }
}

async function* unpacked(path: string, handle: FileHandle): AsyncGenerator<Buffer> {
  const file = handle.createReadStream({ highWaterMark: CHUNK_BYTES, autoClose: false });
  const gunzip = createGunzip({ chunkSize: CHUNK_BYTES });
  file.once('error', (cause) => gunzip.destroy(cause));
  file.pipe(gunzip);
  try {
    for await (const chunk of gunzip) yield chunk as Buffer;
    // Node takes no bytes for a whole gzip file.
    if (file.bytesRead === 0) throw unreadable(path, 'Z_BUF_ERROR');
  } finally {
    gunzip.destroy();
    file.destroy();
  }
}

/** `cause`: an error, or a code for what no error was thrown for. */
function unreadable(path: string, cause: unknown): InputError | SystemError {
  const code = typeof cause === 'string' ? cause : codeOf(cause);
  const facts = { file: path, cause: code };
  const thrown = cause instanceof Error ? { cause } : {};
  if (code.startsWith('Z_')) {
    return new InputError(`The BATCH file ${path} is damaged or no gzip file (${code})`, {
      code: 'batch-file',
      facts,
      ...thrown,
      hint: 'See why the tap wrote it so, then run again: no later state has left.',
    });
  }
  return new SystemError(`The BATCH file ${path} cannot be read (${code})`, {
    code: 'batch-file',
    facts,
    ...thrown,
    hint: 'The tap and the target must see the same files, and a file must stay until it is loaded.',
  });
}

function codeOf(cause: unknown): string {
  return (cause as NodeJS.ErrnoException).code ?? 'unknown';
}
