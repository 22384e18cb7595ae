import type { Batch } from '../../../singer/tap/index.ts';
import { recordsIn } from '../wire/output.ts';

const NEWLINE = 0x0a;

/** The batches as far as so many records go; all of them if the number is undefined. */
export async function* firstOf(count: number | undefined, batches: AsyncIterable<Batch>): AsyncGenerator<Batch, void> {
  let left = count ?? Infinity;
  for await (const batch of batches) {
    const records = recordsIn(batch);
    if (records < left) {
      left -= records;
      yield batch;
      continue;
    }
    yield records === left ? batch : cut(batch, left);
    return;
  }
}

/** The first records of a batch, with no word on how far it went. */
function cut({ lines, rows }: Batch, count: number): Batch {
  const ofLines = Math.min(count, lines?.records ?? 0);
  return {
    ...(lines === undefined ? {} : { lines: { bytes: firstLines(lines.bytes, ofLines), records: ofLines } }),
    ...(rows === undefined ? {} : { rows: rows.slice(0, count - ofLines) }),
  };
}

function firstLines(bytes: Buffer, count: number): Buffer {
  let end = 0;
  for (let line = 0; line < count; line++) end = bytes.indexOf(NEWLINE, end) + 1;
  return bytes.subarray(0, end);
}
