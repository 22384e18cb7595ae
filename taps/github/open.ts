import process from 'node:process';
import { ConfigError, type Problem, type Run, type Source } from '../../singer/tap/index.ts';
import { Address, addressProblem } from './api/address.ts';
import { Client } from './api/client.ts';
import { Exchange } from './api/exchange.ts';
import { fetchTransport } from './api/transport.ts';
import { type Clock, systemClock } from './clock.ts';
import { givenNames } from './repositories/given.ts';
import { wanted } from './repositories/patterns.ts';
import { Repositories } from './repositories/repositories.ts';
import { Pool } from './scheduler/pool.ts';
import { Scheduler } from './scheduler/scheduler.ts';
import { type Share, shareOf } from './scheduler/share.ts';
import { givenCredentials } from './scheduler/tokens.ts';
import type { GithubConfig } from './settings.ts';
import { Skips } from './streams/skips.ts';
import { githubStream } from './streams/stream.ts';
import { streams } from './streams/table.ts';
import { githubTime } from './streams/times.ts';

/** What is not in the settings. */
export interface Surroundings {
  readonly clock: Clock;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

const USUAL: Surroundings = { clock: systemClock, environment: process.env };

/** Prepares the streams; nothing is asked of the server before one is read. Throws ConfigError with all that is wrong with the settings. */
export async function open(config: GithubConfig, run: Run, { clock, environment }: Surroundings = USUAL): Promise<Source> {
  const problems: Problem[] = [];
  const given = givenCredentials(config, environment, problems);
  run.log.conceal([...given.tokens.map(({ token }) => token), ...given.apps.map(({ key }) => key)]);
  const names = wanted(await givenNames(config, problems), problems);
  const buffer = share('rate_limit_buffer', config.rate_limit_buffer, problems);
  const budget = config.quota_budget === undefined ? undefined : share('quota_budget', config.quota_budget, problems);
  checkSettings(config, names.named.length + names.owners.size, problems);
  if (problems.length > 0) throw new ConfigError(problems);

  const { log } = run;
  const { max_wait_seconds: maxWaitSeconds, max_parallel_requests: parallel } = config;
  const address = new Address(config.api_url_base);
  const exchange = new Exchange({
    address,
    transport: fetchTransport(config.request_timeout),
    clock,
    log,
    userAgent: config.user_agent,
    tries: config.backoff_max_tries,
    maxWaitSeconds,
  });
  const scheduler = new Scheduler({ clock, log, buffer, maxWaitSeconds, budget, parallel });
  const pool = new Pool({
    given,
    address,
    exchange,
    clock,
    log,
    invalid: config.invalid_token,
    expiryBufferMinutes: config.expiry_time_buffer,
  });
  const client = new Client({ address, pool, scheduler, exchange, now: () => clock.now(), log });
  const { ignore_fields: ignored, change_fields: counted, reconcile_every: reconcileHours } = { ...RELEASES, ...config.releases };
  const world = {
    client,
    repositories: new Repositories(client, names, config, log),
    clock,
    releases: { ignored, counted, reconcileHours },
    startDate: (stream: string) => githubTime(config.start_dates?.[stream] ?? config.start_date),
  };
  const skips = new Skips(config.strict);
  return {
    streams: streams.map((spec) => githubStream(spec, { world, skips, parallel })),
    close() {
      skips.tell(log);
      const { counts } = scheduler;
      if (counts.calls > 0) log.info('Requests to GitHub', { ...counts });
      return Promise.resolve();
    },
  };
}

/** If `releases` is not set, neither are its members. */
const RELEASES = {
  ignore_fields: ['assets.download_count', 'reactions'],
  change_fields: undefined,
  reconcile_every: 24,
} as const;

function share(path: string, value: number | string, problems: Problem[]): Share {
  const share = shareOf(value);
  if (share === undefined) problems.push({ path, message: 'must be a whole number, or a percentage such as "20%"' });
  return share ?? { calls: 0 };
}

function checkSettings(config: GithubConfig, named: number, problems: Problem[]): void {
  const address = addressProblem(config.api_url_base);
  if (address !== undefined) problems.push({ path: 'api_url_base', message: address });
  const others = [config.organizations, config.searches, config.user_usernames, config.user_ids];
  if (named === 0 && others.every((list) => list === undefined || list.length === 0) && problems.length === 0) {
    problems.push({
      path: '',
      message: 'name something to read: repositories, organizations, searches, user_usernames or user_ids',
    });
  }
  const dates = [
    ['start_date', config.start_date],
    ...Object.entries(config.start_dates ?? {}).map(([stream, date]) => [`start_dates.${stream}`, date]),
  ];
  for (const [path, date] of dates) {
    if (date !== undefined && githubTime(date) === undefined)
      problems.push({ path: path!, message: 'is not a date or time, such as 2024-01-01' });
  }
  for (const stream of Object.keys(config.start_dates ?? {})) {
    if (!streams.some(({ id }) => id === stream))
      problems.push({ path: `start_dates.${stream}`, message: 'is not a stream of this tap' });
  }
  if (/[^\x20-\x7e]/.test(config.user_agent)) problems.push({ path: 'user_agent', message: 'must be plain ASCII' });
}
