import { createReadStream } from 'node:fs';
import { open, rm, type FileHandle } from 'node:fs/promises';
import { SystemError } from '../../../singer/index.ts';
import { deflated, GZIP_HEAD, GzipSums } from './gzip.ts';

/** Blocks that are compressed at once: as many as the runtime has threads. */
const AT_ONCE = 4;

export interface PartFileOptions {
  readonly path: string;
  readonly compression: 'gzip' | 'none';
  /** A piece that has so many bytes on the disk is the last of its size: the next block begins another. Undefined: all is one piece. */
  readonly pieceBytes?: number | undefined;
}

/** A part of a file that is a whole file of rows by itself, from here to the next one. */
export interface Piece {
  /** Where it begins in the file. */
  readonly start: number;
  /** The same before compression. */
  readonly position: number;
}

/** All of a file. */
export const WHOLE: Piece = { start: 0, position: 0 };

/** A place between two writes. */
interface Mark {
  readonly bytes: number;
  readonly position: number;
  readonly before: GzipSums;
  /** Of what came since, in the piece that is written. */
  behind: GzipSums;
  /** Where the first piece that reaches over the mark ends, and how it would end if it began at the mark. */
  border: { readonly at: number; readonly end: Buffer } | undefined;
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
  /** Before compression. */
  #position = 0;
  #pieces: Piece[] = [];

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

  /** In order; their bytes are all of the file's. */
  get pieces(): readonly Piece[] {
    return this.#pieces;
  }

  /** Resolves when the blocks may be used again. */
  async write(blocks: Iterable<Buffer>): Promise<void> {
    await this.#withFile(async (file) => {
      if (this.#isGzip) return this.#compress(file, blocks);
      for (const block of blocks) await this.#appendBlock(file, block, block);
    });
  }

  async #compress(file: FileHandle, blocks: Iterable<Buffer>): Promise<void> {
    const waiting: (readonly [block: Buffer, compressed: Promise<Buffer>])[] = [];
    const next = async (): Promise<void> => {
      const [block, compressed] = waiting.shift()!;
      await this.#appendBlock(file, block, await compressed);
    };
    try {
      for (const block of blocks) {
        waiting.push([block, deflated(block)]);
        if (waiting.length >= AT_ONCE) await next();
      }
      while (waiting.length > 0) await next();
    } finally {
      // A block is read until its result has come.
      await Promise.allSettled(waiting.map(([, compressed]) => compressed));
    }
  }

  /** What is written from here on may be parted from what came before: see `split`. Forgets an earlier mark. */
  mark(): void {
    this.#mark = {
      bytes: this.#bytes,
      position: this.#position,
      before: this.#sums.copy(),
      behind: new GzipSums(),
      border: undefined,
    };
  }

  /** Puts what was written behind the mark into a file of its own and gives that. */
  async split(path: string): Promise<PartFile> {
    const { before, behind, border, bytes, position } = this.#mark!;
    const file = new PartFile({ ...this.#o, path });
    await file.#withFile(async (handle) => {
      if (this.#isGzip) await file.#append(handle, GZIP_HEAD);
      const shift = file.#bytes - bytes;
      for await (const chunk of createReadStream(this.path, { start: bytes, highWaterMark: 2 ** 18 }))
        await file.#append(handle, chunk as Buffer);
      const rest = this.#pieces.filter(({ start }) => start > bytes);
      file.#pieces = [WHOLE, ...rest.map((piece) => ({ start: piece.start + shift, position: piece.position - position }))];
      if (border !== undefined) await overwrite(path, border.end, border.at + shift);
    });
    file.#sums = behind;
    file.#position = this.#position - position;
    await this.#withFile((handle) => handle.truncate(bytes));
    this.#bytes = bytes;
    this.#position = position;
    this.#pieces = this.#pieces.filter(({ start }) => start < bytes);
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

  async #appendBlock(file: FileHandle, block: Buffer, bytes: Buffer): Promise<void> {
    await this.#beginPiece(file);
    if (this.#isGzip) {
      this.#sums.add(block);
      this.#mark?.behind.add(block);
    }
    await this.#append(file, bytes);
    this.#position += block.length;
  }

  /** The first one, or another where the last has its size. A piece never begins at the mark: there another file may. */
  async #beginPiece(file: FileHandle): Promise<void> {
    const last = this.#pieces.at(-1);
    if (last !== undefined) {
      const { pieceBytes = Infinity } = this.#o;
      if (this.#bytes - last.start < pieceBytes || this.#mark?.position === this.#position) return;
      if (this.#isGzip) await this.#endPiece(file);
    }
    this.#pieces.push({ start: this.#bytes, position: this.#position });
    if (this.#isGzip) await this.#append(file, GZIP_HEAD);
  }

  async #endPiece(file: FileHandle): Promise<void> {
    if (this.#mark !== undefined) {
      this.#mark.border ??= { at: this.#bytes, end: this.#mark.behind.end };
      this.#mark.behind = new GzipSums();
    }
    await this.#append(file, this.#sums.end);
    this.#sums = new GzipSums();
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

/** A file that is open for appending is written at its end only. */
async function overwrite(path: string, bytes: Buffer, at: number): Promise<void> {
  const file = await open(path, 'r+');
  try {
    await file.write(bytes, 0, bytes.length, at);
  } finally {
    await file.close();
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
