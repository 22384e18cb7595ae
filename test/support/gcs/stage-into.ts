import { onTestFinished } from 'vitest';
import type { Json } from '../../../singer/index.ts';
import { BigQueryDouble } from '../bigquery/double.ts';
import { loadInto, type Loading } from '../bigquery/load-into.ts';
import type { Said } from '../through.ts';
import { StorageDouble, type StorageDoubleOptions } from './double.ts';

export interface Doubles {
  readonly bigquery: BigQueryDouble;
  readonly storage: StorageDouble;
}

/** Cloud Storage with a bucket, and BigQuery that reads from it; they end with the test. */
export async function startDoubles(options?: StorageDoubleOptions): Promise<Doubles> {
  const storage = await new StorageDouble(options).start();
  onTestFinished(() => storage.stop());
  const bigquery = await new BigQueryDouble({ storage: storage.url, looks: 1 }).start();
  onTestFinished(() => bigquery.stop());
  return { bigquery, storage };
}

/** Settings of `gcs_stage` for these doubles. */
export function stageSettings({ storage }: Doubles): Readonly<Record<string, Json>> {
  return { method: 'gcs_stage', bucket: 'staging', storage_endpoint: storage.url };
}

/** Loads messages by way of the bucket. */
export async function stageInto(doubles: Doubles, messages: readonly object[], loading: Loading = {}): Promise<Said> {
  const settings = { ...stageSettings(doubles), ...loading.settings };
  return loadInto(doubles.bigquery, messages, { ...loading, settings });
}
