import type { Clock, Json, RecordMeta, Row, TargetRun } from '../../../singer/index.ts';
import { DELETED_AT, METADATA_TYPES, type MetadataColumn } from '../types/types.ts';
import type { RowChanges } from './row-changes.ts';
import type { RowPlan } from './row-plan.ts';
import { valueWriter } from './values.ts';

export type Times = Pick<TargetRun, 'clock' | 'startedAt'>;

/** Members that are the same for all records read at one time. They stand first in a row and always take the same number of bytes. */
const CLOCK_TEXT: Readonly<Partial<Record<MetadataColumn, (times: Times) => string>>> = {
  _sdc_received_at: ({ clock }) => JSON.stringify(clock.receivedAt),
  _sdc_batched_at: ({ clock }) => JSON.stringify(clock.batchedAt),
  _sdc_sequence: ({ clock }) => String(clock.receivedAt.getTime()),
  _sdc_sync_started_at: ({ startedAt }) => String(startedAt.getTime()),
};

/** The values of the others. */
const RECORD_VALUE: Readonly<
  Partial<Record<MetadataColumn, (record: Row, meta: RecordMeta, changes: RowChanges) => Json | undefined>>
> = {
  _sdc_extracted_at: (_, meta) => meta.timeExtracted,
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

/** Gives the members of one record's metadata that are its own, a comma before each (general lane). */
export function recordMembers(plan: RowPlan, changes: RowChanges): (record: Row, meta: RecordMeta) => string {
  const writers = plan.metadata
    .filter((name) => RECORD_VALUE[name] !== undefined)
    .map((name) => {
      const column = { name, target: name, type: { type: METADATA_TYPES[name] } };
      return { name, write: valueWriter({ stream: plan.header.stream, column, changes }) };
    });
  return (record, meta) => {
    let text = '';
    for (const { name, write } of writers) {
      const value = write(RECORD_VALUE[name]!(record, meta, changes));
      if (value !== undefined) text += `,"${name}":${value}`;
    }
    return text;
  };
}
