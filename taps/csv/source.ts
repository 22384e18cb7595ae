import type { FileHandle } from 'node:fs/promises';
import { systemError } from './refusal.ts';

/** Piece in which compressed or coded files are read. */
export const READ_BYTES = 64 * 1024;

/** Bytes by pull, in order. */
export interface ByteSource {
  /** Puts at most `length` bytes into `target` at `offset`; gives how many, 0 at the end. */
  read(target: Buffer, offset: number, length: number): Promise<number>;
  close(): Promise<void>;
}

/** The bytes of an open file from where it stands. Throws SystemError, which names the file. */
export function fileSource(handle: FileHandle, key: string): ByteSource {
  return {
    async read(target, offset, length) {
      try {
        return (await handle.read(target, offset, length, null)).bytesRead;
      } catch (error) {
        throw systemError(key, error);
      }
    },
    close: () => handle.close(),
  };
}

/** The `length` bytes from `start` of an open file; the end of the file before them is the end of the source. */
export function rangeSource(handle: FileHandle, key: string, start: number, length: number): ByteSource {
  let at = start;
  const end = start + length;
  return {
    async read(target, offset, wanted) {
      const count = Math.min(wanted, end - at);
      if (count === 0) return 0;
      try {
        const { bytesRead } = await handle.read(target, offset, count, at);
        at += bytesRead;
        return bytesRead;
      } catch (error) {
        throw systemError(key, error);
      }
    },
    close: () => handle.close(),
  };
}

/** The bytes of a stream of chunks; `release` is called once at the end. */
export function chunkSource(chunks: AsyncIterable<Buffer>, release: () => Promise<void>): ByteSource {
  const iterator = chunks[Symbol.asyncIterator]();
  let chunk: Buffer = Buffer.alloc(0);
  let closed = false;
  return {
    async read(target, offset, length) {
      while (chunk.length === 0) {
        const next = await iterator.next();
        if (next.done === true) return 0;
        chunk = next.value;
      }
      const count = Math.min(length, chunk.length);
      chunk.copy(target, offset, 0, count);
      chunk = chunk.subarray(count);
      return count;
    },
    async close() {
      if (closed) return;
      closed = true;
      await iterator.return?.();
      await release();
    },
  };
}

/** The source with bytes that were read ahead put before it. */
export function prefixed(head: Buffer, source: ByteSource): ByteSource {
  let rest = head;
  return {
    async read(target, offset, length) {
      if (rest.length === 0) return source.read(target, offset, length);
      const count = Math.min(length, rest.length);
      rest.copy(target, offset, 0, count);
      rest = rest.subarray(count);
      return count;
    },
    close: () => source.close(),
  };
}

/** Takes the first `count` bytes (fewer at the end) off the source. */
export async function readHead(source: ByteSource, count: number): Promise<Buffer> {
  const head = Buffer.alloc(count);
  let have = 0;
  while (have < count) {
    const got = await source.read(head, have, count - have);
    if (got === 0) break;
    have += got;
  }
  return head.subarray(0, have);
}

/** The source as chunks, each its own buffer. Ends the source when it is left. */
export async function* chunksOf(source: ByteSource, chunkBytes: number): AsyncGenerator<Buffer> {
  for (;;) {
    const chunk = Buffer.allocUnsafe(chunkBytes);
    const got = await source.read(chunk, 0, chunkBytes);
    if (got === 0) return;
    yield chunk.subarray(0, got);
  }
}
