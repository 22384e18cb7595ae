import type { Run } from '../../singer/index.ts';
import { endpointOf, senderFor } from '../google/sender.ts';
import { GoogleService } from '../google/service.ts';
import { Api } from './api.ts';
import { faults } from './errors.ts';
import type { ConnectionConfig } from './settings.ts';

const GOOGLE = 'https://bigquery.googleapis.com';

/**
 * Makes the API for a project; no request is sent yet. Google's library is loaded here, so that `--about` stays quick. Throws
 * ConfigError for credentials that cannot be read.
 */
export async function openApi(config: ConnectionConfig, run: Pick<Run, 'log' | 'signal' | 'name' | 'version'>): Promise<Api> {
  const { log, signal } = run;
  const endpoint = endpointOf('api_endpoint', config.api_endpoint ?? GOOGLE);
  const send = await senderFor(config, endpoint, run);
  return new Api(new GoogleService({ endpoint, send, faults, log, signal, retries: config.max_retries }), config.project);
}
