import { setMaxListeners } from 'node:events';
import type { Api } from '../../clients/bigquery/api.ts';
import type { TargetRun } from '../../singer/index.ts';
import { connect } from './connect.ts';
import { openDataset } from './dataset.ts';
import { BigQueryDestination } from './destination.ts';
import { JobNames } from './jobs/job-names.ts';
import { TableOrder } from './jobs/order.ts';
import { Slots } from './jobs/slots.ts';
import type { TargetConfig } from './settings.ts';

/** Large files that are uploaded at once. */
const UPLOADS = 4;

/** Connects and gives the destination. Throws SystemError and ConfigError before any input is read. */
export async function openDestination(config: TargetConfig, run: TargetRun): Promise<BigQueryDestination> {
  const { log } = run;
  if (config.method !== 'batch_job') log.info('Rows are loaded by load jobs', { method: config.method });
  // Each job that is waited for listens to it.
  setMaxListeners(0, run.signal);
  const api = await connect(config, run);
  // Many jobs are waited for at once, and each wait ends with the run.
  setMaxListeners(0, run.signal);
  const location = await openDataset(api, config, log);
  return destinationOn(api, location, config, run);
}

/** The destination for a dataset that is there, or is only asked about. */
export function destinationOn(api: Api, location: string, config: TargetConfig, run: TargetRun): BigQueryDestination {
  const { log } = run;
  const jobs = { api, log, location, timeout: config.timeout, retries: config.max_retries };
  const context = {
    api,
    jobs,
    names: new JobNames(run.runId),
    order: new TableOrder(),
    uploads: new Slots(UPLOADS),
    labels: { ...config.labels, made_by: 'tapline' },
    maxBytesBilled: config.max_bytes_billed,
  };
  return new BigQueryDestination(config, run, context);
}
