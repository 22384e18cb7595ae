import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { rm, stat } from 'node:fs/promises';
import { finished } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { SystemError } from '../../../singer/index.ts';

const NEWLINE = 0x0a;
/** The fastest level: the disk and the line are slower than it, higher ones are not. */
const GZIP_LEVEL = 1;

/** A file of rows on the disk that waits for its load job. */
export interface Written {
  readonly path: string;
  readonly bytes: number;
  readonly rows: number;
  /** SHA-256 of the rows, without what tells of our clock. */
  readonly digest: string;
}

export interface PartFileOptions {
  readonly path: string;
  readonly compression: 'gzip' | 'none';
  /** Bytes at the start of each row, its brace included, that tell of our clock. */
  readonly clockBytes: number;
}

/** Rows of one stream on their way to a load job, in a file; written in order, with no more in memory than a block. */
export class PartFile {
  readonly #o: PartFileOptions;
  readonly #file;
  readonly #into;
  readonly #hash = createHash('sha256');
  readonly #ended: Promise<void>;
  #rows = 0;
  /** Where the next byte stands in its row. */
  #column = 0;

  constructor(options: PartFileOptions) {
    this.#o = options;
    this.#file = createWriteStream(options.path, { mode: 0o600, flags: 'wx' });
    const gzip = options.compression === 'gzip' ? createGzip({ level: GZIP_LEVEL }) : undefined;
    gzip?.pipe(this.#file);
    this.#into = gzip ?? this.#file;
    this.#ended = finished(this.#file).catch((cause: unknown) => {
      throw diskFault(options.path, cause);
    });
    // It is looked at by whoever waits next.
    this.#ended.catch(() => undefined);
  }

  /** Resolves when the blocks may be used again. Throws SystemError `disk`. */
  async write(blocks: readonly Buffer[], rows: number): Promise<void> {
    for (const block of blocks) {
      this.#digest(block);
      // A block is the writer's only until its bytes are taken over.
      await Promise.race([this.#ended, new Promise<void>((resolve) => this.#into.write(block, () => resolve()))]);
      if (this.#into.writableNeedDrain) await Promise.race([this.#ended, once(this.#into, 'drain')]);
    }
    this.#rows += rows;
  }

  /** The file is whole. */
  async end(): Promise<Written> {
    this.#into.end();
    await this.#ended;
    const { path } = this.#o;
    return { path, bytes: (await stat(path)).size, rows: this.#rows, digest: this.#hash.digest('hex') };
  }

  /** Gives up what was written. */
  async abandon(): Promise<void> {
    this.#into.destroy();
    this.#file.destroy();
    await rm(this.#o.path, { force: true });
  }

  /** Adds the rows without the bytes of our clock, so that the same rows have the same digest in every run. */
  #digest(block: Buffer): void {
    const { clockBytes } = this.#o;
    if (clockBytes === 0) {
      this.#hash.update(block);
      return;
    }
    let at = 0;
    while (at < block.length) {
      // The clock stands behind the brace; a row may begin in one block and go on in the next.
      const skip = Math.max(0, Math.min(clockBytes - this.#column, block.length - at));
      const start = at + skip;
      const newline = block.indexOf(NEWLINE, start);
      const end = newline < 0 ? block.length : newline + 1;
      if (end > start) this.#hash.update(block.subarray(start, end));
      this.#column = newline < 0 ? this.#column + (end - at) : 0;
      at = end;
    }
  }
}

function diskFault(path: string, cause: unknown): SystemError {
  return new SystemError(`Rows cannot be written to ${path}`, {
    code: 'disk',
    facts: { cause: (cause as NodeJS.ErrnoException).code },
    hint: 'Make room on the disk, or set TMPDIR to a folder that has it; then run again: the state is safe.',
    cause,
  });
}
