import type { Item, Release } from './records.ts';

/** The lists of a repository that can be read. */
const COLLECTIONS = ['releases', 'tags', 'issues', 'issueComments', 'pulls', 'reviews', 'commits', 'runs', 'stargazers'] as const;
export type Collection = (typeof COLLECTIONS)[number];

export interface Repository {
  readonly id: number;
  owner: string;
  name: string;
  /** `owner/name` of old; they answer with 301. */
  readonly former: string[];
  private: boolean;
  archived: boolean;
  fork: boolean;
  topics: string[];
  /** `blocked`: 451; `gone`: 404; `empty`: a repository without a commit. */
  condition: 'well' | 'blocked' | 'gone' | 'empty';
  /** Lists that are switched off (410) or that tokens may not read (403). */
  readonly off: Map<Collection, 'disabled' | 'forbidden'>;
  releases: Release[];
  tags: Item[];
  issues: Item[];
  issueComments: Item[];
  pulls: Item[];
  /** By number of the pull request. */
  reviews: Map<number, Item[]>;
  commits: Item[];
  runs: Item[];
  stargazers: Item[];
}

/** Who asks. */
export interface Credential {
  readonly login: string;
  readonly id: number;
  /** Scopes of a classic token; undefined for a fine-grained one, and for an app's. */
  readonly scopes: readonly string[] | undefined;
  /** Milliseconds; the token answers 401 from then on. */
  expires: number | undefined;
  /** Requests per hour, of each resource. */
  readonly limit: number;
  /** Whether it sees drafts and private repositories; true for all, or for those of one owner. */
  readonly sees: 'public' | 'all' | { readonly owner: string };
}

export interface App {
  readonly id: string;
  /** PEM. */
  readonly publicKey: string;
  readonly installations: readonly { readonly id: number; readonly account: string; readonly suspended?: boolean }[];
}

/** All that the fake knows: tests make it and change it while the server runs. */
export class World {
  readonly repositories: Repository[] = [];
  readonly credentials = new Map<string, Credential>();
  readonly apps: App[] = [];
  /** Logins of users with their numbers; all other owners are organizations. */
  readonly users = new Map<string, number>();

  /** Adds a repository, empty lists where none are given. */
  add(given: Partial<Repository> & { readonly name: string }): Repository {
    const repository: Repository = {
      id: 401_025 + this.repositories.length,
      owner: 'octo',
      former: [],
      private: false,
      archived: false,
      fork: false,
      topics: [],
      condition: 'well',
      off: new Map(),
      releases: [],
      tags: [],
      issues: [],
      issueComments: [],
      pulls: [],
      reviews: new Map(),
      commits: [],
      runs: [],
      stargazers: [],
      ...given,
    };
    this.repositories.push(repository);
    return repository;
  }

  /** Makes a token valid: a classic one that sees all, unless said otherwise. */
  token(token: string, given: Partial<Credential> = {}): Credential {
    const id = 1000 + this.credentials.size;
    const credential: Credential = {
      login: `user-${id}`,
      id,
      scopes: ['repo'],
      expires: undefined,
      limit: 5000,
      sees: 'all',
      ...given,
    };
    this.credentials.set(token, credential);
    return credential;
  }

  app(app: App): App {
    this.apps.push(app);
    return app;
  }

  rename(repository: Repository, owner: string, name: string): void {
    repository.former.push(`${repository.owner}/${repository.name}`);
    repository.owner = owner;
    repository.name = name;
  }
}
