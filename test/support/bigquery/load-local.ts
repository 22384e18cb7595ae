import type { Json } from '../../../singer/index.ts';
import target from '../../../targets/bigquery/index.ts';
import { through, type Said } from '../through.ts';
import type { LocalBigQuery } from './local-bigquery.ts';

/** Loads messages into the dataset `d` of an emulator that runs SQL. */
export function loadLocal(
  { project, url }: LocalBigQuery,
  messages: readonly object[],
  settings: Record<string, Json> = {},
): Promise<Said> {
  return through(target, {
    lane: 'fast',
    lines: messages.map((message) => JSON.stringify(message)),
    // Emulators take no gzip.
    settings: { project, dataset: 'd', api_endpoint: url, denormalized: true, compression: 'none', ...settings },
  });
}
