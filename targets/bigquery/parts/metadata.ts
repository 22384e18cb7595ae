import type { Clock, Json, RecordMeta, Row, RowChanges, TargetRun } from '../../../singer/index.ts';
import { DELETED_AT, METADATA_TYPES, type MetadataColumn } from '../types/types.ts';
import type { ChangeReason, RowPlan } from './row-plan.ts';
import { valueWriter } from './values.ts';

export type Times = Pick<TargetRun, 'clock' | 'startedAt'>;

/** Members that are the same for all records read at one time. They stand first in a row and always take the same number of bytes. */
const CLOCK_TEXT: Readonly<Partial<Record<MetadataColumn, (times: Times) => string>>> = {
  _sdc_received_at: ({ clock }) => JSON.stringify(clock.receivedAt),
  _sdc_batched_at: ({ clock }) => JSON.stringify(clock.batchedAt),
  _sdc_sequence: ({ clock }) => String(clock.receivedAt.getTime()),
  _sdc_sync_started_at: ({ startedAt }) => String(startedAt.getTime()),
};

/** Stands behind the clock's members, where a record tells when it was read: it differs where the same record is read again. */
export const EXTRACTED_AT = '_sdc_extracted_at' satisfies MetadataColumn;

/** The values of the others. */
const RECORD_VALUE: Readonly<
  Partial<Record<MetadataColumn, (record: Row, meta: RecordMeta, changes: RowChanges<ChangeReason>) => Json | undefined>>
> = {
  _sdc_deleted_at: (record) => record[DELETED_AT],
  _sdc_table_version: (_, meta) => meta.version,
  _sdc_changes: (_, meta, changes) => changes.notes(meta.changes),
};

/** The clock's members as text, a comma before each; made anew only when the clock has moved. */
export function clockMembers({ metadata }: Pick<RowPlan, 'metadata'>, run: Times): () => string {
  const names = metadata.filter((name) => CLOCK_TEXT[name] !== undefined);
  let seen: Partial<Clock> = {};
  let text = '';
  return () => {
    const { receivedAt, batchedAt } = run.clock;
    if (receivedAt !== seen.receivedAt || batchedAt !== seen.batchedAt) {
      seen = { receivedAt, batchedAt };
      text = names.map((name) => `,"${name}":${CLOCK_TEXT[name]!(run)}`).join('');
    }
    return text;
  };
}

/** Bytes at the start of every row of a plan, its brace included, that tell of our clock and not of the record. */
export function clockBytes(plan: Pick<RowPlan, 'metadata'>, run: Times): number {
  return clockMembers(plan, run)().length;
}

type MemberWriter = (record: Row, meta: RecordMeta) => string;

/** Gives the member that tells when a record was read, a comma before it, or nothing (general lane). */
export function extractedMember(plan: RowPlan, changes: RowChanges<ChangeReason>): MemberWriter {
  if (!plan.metadata.includes(EXTRACTED_AT)) return () => '';
  const write = memberWriter(plan, EXTRACTED_AT, changes);
  return (_, meta) => write(meta.timeExtracted);
}

/** Gives the members of one record's metadata that are its own, a comma before each (general lane). */
export function recordMembers(plan: RowPlan, changes: RowChanges<ChangeReason>): MemberWriter {
  const writers = plan.metadata.flatMap((name) => {
    const read = RECORD_VALUE[name];
    return read === undefined ? [] : [{ read, write: memberWriter(plan, name, changes) }];
  });
  return (record, meta) => {
    let text = '';
    for (const { read, write } of writers) text += write(read(record, meta, changes));
    return text;
  };
}

function memberWriter(
  { header }: RowPlan,
  name: MetadataColumn,
  changes: RowChanges<ChangeReason>,
): (value: Json | undefined) => string {
  const type = METADATA_TYPES[name];
  const write = valueWriter({ stream: header.stream, column: { name, target: name, type: { type } }, type, changes });
  return (value) => {
    const text = write(value);
    return text === undefined ? '' : `,"${name}":${text}`;
  };
}
