import { isJsonObject, type Json, type JsonObject } from '../../../singer/tap/index.ts';

/** What a stream knows of one repository: small, made of JSON. `name` is `owner/name` as it was last. */
export type RepositoryState = JsonObject;

interface Entry {
  readonly name: string;
  readonly state: RepositoryState;
}

/**
 * The bookmark of a stream: one small state per repository, by the repository's number, which stays when it is renamed or moved:
 * `{"repositories": {"401025": {"name": "github/hub", …}}}`. Repositories that are not read this time keep theirs.
 *
 * States of MeltanoLabs' tap (`partitions` with `context` and `replication_key_value`) and of singer-io's (`{"owner/name": {"since": …}}`) are
 * understood: their times go to `since`, under `by_name` until the repository's number is known.
 */
export class States {
  readonly #entries = new Map<string, Entry>();
  readonly #ids = new Map<string, string>();
  readonly #byName = new Map<string, RepositoryState>();

  constructor(bookmark: JsonObject | undefined) {
    for (const [id, value] of Object.entries(objectOf(bookmark?.['repositories']))) {
      const { name, ...state } = objectOf(value);
      if (typeof name === 'string') this.set(id, name, state);
    }
    for (const [name, state] of foreign(bookmark ?? {})) {
      const before = this.#byName.get(name.toLowerCase())?.['since'];
      // One partition per child (a pull request, a run): the oldest time is safe for all.
      if (typeof before === 'string' && typeof state['since'] === 'string' && state['since'] > before) continue;
      this.#byName.set(name.toLowerCase(), state);
    }
  }

  /** By the name that the repository had when it was last read. */
  named(name: string): { readonly id: string; readonly state: RepositoryState } | undefined {
    const id = this.#ids.get(name.toLowerCase());
    return id === undefined ? undefined : { id, state: this.#entries.get(id)!.state };
  }

  /** By number; the state that another tap left for the name if there is none. */
  of(id: string, name: string): RepositoryState {
    return this.#entries.get(id)?.state ?? this.#byName.get(name.toLowerCase()) ?? {};
  }

  set(id: string, name: string, state: RepositoryState): void {
    const before = this.#entries.get(id);
    if (before !== undefined && this.#ids.get(before.name.toLowerCase()) === id) this.#ids.delete(before.name.toLowerCase());
    this.#entries.set(id, { name, state });
    this.#ids.set(name.toLowerCase(), id);
    this.#byName.delete(name.toLowerCase());
  }

  bookmark(): JsonObject {
    const repositories = Object.fromEntries([...this.#entries].map(([id, { name, state }]) => [id, { name, ...state }]));
    return this.#byName.size === 0 ? { repositories } : { repositories, by_name: Object.fromEntries(this.#byName) };
  }
}

function* foreign(bookmark: JsonObject): Generator<[name: string, state: RepositoryState]> {
  for (const [name, state] of Object.entries(objectOf(bookmark['by_name']))) if (isJsonObject(state)) yield [name, state];
  const { partitions } = bookmark;
  for (const partition of Array.isArray(partitions) ? (partitions as readonly Json[]) : []) {
    const { context, replication_key_value: value } = objectOf(partition);
    const { org, repo } = objectOf(context);
    if (typeof org === 'string' && typeof repo === 'string' && typeof value === 'string')
      yield [`${org}/${repo}`, { since: value }];
  }
  for (const [name, state] of Object.entries(bookmark)) {
    const since = name.includes('/') ? objectOf(state)['since'] : undefined;
    if (typeof since === 'string') yield [name, { since }];
  }
}

function objectOf(value: Json | undefined): JsonObject {
  return isJsonObject(value) ? value : {};
}
