import { type Encoder, propertyReader, RecordError, type RecordMeta, RowChanges } from '../../../singer/index.ts';
import { CHANGES, DELETED_AT } from '../types/types.ts';
import { createLineEncoder } from './lines.ts';
import { clockMembers, extractedMember, recordMembers, type Times } from './metadata.ts';
import { type ChangeReason, MAX_ROW_BYTES, type RowOptions, type RowPlan } from './row-plan.ts';
import { valueWriter } from './values.ts';

/**
 * Makes the encoder of one stream: records to lines of JSON as load jobs read them, nulls left out. Throws RecordError for a value that
 * its column cannot hold.
 */
export function createRowEncoder(plan: RowPlan, run: Times, options: RowOptions): Encoder {
  const { header, columns, metadata, whole } = plan;
  const changes = new RowChanges<ChangeReason>();
  const clock = clockMembers(plan, run);
  const extracted = extractedMember(plan, changes);
  const ownMembers = recordMembers(plan, changes);
  const members = columns.map((column) => ({
    name: `,${JSON.stringify(column.target)}:`,
    read: propertyReader(column.name),
    write: valueWriter({ stream: header.stream, column, type: column.type.type, changes }),
  }));
  const wholeName = whole === undefined ? undefined : `,${JSON.stringify(whole)}:`;
  // Where rows have no notes yet, the first change asks for them.
  const asksForNotes = metadata.length > 0 && !metadata.includes(CHANGES);
  const lines = createLineEncoder(plan, run, options);
  const unnamed = whole !== undefined ? true : metadata.includes(DELETED_AT) ? new Set([DELETED_AT]) : undefined;
  return {
    ...(unnamed === undefined ? {} : { keepsUnnamed: unnamed }),
    encode(record, meta, out) {
      changes.clear();
      let data = extracted(record, meta);
      for (const { name, read, write } of members) {
        const value = write(read(record));
        if (value !== undefined) data += name + value;
      }
      if (wholeName !== undefined) data += wholeName + recordText(meta);
      // Behind the data, because what that has changed is known by now.
      const row = clock() + data + ownMembers(record, meta);
      if (asksForNotes && (changes.list.length > 0 || meta.changes.length > 0)) return 'changed';
      if (isTooLarge(row)) throw tooLarge(header.stream);
      out.appendText(row === '' ? '{}\n' : `{${row.slice(1)}}\n`);
      out.rows++;
      for (const { target, reason } of changes.list) options.onChange(target, reason);
      lines?.general();
      return undefined;
    },
    ...(lines && { encodeLines: lines.encodeLines.bind(lines) }),
  };
}

/** The record as it came, byte for byte. */
function recordText(meta: RecordMeta): string {
  const { recordStart, recordEnd } = meta;
  return meta.line.toString('utf8', recordStart, recordEnd);
}

function isTooLarge(row: string): boolean {
  return row.length > MAX_ROW_BYTES / 3 && Buffer.byteLength(row) > MAX_ROW_BYTES;
}

function tooLarge(stream: string): RecordError {
  return new RecordError(`A record of ${stream} makes a row that is larger than BigQuery takes`, {
    code: 'row-too-large',
    facts: { stream, max_bytes: MAX_ROW_BYTES },
    hint: 'Leave its large properties out in the tap, or cut them (truncate, in transforms).',
  });
}
