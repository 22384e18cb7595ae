import process from 'node:process';
import { ConfigError, type Problem, type Run } from '../../singer/tap/index.ts';
import { Address, addressProblem } from './api/address.ts';
import { Client } from './api/client.ts';
import { Exchange } from './api/exchange.ts';
import { httpTransport } from './api/transport.ts';
import { type Clock, systemClock } from './clock.ts';
import { givenNames } from './repositories/given.ts';
import { wanted, type Wanted } from './repositories/patterns.ts';
import { Repositories } from './repositories/repositories.ts';
import { Pool } from './scheduler/pool.ts';
import { Scheduler } from './scheduler/scheduler.ts';
import { type Share, shareOf } from './scheduler/share.ts';
import { givenCredentials, type GivenCredentials } from './scheduler/tokens.ts';
import type { GithubConfig } from './settings.ts';
import { streams } from './streams/table.ts';
import { githubTime } from './streams/times.ts';

/** What is not in the settings. */
export interface Surroundings {
  readonly clock: Clock;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** All that asks the server, ready; nothing has been asked yet. */
export interface Connection {
  readonly clock: Clock;
  readonly address: Address;
  readonly exchange: Exchange;
  readonly scheduler: Scheduler;
  readonly pool: Pool;
  readonly client: Client;
  readonly repositories: Repositories;
  readonly given: GivenCredentials;
  readonly wanted: Wanted;
}

const USUAL: Surroundings = { clock: systemClock, environment: process.env };

/** Makes a connection of the settings. Throws ConfigError with all that is wrong with them. */
export async function connect(config: GithubConfig, run: Run, surroundings: Surroundings = USUAL): Promise<Connection> {
  const { clock, environment } = surroundings;
  const { log } = run;
  const problems: Problem[] = [];
  const given = givenCredentials(config, environment, problems);
  log.conceal([...given.tokens.map(({ token }) => token), ...given.apps.map(({ key }) => key)]);
  const names = wanted(await givenNames(config, problems), problems);
  const buffer = shareIn('rate_limit_buffer', config.rate_limit_buffer, problems);
  const budget = config.quota_budget === undefined ? undefined : shareIn('quota_budget', config.quota_budget, problems);
  checkSettings(config, names, problems);
  if (problems.length > 0) throw new ConfigError(problems);

  const { max_wait_seconds: maxWaitSeconds, max_parallel_requests: parallel } = config;
  const address = new Address(config.api_url_base);
  const transport = httpTransport(config.request_timeout);
  const { user_agent: userAgent, backoff_max_tries: tries } = config;
  const exchange = new Exchange({ address, transport, clock, log, userAgent, tries, maxWaitSeconds });
  const scheduler = new Scheduler({ clock, log, buffer, maxWaitSeconds, budget, parallel });
  const { invalid_token: invalid, expiry_time_buffer: expiryBufferMinutes } = config;
  const pool = new Pool({ given, address, exchange, clock, log, invalid, expiryBufferMinutes });
  const client = new Client({ address, pool, scheduler, exchange, now: () => clock.now(), log });
  const repositories = new Repositories(client, names, config, log);
  return { clock, address, exchange, scheduler, pool, client, repositories, given, wanted: names };
}

function shareIn(path: string, value: number | string, problems: Problem[]): Share {
  const share = shareOf(value);
  if (share === undefined) problems.push({ path, message: 'must be a whole number, or a percentage such as "20%"' });
  return share ?? { calls: 0 };
}

function checkSettings(config: GithubConfig, { named, owners }: Wanted, problems: Problem[]): void {
  const address = addressProblem(config.api_url_base);
  if (address !== undefined) problems.push({ path: 'api_url_base', message: address });
  const others = [config.organizations, config.searches, config.user_usernames, config.user_ids];
  const nothing = named.length + owners.size === 0 && others.every((list) => list === undefined || list.length === 0);
  if (nothing && !problems.some(({ path }) => path.startsWith('repositor'))) {
    const message = 'name something to read: repositories, organizations, searches, user_usernames or user_ids';
    problems.push({ path: '', message });
  }
  checkDate('start_date', config.start_date, problems);
  for (const [stream, date] of Object.entries(config.start_dates ?? {})) {
    checkDate(`start_dates.${stream}`, date, problems);
    if (streams.some(({ id }) => id === stream)) continue;
    problems.push({ path: `start_dates.${stream}`, message: 'is not a stream of this tap' });
  }
  if (/[^\x20-\x7e]/.test(config.user_agent)) problems.push({ path: 'user_agent', message: 'must be plain ASCII' });
}

function checkDate(path: string, date: string | undefined, problems: Problem[]): void {
  if (date === undefined || githubTime(date) !== undefined) return;
  problems.push({ path, message: 'is not a date or time, such as 2024-01-01' });
}
