import type { ByteBlocks } from '../../singer/index.ts';
import type { Rows } from './rows.ts';

/** Bytes before each row: the number of its partition and the length of the row. */
export const FRAME_BYTES = 8;

/** Writes the frame of a row of `length` bytes; the caller has made room for both, so a frame and its row are never parted. */
export function writeFrame(out: ByteBlocks, partition: number, length: number): void {
  out.used = out.bytes.writeUInt32LE(partition, out.used);
  out.used = out.bytes.writeUInt32LE(length, out.used);
}

/** Sorts framed rows by partition. The blocks are only read, because a unit may be loaded again. */
export function byPartition(blocks: readonly Buffer[]): ReadonlyMap<number, Rows> {
  const sizes = new Map<number, { rows: number; bytes: number }>();
  eachRow(blocks, (_, partition, start, end) => {
    const size = sizes.get(partition);
    if (size === undefined) sizes.set(partition, { rows: 1, bytes: end - start });
    else {
      size.rows++;
      size.bytes += end - start;
    }
  });
  const sorted = new Map(
    [...sizes].map(([partition, { bytes }]) => [partition, { bytes: Buffer.allocUnsafeSlow(bytes), used: 0 }]),
  );
  eachRow(blocks, (block, partition, start, end) => {
    const into = sorted.get(partition)!;
    into.used += block.copy(into.bytes, into.used, start, end);
  });
  return new Map(
    [...sorted].map(([partition, { bytes }]) => [
      partition,
      { blocks: [bytes], rows: sizes.get(partition)!.rows, bytes: bytes.length },
    ]),
  );
}

function eachRow(blocks: readonly Buffer[], see: (block: Buffer, partition: number, start: number, end: number) => void): void {
  for (const block of blocks) {
    for (let at = 0; at < block.length;) {
      const start = at + FRAME_BYTES;
      const end = start + block.readUInt32LE(at + 4);
      see(block, block.readUInt32LE(at), start, end);
      at = end;
    }
  }
}
