import type { Api } from '../../clients/bigquery/api.ts';
import { reasonOf } from '../../clients/bigquery/errors.ts';
import type { DatasetResource } from '../../clients/bigquery/resources.ts';
import type { Log } from '../../singer/index.ts';
import type { TargetConfig } from './settings.ts';

type DatasetConfig = Pick<TargetConfig, 'dataset' | 'location' | 'labels' | 'kms_key'>;

/** Makes sure that the dataset is there and gives its location, where alone its jobs can run. */
export async function openDataset(api: Api, config: DatasetConfig, log: Log): Promise<string> {
  const { dataset, location } = config;
  const look = (): Promise<DatasetResource | undefined> => lookAtDataset(api, dataset);
  const found = (await look()) ?? (await make(api, config, log)) ?? (await look());
  const there = found?.location ?? location;
  if (there.toLowerCase() !== location.toLowerCase())
    log.info('The dataset is elsewhere than location says; jobs run where it is', { dataset, location: there });
  return there;
}

/** Undefined: it is not there. */
export async function lookAtDataset(api: Api, dataset: string): Promise<DatasetResource | undefined> {
  const place = { project: api.project, dataset };
  try {
    return await api.call<DatasetResource>({
      method: 'GET',
      path: `/datasets/${dataset}`,
      what: `Looking at dataset ${dataset}`,
      place,
    });
  } catch (error) {
    if (reasonOf(error) === 'notFound') return undefined;
    throw error;
  }
}

/** Gives undefined if another run was quicker. */
async function make(
  api: Api,
  { dataset, kms_key: kmsKeyName, labels, location }: DatasetConfig,
  log: Log,
): Promise<DatasetResource | undefined> {
  const place = { project: api.project, dataset, location };
  try {
    const body = {
      datasetReference: { projectId: api.project, datasetId: dataset },
      location,
      ...(labels === undefined ? {} : { labels }),
      ...(kmsKeyName === undefined ? {} : { defaultEncryptionConfiguration: { kmsKeyName } }),
    };
    const made = await api.call<DatasetResource>({
      method: 'POST',
      path: '/datasets',
      body,
      what: `Making dataset ${dataset}`,
      place,
    });
    log.info('Made a dataset', { dataset, location });
    return made;
  } catch (error) {
    if (reasonOf(error) === 'duplicate') return undefined;
    throw error;
  }
}
