import { randomUUID } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import type { Api } from '../../clients/bigquery/api.ts';
import { ConfigError, type Run, type StateStore, type TargetRun } from '../../singer/index.ts';
import { connect } from './connect.ts';
import { lookAtDataset, openDataset, openStageDataset } from './dataset.ts';
import { BigQueryDestination } from './destination.ts';
import { JobNames } from './jobs/job-names.ts';
import { TableOrder } from './jobs/order.ts';
import { CHANGES, Pace } from './jobs/pace.ts';
import type { StatementContext } from './jobs/query.ts';
import { WAYS_IN } from './methods/ways-in.ts';
import type { WayIn } from './methods/way-in.ts';
import type { TargetConfig } from './settings.ts';
import { stateTableOf } from './state/state-table.ts';

/** Connects and gives the destination. Throws SystemError and ConfigError before any input is read. */
export async function openDestination(config: TargetConfig, run: TargetRun): Promise<BigQueryDestination> {
  const { log } = run;
  // Each job that is waited for listens to it.
  setMaxListeners(0, run.signal);
  const api = await connect(config, run);
  // Many jobs are waited for at once, and each wait ends with the run.
  setMaxListeners(0, run.signal);
  const way = await openWayIn(api, config, run);
  const location = await openDataset(api, config, log);
  await openStageDataset(api, location, config, log);
  await way.prove(location);
  const destination = destinationOn(api, location, config, run, way);
  await destination.begin();
  return destination;
}

/** The state kept in the dataset, for `target-bigquery state …`. Throws SystemError and ConfigError. */
export async function openState(config: TargetConfig, run: Run): Promise<StateStore> {
  const api = await connect(config, run);
  const location = (await lookAtDataset(api, config.dataset))?.location ?? config.location;
  const table = stateTableOf(statementsOn(api, location, config, run), config);
  if (table === undefined) throw new ConfigError([{ path: 'state_table', message: 'is empty: no state is kept' }]);
  return {
    get: () => table.get(),
    clear: () => table.clear(),
    async set(state) {
      await openDataset(api, config, run.log);
      await table.set(state);
    },
  };
}

/** The destination for a dataset that is there, or is only asked about. */
export function destinationOn(api: Api, location: string, config: TargetConfig, run: TargetRun, way: WayIn): BigQueryDestination {
  const context = { ...statementsOn(api, location, config, run), way };
  return new BigQueryDestination(config, run, context);
}

/** Throws ConfigError. */
export function openWayIn(api: Api, config: TargetConfig, run: TargetRun): Promise<WayIn> {
  return WAYS_IN[config.method]({ api, config, run, labels: labelsOf(config) });
}

/** Emulators have no quota. */
function mostChanges({ api_endpoint: endpoint, max_table_changes: most }: TargetConfig): number {
  return (most ?? (endpoint?.startsWith('http://') ? 0 : CHANGES)) || Infinity;
}

function statementsOn(api: Api, location: string, config: TargetConfig, run: Run & Partial<TargetRun>): StatementContext {
  const { log, runId = randomUUID() } = run;
  return {
    api,
    jobs: { api, log, location, timeout: config.timeout, retries: config.max_retries },
    names: new JobNames(runId),
    order: new TableOrder(),
    pace: new Pace({ most: mostChanges(config), log, signal: run.signal }),
    labels: labelsOf(config),
    maxBytesBilled: config.max_bytes_billed,
    pricePerTib: config.price_per_tib,
  };
}

/** The user's and ours. */
function labelsOf({ labels }: TargetConfig): Readonly<Record<string, string>> {
  return { ...labels, made_by: 'tapline' };
}
