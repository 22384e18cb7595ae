import { type ByteBlocks, type Change, createRecordScanner, type Encoder, type StreamHeader } from '../../singer/index.ts';
import { changesIn } from './changes.ts';
import { changesMember, recordBytes, withMembers } from './decorated-encoder.ts';

const NEWLINE = 0x0a;

/**
 * Keeps the bytes of a record as they came: numbers, key order and spacing included. Lines that the scanner finds valid are
 * not parsed at all. `onChanges` hears what was changed in a record.
 */
export function createEncoder(header: StreamHeader, onChanges: (changes: readonly Change[]) => void): Encoder {
  // Also right when records need not be valid: what the scanner refuses takes the general lane.
  const scanner = createRecordScanner(header, { validated: true });
  return {
    keepsUnnamed: true,
    encode(record, meta, out) {
      const bytes = recordBytes(meta);
      const changes = changesIn(record, meta, bytes);
      const row = changes.length === 0 ? bytes : withMembers(record, meta, changesMember(changes));
      onChanges(changes);
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
