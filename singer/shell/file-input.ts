import { read } from 'node:fs';
import { promisify } from 'node:util';

const CHUNK_BYTES = 1024 * 1024;

/**
 * Reads a file into two buffers that take turns: one is being filled while the other one is with the reader. A chunk is
 * valid until the next one is asked for. A stream would make a new buffer per read, which costs memory without need.
 */
export class FileInput implements AsyncIterable<Buffer> {
  readonly #descriptor: number;
  #closed = false;

  /** The descriptor of a regular file, which stays open. */
  constructor(descriptor: number) {
    this.#descriptor = descriptor;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Buffer, void> {
    let filling = Buffer.allocUnsafeSlow(CHUNK_BYTES);
    let given = Buffer.allocUnsafeSlow(CHUNK_BYTES);
    let reading = this.#read(filling);
    try {
      while (!this.#closed) {
        const { bytesRead } = await reading;
        if (bytesRead === 0) return;
        [filling, given] = [given, filling];
        reading = this.#read(filling);
        yield given.subarray(0, bytesRead);
      }
    } finally {
      // Whoever stopped asking does not want its failure, but the descriptor may be closed only after it.
      await reading.catch(() => undefined);
    }
  }

  /** Reads no more. */
  close(): void {
    this.#closed = true;
  }

  #read(buffer: Buffer): Promise<{ bytesRead: number }> {
    const reading = promisify(read)(this.#descriptor, buffer, 0, CHUNK_BYTES, null);
    reading.catch(() => undefined);
    return reading;
  }
}
