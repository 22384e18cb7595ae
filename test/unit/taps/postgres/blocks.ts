import { ROW_GAP, RowFrames, type CopyBlock } from '../../../../clients/postgres/row-frames.ts';

/** A block of these rows, which end with a newline, as it comes from the server. */
export function blockOf(rows: readonly string[]): CopyBlock {
  const frames = new RowFrames(() => undefined);
  for (const row of rows) {
    const body = Buffer.from(row);
    const head = Buffer.alloc(ROW_GAP);
    head.write('d');
    head.writeUInt32BE(body.length + 4, 1);
    frames.push(Buffer.concat([head, body]));
  }
  return frames.take() ?? { bytes: Buffer.alloc(0), starts: Int32Array.of(ROW_GAP), rows: 0 };
}
