import { promisify } from 'node:util';
import zlib from 'node:zlib';

/** The fastest level: the line is slower than it, higher ones are not. */
const LEVEL = 1;
/** Compressed in one piece as a rule, so that a block goes to another thread and back once. */
const OUT_BYTES = 128 * 1024;
/** RFC 1952: deflate, no name, no time, fastest, unknown system. */
export const GZIP_HEAD = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 4, 255]);
/** RFC 1951: an empty last block with fixed codes. */
const LAST_BLOCK = Buffer.from([0x03, 0x00]);

const deflateRaw = promisify<Buffer, object, Buffer>(zlib.deflateRaw);

/** Compresses one block; what comes out follows that of the block before. The block is read until the result has come. */
export function deflated(block: Buffer): Promise<Buffer> {
  // Flushed to whole bytes, without an end: the next block's follow.
  return deflateRaw(block, { level: LEVEL, chunkSize: OUT_BYTES, finishFlush: zlib.constants.Z_SYNC_FLUSH });
}

/**
 * What stands around compressed blocks in a gzip file. Each block is compressed for itself, on the threads of the runtime, so that many can
 * be at once and none needs memory between them; the file is `GZIP_HEAD`, the blocks in order, and the end.
 */
export class GzipSums {
  #crc = 0;
  #size = 0;

  add(block: Buffer): void {
    this.#crc = zlib.crc32(block, this.#crc);
    this.#size += block.length;
  }

  copy(): GzipSums {
    const copy = new GzipSums();
    copy.#crc = this.#crc;
    copy.#size = this.#size;
    return copy;
  }

  /** The end of a file with the blocks that were added. */
  get end(): Buffer {
    const end = Buffer.alloc(10);
    LAST_BLOCK.copy(end);
    end.writeUInt32LE(this.#crc, 2);
    end.writeUInt32LE(this.#size % 2 ** 32, 6);
    return end;
  }
}
