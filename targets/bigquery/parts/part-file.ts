import { createReadStream } from 'node:fs';
import { open, rm, type FileHandle } from 'node:fs/promises';
import { SystemError } from '../../../singer/index.ts';
import { deflated, GZIP_HEAD, GzipSums } from './gzip.ts';

/** Blocks that are compressed at once: as many as the runtime has threads. */
const AT_ONCE = 4;

export interface PartFileOptions {
  readonly path: string;
  readonly compression: 'gzip' | 'none';
}

/** A place between two writes. */
interface Mark {
  readonly bytes: number;
  readonly before: GzipSums;
  readonly behind: GzipSums;
}

/**
 * Rows of one stream on their way to a load job, in a file: written in order, a few blocks at a time in memory. Between two writes it is
 * closed, so that there may be any number of them. All throw SystemError `disk`.
 */
export class PartFile {
  readonly #o: PartFileOptions;
  #sums = new GzipSums();
  #mark: Mark | undefined;
  #bytes = 0;

  constructor(options: PartFileOptions) {
    this.#o = options;
  }

  get path(): string {
    return this.#o.path;
  }

  /** On the disk. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Resolves when the blocks may be used again. */
  async write(blocks: Iterable<Buffer>): Promise<void> {
    await this.#withFile(async (file) => {
      if (this.#isGzip) return this.#compress(file, blocks);
      for (const block of blocks) await this.#append(file, block);
    });
  }

  async #compress(file: FileHandle, blocks: Iterable<Buffer>): Promise<void> {
    if (this.#bytes === 0) await this.#append(file, GZIP_HEAD);
    const waiting: Promise<Buffer>[] = [];
    try {
      for (const block of blocks) {
        this.#sums.add(block);
        this.#mark?.behind.add(block);
        waiting.push(deflated(block));
        if (waiting.length >= AT_ONCE) await this.#append(file, await waiting.shift()!);
      }
      while (waiting.length > 0) await this.#append(file, await waiting.shift()!);
    } finally {
      // A block is read until its result has come.
      await Promise.allSettled(waiting);
    }
  }

  /** What is written from here on may be parted from what came before: see `split`. Forgets an earlier mark. */
  mark(): void {
    this.#mark = { bytes: this.#bytes, before: this.#sums.copy(), behind: new GzipSums() };
  }

  /** Puts what was written behind the mark into a file of its own and gives that. */
  async split(path: string): Promise<PartFile> {
    const { before, behind, bytes } = this.#mark!;
    const file = new PartFile({ ...this.#o, path });
    await file.#withFile(async (handle) => {
      if (this.#isGzip) await file.#append(handle, GZIP_HEAD);
      for await (const chunk of createReadStream(this.path, { start: bytes, highWaterMark: 2 ** 18 }))
        await file.#append(handle, chunk as Buffer);
    });
    file.#sums = behind;
    await this.#withFile((handle) => handle.truncate(bytes));
    this.#bytes = bytes;
    this.#sums = before;
    this.#mark = undefined;
    return file;
  }

  /** The file is whole. */
  async end(): Promise<void> {
    if (this.#isGzip && this.#bytes > 0) await this.#withFile((file) => this.#append(file, this.#sums.end));
  }

  /** Deletes what was written. */
  async abandon(): Promise<void> {
    await rm(this.path, { force: true });
  }

  get #isGzip(): boolean {
    return this.#o.compression === 'gzip';
  }

  async #append(file: FileHandle, bytes: Buffer): Promise<void> {
    await file.writeFile(bytes);
    this.#bytes += bytes.length;
  }

  async #withFile(work: (file: FileHandle) => Promise<void>): Promise<void> {
    try {
      const file = await open(this.path, 'a', 0o600);
      try {
        await work(file);
      } finally {
        await file.close();
      }
    } catch (cause) {
      throw diskFault(this.path, cause);
    }
  }
}

/** Rows cannot be kept until they are loaded. */
export function diskFault(path: string, cause: unknown): SystemError {
  return new SystemError(`Rows cannot be written to ${path}`, {
    code: 'disk',
    facts: { cause: (cause as NodeJS.ErrnoException).code },
    hint: 'Make room on the disk, or set TMPDIR to a folder that has it; then run again: the state is safe.',
    cause,
  });
}
