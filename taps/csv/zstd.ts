import { InputError } from '../../singer/tap/index.ts';
import { damaged, truncated } from './bad-data.ts';
import type { ByteSource } from './source.ts';
import { chunkSource, chunksOf, prefixed, READ_BYTES, readHead } from './source.ts';

/** A piece of input this small cannot become more than about 32 MiB at once, whatever it holds (four bytes may be a block). */
const PIECE_BYTES = 1024;
/** The window that `zstd` itself accepts unasked; larger ones only exist where somebody used `--long`. */
const MAX_WINDOW_BYTES = 128 * 1024 * 1024;
/** Longest block; RFC 8878, 3.1.1.2.4. */
const MAX_BLOCK_BYTES = 128 * 1024;
/** Longest frame header. */
const HEADER_BYTES = 18;
/** The code of fzstd's error for data that end too early. */
const UNEXPECTED_END = 5;

/**
 * Decompresses zstd, also of several frames. Not by Node's own decoder, where there is one: that ends in silence after the first
 * frame, and with data that are cut off (seen with 22.23 and 24.21). Checksums inside the frames are not looked at.
 */
export async function unzstd(source: ByteSource, key: string): Promise<ByteSource> {
  const { Decompress } = await import('fzstd');
  const head = await readHead(source, HEADER_BYTES);
  const window = windowBytes(head);
  if (window > MAX_WINDOW_BYTES) {
    throw new InputError(`${key}: the zstd data need a window of ${window} bytes`, {
      code: 'zstd-window',
      facts: { file: key, bytes: window, limit: MAX_WINDOW_BYTES },
      hint: 'Compress the file again without --long, or with --long=27 at most.',
    });
  }
  const input = prefixed(head, source);
  async function* chunks(): AsyncGenerator<Buffer> {
    const blocks: Buffer[] = [];
    const decoder = new Decompress((block) => {
      // The decoder itself would take two MiB out of four bytes.
      if (block.length > MAX_BLOCK_BYTES) throw damaged(key, 'zstd');
      if (block.length > 0) blocks.push(Buffer.from(block.buffer, block.byteOffset, block.length));
    });
    const push = (piece: Uint8Array, last: boolean): void => {
      try {
        decoder.push(piece, last);
      } catch (error) {
        if (error instanceof InputError) throw error;
        const cut = error instanceof Error && 'code' in error && error.code === UNEXPECTED_END;
        throw cut ? truncated(key, 'zstd', error) : damaged(key, 'zstd', error);
      }
    };
    for await (const chunk of chunksOf(input, READ_BYTES)) {
      for (let at = 0; at < chunk.length; at += PIECE_BYTES) {
        push(chunk.subarray(at, at + PIECE_BYTES), false);
        yield* blocks.splice(0);
      }
    }
    push(new Uint8Array(0), true);
    yield* blocks;
  }
  return chunkSource(chunks(), () => source.close());
}

/** Memory that the first frame asks for; RFC 8878, 3.1.1.1. 0 for a frame that holds no data. */
function windowBytes(head: Buffer): number {
  if (head.length < HEADER_BYTES || head.readUInt32LE(0) !== 0xfd2fb528) return 0;
  const descriptor = head[4]!;
  const single = (descriptor & 0x20) !== 0;
  if (!single) {
    const base = 2 ** (10 + (head[5]! >> 3));
    return base + (base / 8) * (head[5]! & 7);
  }
  const at = 5 + [0, 1, 2, 4][descriptor & 3]!;
  const sizes = [
    () => head[at]!,
    () => head.readUInt16LE(at) + 256,
    () => head.readUInt32LE(at),
    () => Number(head.readBigUInt64LE(at)),
  ];
  return sizes[descriptor >> 6]!();
}
