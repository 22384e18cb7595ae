import { mkdir, open, rm, stat, type FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { createGzip, type Gzip } from 'node:zlib';
import { SystemError } from '../errors.ts';

/** Fast compression: one thread must keep up with the reader. */
const GZIP = { level: 1 };

/** One file of bare records, one a line, under construction. Its functions throw SystemError `batch-file`. */
export class BatchFile {
  readonly url: string;
  readonly path: string;
  readonly #handle: FileHandle;
  readonly #gzip: Gzip | undefined;
  /** What compresses and writes on its own; settled when the file is complete. */
  readonly #drained: Promise<void>;

  static async create(
    { folder, compression }: { readonly folder: string; readonly compression: 'none' | 'gzip' },
    name: string,
  ): Promise<BatchFile> {
    const path = join(folder, compression === 'gzip' ? `${name}.gz` : name);
    try {
      await makeFolder(folder);
      return new BatchFile(path, await open(path, 'wx'), compression);
    } catch (error) {
      throw failure(path, error);
    }
  }

  private constructor(path: string, handle: FileHandle, compression: 'none' | 'gzip') {
    this.path = path;
    this.url = pathToFileURL(path).href;
    this.#handle = handle;
    this.#gzip = compression === 'gzip' ? createGzip(GZIP) : undefined;
    this.#drained = this.#gzip === undefined ? Promise.resolve() : drain(this.#gzip, handle);
    // Whoever writes next, or finishes, hears of it.
    this.#drained.catch(() => undefined);
  }

  async write(bytes: Buffer): Promise<void> {
    const gzip = this.#gzip;
    try {
      if (gzip === undefined) await writeAll(this.#handle, bytes);
      else await Promise.race([new Promise<void>((resolve) => gzip.write(bytes, () => resolve())), failed(this.#drained)]);
    } catch (error) {
      throw failure(this.path, error);
    }
  }

  /** Completes and closes it. */
  async finish(): Promise<void> {
    try {
      this.#gzip?.end();
      await this.#drained;
      await this.#handle.close();
    } catch (error) {
      throw failure(this.path, error);
    }
  }

  /** Nobody was told of it: it goes. */
  async remove(): Promise<void> {
    this.#gzip?.destroy();
    await this.#drained.catch(() => undefined);
    await this.#handle.close();
    await rm(this.path, { force: true });
  }
}

/** Makes a folder and those above it. Not by Node's `recursive`, which never ends where a folder takes no other (as in /proc). */
async function makeFolder(folder: string, aboveIsThere = dirname(folder) === folder): Promise<void> {
  try {
    await mkdir(folder);
  } catch (error) {
    if (await isFolder(folder)) return;
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || aboveIsThere) throw error;
    await makeFolder(dirname(folder));
    await makeFolder(folder, true);
  }
}

async function isFolder(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  return found?.isDirectory() === true;
}

/** Settles only if the promise fails. */
function failed(promise: Promise<void>): Promise<never> {
  return new Promise((_, reject) => {
    promise.catch(reject);
  });
}

async function drain(gzip: Gzip, handle: FileHandle): Promise<void> {
  for await (const chunk of gzip as AsyncIterable<Buffer>) await writeAll(handle, chunk);
}

async function writeAll(handle: FileHandle, bytes: Buffer): Promise<void> {
  for (let at = 0; at < bytes.length;) at += (await handle.write(bytes, at)).bytesWritten;
}

function failure(path: string, cause: unknown): SystemError {
  const { code } = cause as NodeJS.ErrnoException;
  return new SystemError(`The batch file ${path} cannot be written${code === undefined ? '' : ` (${code})`}`, {
    code: 'batch-file',
    facts: { path },
    hint: 'See batch_config.storage.root: the folder must be writable and the disk must have room.',
    cause,
  });
}
