import type { Answer, Ask, Run } from '../../../singer/tap/index.ts';
import type { Refusal } from '../api/verdict.ts';
import { connect } from '../connect.ts';
import { open } from '../open.ts';
import type { GithubConfig } from '../settings.ts';
import { streams } from '../streams/table.ts';
import { type CredentialFacts, credentialFacts } from './credentials.ts';
import { probe } from './probe.ts';
import { checkText } from './text.ts';

/** What `--check` found; its JSON form. */
export interface CheckReport {
  /** False if a run would fail, or leave out something that it is meant to read. */
  readonly ok: boolean;
  readonly api: string;
  readonly credentials: readonly CredentialFacts[];
  readonly repositories: { readonly found: number; readonly readable: number };
  /** What cannot be read, and why. */
  readonly refused: readonly Refused[];
  /** Calls of the quota that this cost. */
  readonly calls: number;
}

export interface Refused extends Refusal {
  readonly repository: string;
  readonly streams: readonly string[];
}

/**
 * Looks at the tokens and apps (kind, scopes, end, quota) and asks for one record of each selected stream of each repository. Throws
 * ConfigError, SystemError and InputError as a run does, where the question cannot be asked at all.
 */
export async function check(config: GithubConfig, run: Run, ask: Ask): Promise<Answer> {
  const connection = await connect(config, run);
  const credentials = await credentialFacts(connection.given, connection, run.signal);
  const usable = credentials.some(({ accepted, problems }) => accepted && problems.length === 0);
  const found: Set<string> = new Set();
  const readable = new Set<string>();
  const refused: (Refusal & { repository: string; stream: string })[] = [];
  if (usable) {
    const requests = await ask.requests((await open(config, run)).streams);
    const wanted = streams.filter(({ id }) => requests.some(({ stream }) => stream.id === id));
    const options = { connection, streams: wanted, perPage: () => 1, parallel: config.max_parallel_requests, signal: run.signal };
    for await (const { repository, stream, refusal } of probe(options)) {
      found.add(repository);
      if (refusal === undefined) readable.add(repository);
      else refused.push({ ...refusal, repository, stream });
    }
  }
  const report: CheckReport = {
    ok: refused.length === 0 && credentials.every(({ problems }) => problems.length === 0),
    api: connection.address.of(''),
    credentials,
    repositories: { found: found.size, readable: readable.size },
    refused: grouped(refused),
    calls: connection.scheduler.counts.calls,
  };
  return { ok: report.ok, text: ask.format === 'json' ? JSON.stringify(report, undefined, 2) : checkText(report) };
}

/** One entry for each repository and reason. */
function grouped(all: readonly (Refusal & { readonly repository: string; readonly stream: string })[]): Refused[] {
  const groups = new Map<string, Refused & { streams: string[] }>();
  for (const { stream, ...rest } of all) {
    const key = `${rest.repository} ${rest.status} ${rest.reason}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { ...rest, streams: [stream] });
    else group.streams.push(stream);
  }
  return [...groups.values()];
}
