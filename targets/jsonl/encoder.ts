import { type ByteBlocks, createRecordScanner, type Encoder, type StreamHeader } from '../../singer/index.ts';
import { changesMember, recordBytes, withMembers } from './decorated-encoder.ts';

const NEWLINE = 0x0a;

/**
 * Keeps the bytes of a record as they came: numbers, key order and spacing included. Lines that the scanner finds valid are
 * not parsed at all.
 */
export function createEncoder(header: StreamHeader): Encoder {
  // Also right when records need not be valid: what the scanner refuses takes the general lane.
  const scanner = createRecordScanner(header, { validated: true });
  return {
    keepsUnnamed: true,
    encode(record, meta, out) {
      const row = meta.changes.length === 0 ? recordBytes(meta) : withMembers(record, meta, changesMember(meta));
      addLine(row, 0, row.length, out);
      scanner?.acceptUnknown();
    },
    ...(scanner && {
      encodeLines(chunk, start, end, out) {
        let at = start;
        while (at < end && scanner.scan(chunk, at, end)) {
          addLine(chunk, scanner.recordStart, scanner.recordEnd, out);
          at = scanner.lineEnd;
        }
        return at;
      },
    }),
  };
}

function addLine(bytes: Buffer, start: number, end: number, out: ByteBlocks): void {
  out.reserve(end - start + 1);
  out.append(bytes, start, end);
  out.bytes[out.used++] = NEWLINE;
  out.rows++;
}
