import type { Answer, Ask, Run } from '../../../singer/tap/index.ts';
import { credentialFacts } from '../check/credentials.ts';
import { type Probe, probe } from '../check/probe.ts';
import { connect } from '../connect.ts';
import { open } from '../open.ts';
import type { GithubConfig } from '../settings.ts';
import { type ListPlace, streams } from '../streams/table.ts';
import { estimateText } from './text.ts';

const PER_PAGE = 100;

/** What a first run costs; the JSON form of `--estimate`. */
export interface Estimate {
  /** One for each repository and selected stream; `calls` null: more than one, and the server does not say how many. */
  readonly lists: readonly { readonly repository: string; readonly stream: string; readonly calls: number | null }[];
  /** One call for each, to learn its number. */
  readonly repositories: number;
  /** All of it; a list of unknown length counts as two. */
  readonly calls: number;
  /** Lists of unknown length. */
  readonly unknown: number;
  /** Calls that all tokens have left now, and have in an hour. Apps are not counted. */
  readonly quota: { readonly remaining: number; readonly limit: number };
  /** Calls that this estimate took. */
  readonly spent: number;
}

/**
 * Says what a first run over the selected streams costs, by the number of the last page that each list names: one call for each list,
 * none for records. Start dates are not taken into account, so it is the most. Throws what a run throws.
 */
export async function estimate(config: GithubConfig, run: Run, ask: Ask): Promise<Answer> {
  const connection = await connect(config, run);
  const requests = await ask.requests((await open(config, run)).streams);
  const wanted = streams.filter(({ id }) => requests.some(({ stream }) => stream.id === id));
  // Children cost a call each, so they are counted one by one.
  const perPage = ({ child }: ListPlace): number => (child === undefined ? PER_PAGE : 1);
  const options = { connection, streams: wanted, perPage, parallel: config.max_parallel_requests, signal: run.signal };
  const lists: Estimate['lists'][number][] = [];
  for await (const found of probe(options)) {
    const children = wanted.find(({ id }) => id === found.stream)?.list.child !== undefined;
    lists.push({ repository: found.repository, stream: found.stream, calls: callsOf(found, children) });
  }
  const credentials = await credentialFacts(connection.given, connection, run.signal);
  const quotas = credentials.flatMap(({ quotas }) => quotas['core'] ?? []);
  const repositories = new Set(lists.map(({ repository }) => repository)).size;
  const report: Estimate = {
    lists,
    repositories,
    calls: lists.reduce((sum, { calls }) => sum + (calls ?? 2), repositories),
    unknown: lists.filter(({ calls }) => calls === null).length,
    quota: {
      remaining: quotas.reduce((sum, { remaining }) => sum + remaining, 0),
      limit: quotas.reduce((sum, { limit }) => sum + limit, 0),
    },
    spent: connection.scheduler.counts.calls,
  };
  return { ok: true, text: ask.format === 'json' ? JSON.stringify(report, undefined, 2) : estimateText(report) };
}

/** Calls for one list: a page each, and one for each child. Null if the server does not tell. */
function callsOf({ pages, records }: Probe, children: boolean): number | null {
  if (pages === undefined) return null;
  if (!children) return Math.max(1, pages);
  const count = records === 0 ? 0 : pages;
  return Math.max(1, Math.ceil(count / PER_PAGE)) + count;
}
