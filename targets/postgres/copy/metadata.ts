import type { Clock, Column, Json, RecordMeta, Row, RowChanges, TargetRun } from '../../../singer/index.ts';
import type { ChangeReason, CopyOptions, CopyPlan } from './plan.ts';
import { fieldWriter, NULL } from './values.ts';
import { METADATA_TYPES, type MetadataColumn } from '../types/types.ts';

/** The property that says when a record was deleted at its source; taps of logs send it, in no schema. */
export const DELETED_AT = '_sdc_deleted_at';

type Times = Pick<TargetRun, 'clock' | 'startedAt'>;

/** COPY text of metadata columns whose value is the same for all records that are read at one time. */
const CLOCK_TEXT: Readonly<Partial<Record<MetadataColumn, (times: Times) => string>>> = {
  _sdc_received_at: ({ clock }) => clock.receivedAt.toISOString(),
  _sdc_batched_at: ({ clock }) => clock.batchedAt.toISOString(),
  _sdc_sequence: ({ clock }) => String(clock.receivedAt.getTime()),
  _sdc_sync_started_at: ({ startedAt }) => String(startedAt.getTime()),
};

/** The values of the others. */
const RECORD_VALUE: Readonly<
  Partial<Record<MetadataColumn, (record: Row, meta: RecordMeta, context: Context) => Json | undefined>>
> = {
  _sdc_extra: (record, _, { plan }) => extraOf(record, plan.extra ?? []),
  _sdc_extracted_at: (_, meta) => meta.timeExtracted,
  _sdc_deleted_at: (record) => record[DELETED_AT],
  _sdc_table_version: (_, meta) => meta.version,
  // The last column: what the ones before it have changed is known by now.
  _sdc_changes: (_, meta, { changes }) => changes.notes(meta.changes),
};

interface Context {
  readonly plan: CopyPlan;
  readonly changes: RowChanges<ChangeReason>;
}

/** The properties that share a column, as far as the record has them. */
function extraOf(record: Row, properties: readonly Column[]): Json | undefined {
  const members = properties.flatMap(({ name }) => {
    const value = Object.hasOwn(record, name) ? record[name] : undefined;
    return value === undefined || value === null ? [] : [[name, value] as const];
  });
  return members.length === 0 ? undefined : Object.fromEntries(members);
}

/** Tells when something made from the run's clock is out of date: times as text are too dear to be made for each record. */
export class ClockWatch {
  #receivedAt: Date | undefined;
  #batchedAt: Date | undefined;

  /** True at the first call and whenever the clock has moved since the last. */
  moved({ receivedAt, batchedAt }: Clock): boolean {
    if (receivedAt === this.#receivedAt && batchedAt === this.#batchedAt) return false;
    this.#receivedAt = receivedAt;
    this.#batchedAt = batchedAt;
    return true;
  }
}

/** Gives the COPY texts of the metadata columns of one record (general lane). */
export function metadataWriter(
  plan: CopyPlan,
  run: Times,
  options: CopyOptions,
  changes: RowChanges<ChangeReason>,
): (record: Row, meta: RecordMeta) => string[] {
  const watch = new ClockWatch();
  const { metadata, header } = plan;
  const context = { plan, changes };
  const inUtc = { ...options, timeZone: 'UTC' };
  const writers = metadata.map((name) => {
    const column = { name, target: name };
    return fieldWriter({ stream: header.stream, column, type: METADATA_TYPES[name], options: inUtc, changes });
  });
  let times: readonly (string | undefined)[] = [];
  return (record, meta) => {
    if (watch.moved(run.clock)) times = metadata.map((name) => CLOCK_TEXT[name]?.(run));
    return metadata.map((name, i) => times[i] ?? writers[i]!(RECORD_VALUE[name]!(record, meta, context)));
  };
}

/** A piece of the metadata columns' text: bytes that are the same for many records, then a column that is not. */
export interface MetadataPiece {
  /** The bytes as little-endian words, the last one filled up, and how many count. */
  readonly words: Int32Array;
  readonly size: number;
  readonly then: '_sdc_extracted_at' | '_sdc_table_version' | undefined;
}

/**
 * The metadata columns' text in pieces, for records without a deletion time (fast lane). Each field begins with its tab,
 * unless it is the row's first.
 */
export function metadataPieces(metadata: readonly MetadataColumn[], first: boolean, run: Times): MetadataPiece[] {
  const pieces: MetadataPiece[] = [];
  let text = '';
  metadata.forEach((name, i) => {
    if (i > 0 || !first) text += '\t';
    if (name === '_sdc_extracted_at' || name === '_sdc_table_version') {
      pieces.push(pieceOf(text, name));
      text = '';
    } else text += CLOCK_TEXT[name]?.(run) ?? NULL;
  });
  return [...pieces, pieceOf(`${text}\n`, undefined)];
}

function pieceOf(text: string, then: MetadataPiece['then']): MetadataPiece {
  const bytes = Buffer.alloc(Math.ceil(text.length / 4) * 4);
  bytes.write(text, 'latin1');
  return { words: Int32Array.from({ length: bytes.length / 4 }, (_, i) => bytes.readInt32LE(4 * i)), size: text.length, then };
}
