import type { Clock, Row, RecordMeta, TargetRun } from '../../singer/index.ts';
import { stringifyExact } from '../../singer/index.ts';

/** Members that `add_record_metadata` adds; a record's own of these names are replaced, `_sdc_deleted_at` is taken over. */
export const METADATA = [
  '_sdc_extracted_at',
  '_sdc_received_at',
  '_sdc_batched_at',
  '_sdc_deleted_at',
  '_sdc_sequence',
  '_sdc_table_version',
  '_sdc_sync_started_at',
] as const;

/** Notes of values that had to change. */
export const CHANGES = '_sdc_changes';

type Times = Pick<TargetRun, 'clock' | 'startedAt'>;

/** The constant text around the two members that differ from record to record, without the braces. */
export interface MetadataTexts {
  readonly beforeExtracted: Buffer;
  readonly beforeVersion: Buffer;
  readonly rest: Buffer;
}

/** Gives the texts for the run's clock as it stands; made anew only when it has moved. */
export function metadataTexts(run: Times): () => MetadataTexts {
  let seen: Clock | undefined;
  let texts: MetadataTexts | undefined;
  return () => {
    const { receivedAt, batchedAt } = run.clock;
    if (texts === undefined || seen?.receivedAt !== receivedAt || seen.batchedAt !== batchedAt) {
      seen = { receivedAt, batchedAt };
      texts = textsOf(run, 'null');
    }
    return texts;
  };
}

function textsOf({ clock, startedAt }: Times, deletedAt: string): MetadataTexts {
  const received = `"_sdc_received_at":"${clock.receivedAt.toISOString()}"`;
  const batched = `"_sdc_batched_at":"${clock.batchedAt.toISOString()}"`;
  const sequence = `"_sdc_sequence":${clock.receivedAt.getTime()}`;
  return {
    beforeExtracted: Buffer.from('"_sdc_extracted_at":'),
    beforeVersion: Buffer.from(`,${received},${batched},"_sdc_deleted_at":${deletedAt},${sequence},"_sdc_table_version":`),
    rest: Buffer.from(`,"_sdc_sync_started_at":${startedAt.getTime()}`),
  };
}

/** The members of one record as text (general lane). */
export function metadataMembers(record: Row, meta: RecordMeta, run: Times): string {
  const { beforeExtracted, beforeVersion, rest } = textsOf(run, stringifyExact(record['_sdc_deleted_at'] ?? null));
  const extracted = JSON.stringify(meta.timeExtracted ?? null);
  return `${beforeExtracted.toString()}${extracted}${beforeVersion.toString()}${meta.version ?? 'null'}${rest.toString()}`;
}
