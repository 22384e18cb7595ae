import { createHash } from 'node:crypto';
import { plainBytes } from './compression.ts';
import { createReadStream } from 'node:fs';

const NEWLINE = 0x0a;

/** Size of a file so far, and the SHA-256 of its bytes if that is asked for. A value: to add to it gives a new one. */
export class Measure {
  readonly rows: number;
  readonly bytes: number;
  readonly #hash: ReturnType<typeof createHash> | undefined;

  private constructor(rows: number, bytes: number, hash: ReturnType<typeof createHash> | undefined) {
    this.rows = rows;
    this.bytes = bytes;
    this.#hash = hash;
  }

  static empty(summed: boolean): Measure {
    return new Measure(0, 0, summed ? createHash('sha256') : undefined);
  }

  /** Reads a whole file; the rows are its lines, after decompression. */
  static async ofFile(path: string): Promise<Measure> {
    const { bytes, hash } = await read(path);
    let rows = 0;
    for await (const chunk of plainBytes(path)) {
      for (let at = chunk.indexOf(NEWLINE); at >= 0; at = chunk.indexOf(NEWLINE, at + 1)) rows++;
    }
    return new Measure(rows, bytes, hash);
  }

  plus(blocks: readonly Buffer[], rows: number): Measure {
    const hash = this.#hash?.copy();
    let bytes = this.bytes;
    for (const block of blocks) {
      hash?.update(block);
      bytes += block.length;
    }
    return new Measure(this.rows + rows, bytes, hash);
  }

  /** In hex; undefined if it was not asked for. */
  get sha256(): string | undefined {
    return this.#hash?.copy().digest('hex');
  }
}

/** Size of a file's bytes as they are, and their SHA-256 in hex. */
export async function sumOf(path: string): Promise<{ readonly bytes: number; readonly sha256: string }> {
  const { bytes, hash } = await read(path);
  return { bytes, sha256: hash.digest('hex') };
}

async function read(path: string): Promise<{ readonly bytes: number; readonly hash: ReturnType<typeof createHash> }> {
  let bytes = 0;
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
    hash.update(chunk);
    bytes += chunk.length;
  }
  return { bytes, hash };
}
