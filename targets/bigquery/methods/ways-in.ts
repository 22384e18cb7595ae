import type { Api } from '../../../clients/bigquery/api.ts';
import { openBucket } from '../../../clients/gcs/connect.ts';
import type { Run } from '../../../singer/index.ts';
import type { TargetConfig } from '../settings.ts';
import { batchJob } from './batch-job.ts';
import { GcsStage, stagePrefix } from './gcs-stage.ts';
import type { WayIn } from './way-in.ts';

interface Opening {
  readonly api: Api;
  readonly config: TargetConfig;
  readonly run: Run & { readonly runId: string };
  readonly labels: Readonly<Record<string, string>>;
}

/** By the setting `method`. Each throws ConfigError. */
export const WAYS_IN: Readonly<Record<TargetConfig['method'], (opening: Opening) => Promise<WayIn>>> = {
  batch_job: async ({ api }) => batchJob(api),
  gcs_stage: async ({ api, config, labels, run }) =>
    new GcsStage({
      api,
      bucket: await openBucket(config, run),
      prefix: stagePrefix(config.bucket_prefix),
      pieceBytes: config.staged_file_bytes,
      compression: config.compression,
      dataset: config.dataset,
      runId: run.runId,
      isResumable: config.run_id !== undefined,
      keep: config.keep_staged_files,
      kmsKey: config.kms_key,
      labels,
      log: run.log,
    }),
  storage_write_api: asLoadJobs,
  streaming_insert: asLoadJobs,
};

async function asLoadJobs({ api, config: { method }, run: { log } }: Opening): Promise<WayIn> {
  log.info('Rows are loaded by load jobs', { method });
  return batchJob(api);
}
