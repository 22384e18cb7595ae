import type { Run, Source } from '../../singer/tap/index.ts';
import { connect, type Surroundings } from './connect.ts';
import type { GithubConfig } from './settings.ts';
import { Skips } from './streams/skips.ts';
import { githubStream } from './streams/stream.ts';
import { streams } from './streams/table.ts';
import { githubTime } from './streams/times.ts';

/** If `releases` is not set, neither are its members. */
const RELEASES = {
  ignore_fields: ['assets.download_count', 'reactions'],
  change_fields: undefined,
  reconcile_every: 24,
} as const;

/** Prepares the streams; nothing is asked of the server before one is read. Throws ConfigError with all that is wrong with the settings. */
export async function open(config: GithubConfig, run: Run, surroundings?: Surroundings): Promise<Source> {
  const { client, clock, repositories, scheduler } = await connect(config, run, surroundings);
  const { ignore_fields: ignored, change_fields: counted, reconcile_every: reconcileHours } = { ...RELEASES, ...config.releases };
  const world = {
    client,
    repositories,
    clock,
    releases: { ignored, counted, reconcileHours },
    startDate: (stream: string) => githubTime(config.start_dates?.[stream] ?? config.start_date),
  };
  const skips = new Skips(config.strict);
  return {
    streams: streams.map((spec) => githubStream(spec, { world, skips, parallel: config.max_parallel_requests })),
    close() {
      skips.tell(run.log);
      const { counts } = scheduler;
      if (counts.calls > 0) run.log.info('Requests to GitHub', { ...counts });
      return Promise.resolve();
    },
  };
}
