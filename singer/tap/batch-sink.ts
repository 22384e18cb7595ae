import { randomBytes } from 'node:crypto';
import { mkdir, open, rm, stat, type FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { createGzip, type Gzip } from 'node:zlib';
import type { BatchSettings } from './batch-settings.ts';
import { SystemError } from '../errors.ts';
import { batchLine } from './messages.ts';
import type { RecordSink, SinkOptions } from './record-sink.ts';
import { unlessAborted } from './waiting.ts';

const NEWLINE = 0x0a;
/** Fast compression: one thread must keep up with the reader. */
const GZIP = { level: 1 };

/**
 * Writes bare records into files and names each in a BATCH message of the SDK's dialect as soon as it is closed: the target reads
 * one file while the next is written. A file holds no more records than the settings say.
 * Throws SystemError `batch-file` if a file cannot be written.
 */
export function batchSink(options: SinkOptions, settings: BatchSettings): RecordSink {
  const { stream, version, output, meter, signal } = options;
  // Streams of one run and runs of one folder never meet: the names hold the stream and a random part.
  const run = randomBytes(6).toString('hex');
  let files = 0;
  let file: BatchFile | undefined;
  let records = 0;
  let handedOn = 0;

  async function add(lines: Buffer, count: number): Promise<void> {
    if (file === undefined) {
      const name = `${settings.prefix}${fileName(stream)}-${run}-${String(++files).padStart(5, '0')}.jsonl`;
      file = await BatchFile.create(settings, name);
    }
    await file.write(lines);
    records += count;
    meter.records(stream, count, lines.length);
    signal.throwIfAborted();
    if (records >= settings.records) await flush();
  }

  async function flush(): Promise<void> {
    if (file === undefined) return;
    const { url } = file;
    await file.finish();
    file = undefined;
    handedOn += records;
    records = 0;
    const wait = output.write(batchLine({ stream, compression: settings.compression, url, version, extractedAt: new Date() }));
    if (wait !== undefined) await unlessAborted(wait, signal);
    signal.throwIfAborted();
  }

  return {
    head: '',
    tail: () => '\n',
    get handedOn() {
      return handedOn;
    },
    async write(lines, count) {
      // Cutting is dear: what does not fit begins the next file, unless it alone is too large for one.
      if (records > 0 && records + count > settings.records) await flush();
      let rest = lines;
      let left = count;
      while (left > settings.records) {
        const end = endOfLine(rest, settings.records);
        await add(rest.subarray(0, end), settings.records);
        rest = rest.subarray(end);
        left -= settings.records;
      }
      if (left > 0) await add(rest, left);
    },
    flush,
    async close() {
      await file?.remove();
      file = undefined;
    },
  };
}

/** A stream's name as part of a file name. */
function fileName(stream: string): string {
  return encodeURIComponent(stream).replaceAll('%', '_').slice(0, 100);
}

/** The offset after the line with this number, counted from 1. */
function endOfLine(lines: Buffer, number: number): number {
  let end = 0;
  for (let line = 0; line < number; line++) end = lines.indexOf(NEWLINE, end) + 1;
  return end;
}

/** One file under construction. */
class BatchFile {
  readonly url: string;
  readonly #path: string;
  readonly #handle: FileHandle;
  readonly #gzip: Gzip | undefined;
  /** What compresses and writes on its own; settled when the file is complete. */
  readonly #drained: Promise<void>;

  static async create({ folder, compression }: BatchSettings, name: string): Promise<BatchFile> {
    const path = join(folder, compression === 'gzip' ? `${name}.gz` : name);
    try {
      await makeFolder(folder);
      return new BatchFile(path, await open(path, 'wx'), compression);
    } catch (error) {
      throw failure(path, error);
    }
  }

  private constructor(path: string, handle: FileHandle, compression: 'none' | 'gzip') {
    this.#path = path;
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
      throw failure(this.#path, error);
    }
  }

  /** Completes and closes it. */
  async finish(): Promise<void> {
    try {
      this.#gzip?.end();
      await this.#drained;
      await this.#handle.close();
    } catch (error) {
      throw failure(this.#path, error);
    }
  }

  /** Nobody was told of it: it goes. */
  async remove(): Promise<void> {
    this.#gzip?.destroy();
    await this.#drained.catch(() => undefined);
    await this.#handle.close();
    await rm(this.#path, { force: true });
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
