import type { ByteBlocks, Encoder } from '../../../singer/index.ts';

/** An encoder that tells how many rows it has written. */
export function counted(encoder: Encoder, onRows: (rows: number) => void): Encoder {
  const count = <Result>(out: ByteBlocks, write: () => Result): Result => {
    const before = out.rows;
    const result = write();
    onRows(out.rows - before);
    return result;
  };
  return {
    ...encoder,
    encode: (record, meta, out) => count(out, () => encoder.encode(record, meta, out)),
    ...(encoder.encodeLines && {
      encodeLines: (chunk, start, end, out) => count(out, () => encoder.encodeLines!(chunk, start, end, out)),
    }),
  };
}
