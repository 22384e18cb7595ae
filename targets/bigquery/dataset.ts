import type { Api } from '../../clients/bigquery/api.ts';
import { reasonOf } from '../../clients/bigquery/errors.ts';
import type { DatasetResource } from '../../clients/bigquery/resources.ts';
import { ConfigError, type Log } from '../../singer/index.ts';
import type { TargetConfig } from './settings.ts';

type DatasetConfig = Pick<TargetConfig, 'dataset' | 'location' | 'labels' | 'kms_key'>;
type StageConfig = DatasetConfig & Pick<TargetConfig, 'temporary_dataset'>;

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

/** Makes sure that the dataset for rows on their way is there, and where the other one is. Throws ConfigError. */
export async function openStageDataset(api: Api, location: string, config: StageConfig, log: Log): Promise<void> {
  const { temporary_dataset: dataset } = config;
  if (dataset === undefined || dataset === config.dataset) return;
  const there = await openDataset(api, { ...config, dataset, location }, log);
  if (there.toLowerCase() === location.toLowerCase()) return;
  const message = `is in ${there}, and ${config.dataset} in ${location}: a statement reads one location only`;
  throw new ConfigError([{ path: 'temporary_dataset', message }]);
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
