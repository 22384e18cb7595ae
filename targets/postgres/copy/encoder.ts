import { type Encoder, propertyReader, RowChanges, type TargetRun } from '../../../singer/index.ts';
import { createLineEncoder } from './lines.ts';
import { DELETED_AT, metadataWriter } from './metadata.ts';
import type { ChangeReason, CopyOptions, CopyPlan, Need } from './plan.ts';
import { fieldWriter } from './values.ts';
import { CHANGES } from '../types/types.ts';

export type { ChangeReason, CopyColumn, CopyOptions, CopyPlan, Need, NulPolicy, TimePolicy } from './plan.ts';

/**
 * Makes the encoder of one stream: records to rows of COPY text (tab-separated, `\N` for null), in the order of the plan.
 * Throws RecordError for a value that its column cannot hold.
 */
export function createCopyEncoder(plan: CopyPlan, run: Pick<TargetRun, 'clock' | 'startedAt'>, options: CopyOptions): Encoder {
  const { header, columns, metadata, extra = [] } = plan;
  const { onNeed } = options;
  const changes = new RowChanges<ChangeReason>(withVisibleNul);
  let need: Need | undefined;
  const heard: CopyOptions = { ...options, onNeed: (wanted) => (need = wanted) };
  const fields = columns.map((column, i) => ({
    tab: i === 0 ? '' : '\t',
    read: propertyReader(column.name),
    write: fieldWriter({ stream: header.stream, column, type: column.pgType, options: heard, changes }),
  }));
  const metadataOf = metadataWriter(plan, run, heard, changes);
  const lines = extra.length > 0 ? undefined : createLineEncoder(plan, run, options);
  // Where rows have no notes yet, the first change asks for them.
  const asksForNotes = onNeed !== undefined && metadata.length > 0 && !metadata.includes(CHANGES);
  const general: Encoder = {
    ...(metadata.includes(DELETED_AT) ? { keepsUnnamed: new Set([DELETED_AT]) } : {}),
    encode(record, meta, out) {
      changes.clear();
      need = undefined;
      let row = '';
      for (const { tab, read, write } of fields) row += tab + write(read(record));
      if (metadata.length > 0) row += (fields.length > 0 ? '\t' : '') + metadataOf(record, meta).join('\t');
      if (asksForNotes && (changes.list.length > 0 || meta.changes.length > 0)) need ??= NOTES;
      if (need !== undefined && onNeed !== undefined) {
        onNeed(need);
        return 'changed';
      }
      out.appendText(`${row}\n`);
      out.rows++;
      if (changes.list.length > 0) for (const { target, reason } of changes.list) options.onChange(target, reason);
      lines?.general();
      return undefined;
    },
  };
  return lines === undefined ? general : { ...general, encodeLines: lines.encodeLines.bind(lines) };
}

const NOTES: Need = { kind: 'notes' };

/** What Postgres cannot store made visible. */
function withVisibleNul(text: string): string {
  return text.replaceAll('\0', String.raw`\u0000`);
}
