import {
  ConfigError,
  ExactNumber,
  InputError,
  isJsonObject,
  type Json,
  type JsonObject,
  type Log,
  SystemError,
} from '../../../singer/tap/index.ts';
import type { Client } from '../api/client.ts';
import type { Refusal } from '../api/verdict.ts';
import type { GithubConfig } from '../settings.ts';
import type { Wanted } from './patterns.ts';

/** A repository as it was found; `id` only if it is known already. */
export interface Found {
  /** `owner/name`. */
  readonly name: string;
  readonly id?: string;
  /** The search that found it, if it was one. */
  readonly search?: { readonly name: string; readonly query: string };
}

/** A repository as the server knows it. */
export interface Identity {
  /** The number, as text. */
  readonly id: string;
  readonly owner: string;
  readonly name: string;
}

/** GitHub gives no more of a search. */
const MOST_FOUND = 1000;

type Sources = Pick<GithubConfig, 'organizations' | 'searches' | 'user_usernames' | 'user_ids' | 'repository_filter'>;

/** The repositories of a run, found once whatever number of streams ask. */
export class Repositories {
  readonly #client: Client;
  readonly #wanted: Wanted;
  readonly #sources: Sources;
  readonly #log: Log;
  #list: Promise<readonly Found[]> | undefined;
  readonly #identities = new Map<string, Promise<Identity | Refusal>>();

  constructor(client: Client, wanted: Wanted, sources: Sources, log: Log) {
    this.#client = client;
    this.#wanted = wanted;
    this.#sources = sources;
    this.#log = log;
  }

  /**
   * All of them, each once: those named in full, then by owner, organization, user and search, each in the server's order by name.
   * Throws SystemError for an owner, user or search that the server refuses.
   */
  list(signal: AbortSignal): Promise<readonly Found[]> {
    this.#list ??= this.#find(signal);
    return this.#list;
  }

  /** Who a repository is now; asked once in a run. */
  identity(found: Found, signal: AbortSignal): Promise<Identity | Refusal> {
    const key = found.name.toLowerCase();
    let identity = this.#identities.get(key);
    if (identity === undefined) {
      identity = this.#ask(found.name, signal);
      this.#identities.set(key, identity);
    }
    return identity;
  }

  async #ask(name: string, signal: AbortSignal): Promise<Identity | Refusal> {
    const answer = await this.#client.get(
      { url: this.#client.address.of(`repos/${name}`), owner: ownerOf(name), affinity: name },
      signal,
    );
    if (answer.kind === 'refused') return answer.refusal;
    if (answer.kind === 'unchanged' || !isJsonObject(answer.body)) throw unexpected('repository');
    return identityOf(answer.body);
  }

  async #find(signal: AbortSignal): Promise<readonly Found[]> {
    const { named, owners, excluded } = this.#wanted;
    const { organizations = [], user_usernames: users = [], user_ids: ids = [], searches = [] } = this.#sources;
    const found = new Map<string, Found>();
    const add = (one: Found): void => {
      const key = one.name.toLowerCase();
      if (!excluded.some((pattern) => pattern.test(one.name)) && !found.has(key)) found.set(key, one);
    };
    for (const name of named) add({ name });
    for (const [owner, patterns] of owners) {
      for await (const one of this.#ofOwner(owner, signal)) if (patterns.some((pattern) => pattern.test(one.name))) add(one);
    }
    for (const organization of organizations) {
      for await (const one of this.#listed(`orgs/${encodeURIComponent(organization)}/repos`, organization, signal)) add(one);
    }
    const logins = [...users];
    for (const id of ids) logins.push(await this.#login(String(id), signal));
    for (const user of logins)
      for await (const one of this.#listed(`users/${encodeURIComponent(user)}/repos`, user, signal)) add(one);
    for (const { name, query } of searches) {
      const search = { name: name ?? query, query };
      for await (const one of this.#searched(search.name, query, signal)) add({ ...one, search });
    }
    this.#log.info('Repositories are found', { count: found.size });
    return [...found.values()];
  }

  /** An owner may be an organization or a user; only the former's list holds what a member may see. */
  async *#ofOwner(owner: string, signal: AbortSignal): AsyncGenerator<Found> {
    const name = encodeURIComponent(owner);
    const answer = await this.#client.get({ url: this.#client.address.of(`orgs/${name}`), owner }, signal);
    const kind = answer.kind === 'refused' && answer.refusal.status === 404 ? 'users' : 'orgs';
    yield* this.#listed(`${kind}/${name}/repos`, owner, signal);
  }

  async *#listed(path: string, owner: string, signal: AbortSignal): AsyncGenerator<Found> {
    let url: string | undefined = this.#client.address.of(path, { per_page: 100, sort: 'full_name' });
    while (url !== undefined) {
      const answer = await this.#client.get({ url, owner }, signal);
      if (answer.kind !== 'page') throw notListed(path, answer);
      yield* this.#filtered(answer.body);
      url = answer.next;
    }
  }

  async *#searched(name: string, query: string, signal: AbortSignal): AsyncGenerator<Found> {
    const path = 'search/repositories';
    let url: string | undefined = this.#client.address.of(path, { q: query, per_page: 100 });
    for (let page = 1; url !== undefined; page++) {
      const answer = await this.#client.get({ url, owner: '', resource: 'search' }, signal);
      if (answer.kind !== 'page' || !isJsonObject(answer.body)) throw notListed(`${path} (${name})`, answer);
      const { items, total_count: total, incomplete_results: cut } = answer.body;
      if (page === 1 && ((typeof total === 'number' && total > MOST_FOUND) || cut === true)) {
        this.#log.warn('A search finds more repositories than GitHub gives: narrow it', { search: name, found: total });
      }
      yield* this.#filtered(items);
      url = answer.next;
    }
  }

  async #login(id: string, signal: AbortSignal): Promise<string> {
    const path = `user/${encodeURIComponent(id)}`;
    const answer = await this.#client.get({ url: this.#client.address.of(path), owner: '' }, signal);
    if (answer.kind !== 'page') throw notListed(path, answer);
    const login = isJsonObject(answer.body) ? answer.body['login'] : undefined;
    if (typeof login !== 'string') throw unexpected('user');
    return login;
  }

  *#filtered(items: Json | undefined): Generator<Found> {
    if (!Array.isArray(items)) throw unexpected('list of repositories');
    const filter = this.#sources.repository_filter;
    for (const item of items as readonly Json[]) {
      if (!isJsonObject(item)) throw unexpected('list of repositories');
      const { id, owner, name } = identityOf(item);
      const visibility = item['visibility'] ?? (item['private'] === true ? 'private' : 'public');
      const topics = Array.isArray(item['topics']) ? (item['topics'] as readonly Json[]) : [];
      const passes =
        (filter?.visibility === undefined || filter.visibility.some((one) => one === visibility)) &&
        (filter?.archived === undefined || filter.archived === (item['archived'] === true)) &&
        (filter?.fork === undefined || filter.fork === (item['fork'] === true)) &&
        (filter?.topics === undefined || filter.topics.some((topic) => topics.includes(topic)));
      if (passes) yield { id, name: `${owner}/${name}` };
    }
  }
}

export function ownerOf(name: string): string {
  return name.slice(0, name.indexOf('/'));
}

function identityOf(repository: JsonObject): Identity {
  const { id, name, owner } = repository;
  const login = isJsonObject(owner) ? owner['login'] : undefined;
  const number = typeof id === 'number' || id instanceof ExactNumber ? id.toString() : undefined;
  if (number === undefined || typeof name !== 'string' || typeof login !== 'string') throw unexpected('repository');
  return { id: number, owner: login, name };
}

function unexpected(what: string): InputError {
  return new InputError(`An answer is not a ${what} as GitHub describes it`, {
    code: 'answer-shape',
    hint: 'Is api_url_base the address of a GitHub API?',
  });
}

function notListed(path: string, answer: { kind: string; refusal?: Refusal }): Error {
  const { status, advice } = answer.refusal ?? { status: 304, advice: 'the answer is not a list' };
  if (status === 404 || status === 422) {
    return new ConfigError(
      [{ path: '', message: `${path} is refused (status ${status}): misspelt, or not visible to the token` }],
      {
        code: 'repositories',
      },
    );
  }
  return new SystemError(`The repositories of ${path} cannot be listed (status ${status}): ${advice}`, {
    code: 'repositories',
    facts: { path, status },
    hint: 'Give the token the permission, or name the repositories.',
  });
}
