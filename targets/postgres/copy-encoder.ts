import type { ByteBlocks, Encoder, Json, Row, TargetRun } from '../../singer/index.ts';
import { createLineEncoder } from './copy-lines.ts';
import { DELETED_AT, metadataWriter } from './copy-metadata.ts';
import type { CopyOptions, CopyPlan, Need } from './copy-plan.ts';
import { fieldWriter } from './copy-values.ts';
import { RowChanges } from './row-changes.ts';
import { CHANGES } from './types.ts';

export type { ChangeReason, CopyColumn, CopyOptions, CopyPlan, Need, NulPolicy, TimePolicy } from './copy-plan.ts';

/** Up to this length the worst case (three bytes for each character) is reserved without counting. */
const SHORT_TEXT = 64 * 1024;

/**
 * Makes the encoder of one stream: records to rows of COPY text (tab-separated, `\N` for null), in the order of the plan.
 * Throws RecordError for a value that its column cannot hold.
 */
export function createCopyEncoder(plan: CopyPlan, run: Pick<TargetRun, 'clock' | 'startedAt'>, options: CopyOptions): Encoder {
  const { header, columns, metadata, extra = [] } = plan;
  const { onNeed } = options;
  const changes = new RowChanges();
  const fields = columns.map((column, i) => ({
    tab: i === 0 ? '' : '\t',
    read: reader(column.name),
    write: fieldWriter({ stream: header.stream, column, options, changes }),
  }));
  const metadataOf = metadataWriter(plan, run, options, changes);
  const lines = extra.length > 0 ? undefined : createLineEncoder(plan, run, options);
  // Where rows have no notes yet, the first change asks for them.
  const asksForNotes = onNeed !== undefined && metadata.length > 0 && !metadata.includes(CHANGES);
  const general: Encoder = {
    ...(metadata.includes(DELETED_AT) ? { keepsUnnamed: new Set([DELETED_AT]) } : {}),
    encode(record, meta, out) {
      changes.clear();
      let row = '';
      for (const { tab, read, write } of fields) row += tab + write(read(record));
      if (metadata.length > 0) row += (fields.length > 0 ? '\t' : '') + metadataOf(record, meta).join('\t');
      const need = changes.need ?? (asksForNotes && (changes.list.length > 0 || meta.changes.length > 0) ? NOTES : undefined);
      if (need !== undefined && onNeed !== undefined) {
        onNeed(need);
        return 'changed';
      }
      appendText(`${row}\n`, out);
      out.rows++;
      if (changes.list.length > 0) for (const { target, reason } of changes.list) options.onChange(target, reason);
      lines?.general();
      return undefined;
    },
  };
  return lines === undefined ? general : { ...general, encodeLines: lines.encodeLines.bind(lines) };
}

const NOTES: Need = { kind: 'notes' };

/** Reads a property; one with the name of an inherited member only if it is the record's own. */
function reader(name: string): (record: Row) => Json | undefined {
  return name in Object.prototype
    ? (record) => (Object.hasOwn(record, name) ? record[name] : undefined)
    : (record) => record[name];
}

function appendText(text: string, out: ByteBlocks): void {
  out.reserve(text.length <= SHORT_TEXT ? text.length * 3 : Buffer.byteLength(text));
  out.used += out.bytes.write(text, out.used, 'utf8');
}
