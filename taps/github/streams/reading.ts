import {
  type Batch,
  InputError,
  isJsonObject,
  type JsonObject,
  type Log,
  type ReadRequest,
  type Row,
} from '../../../singer/tap/index.ts';
import type { Answer, Client, Page } from '../api/client.ts';
import type { Refusal } from '../api/verdict.ts';
import type { Clock } from '../clock.ts';
import { type Found, type Identity, ownerOf, type Repositories } from '../repositories/repositories.ts';
import type { RepositoryState, States } from '../state/states.ts';
import type { RowWriter } from './lines.ts';
import { Refused } from './refused.ts';

/**
 * Some records of one repository, written at once so that what they were made of need not be kept while they wait for their turn; and what
 * the stream knows of the repository once they are sent.
 */
export interface Piece {
  readonly batches: readonly Batch[];
  readonly save?: { readonly id: string; readonly name: string; readonly state: RepositoryState };
}

/** What all streams of a run share. */
export interface World {
  readonly client: Client;
  readonly repositories: Repositories;
  readonly clock: Clock;
  readonly releases: {
    readonly ignored: readonly string[];
    readonly counted: readonly string[] | undefined;
    readonly reconcileHours: number;
  };
  /** ISO time of the stream's start date; undefined if there is none. */
  startDate(stream: string): string | undefined;
}

export interface ReadingOptions {
  readonly world: World;
  readonly stream: string;
  readonly found: Found;
  readonly states: States;
  readonly request: ReadRequest;
  readonly signal: AbortSignal;
  readonly write: RowWriter;
  /** Told of what cannot be read; throws if nothing may be left out. */
  skip(name: string, refusal: Refusal): void;
}

/** How a repository's first answer came out. */
export interface Begun {
  readonly id: string;
  readonly state: RepositoryState;
  /** Undefined: nothing has changed since the ETag, or nothing was to be asked. */
  readonly first: Page | undefined;
}

/** What to ask first; undefined: nothing. */
export type FirstAsk = (
  state: RepositoryState,
) => { readonly url: string; readonly etag?: string | undefined; readonly accept?: string } | undefined;

/** The reading of one repository for one stream. Refusals are thrown as `Refused`. */
export class Reading {
  readonly #o: ReadingOptions;
  /** True once an answer held numbers that are kept as text. */
  #exact = false;
  #id: string | undefined;
  /** The page that was read last: its first and its last record, and how often these came before under other addresses. */
  #last = { url: '', ends: '', again: 0 };

  constructor(options: ReadingOptions) {
    this.#o = options;
  }

  /** The repository's number, once it is known. */
  get id(): string | undefined {
    return this.#id;
  }

  get world(): World {
    return this.#o.world;
  }

  get request(): ReadRequest {
    return this.#o.request;
  }

  get log(): Log {
    return this.#o.request.log;
  }

  /** `owner/name` as it was found. */
  get name(): string {
    return this.#o.found.name;
  }

  /** The search that found it, if it was one. */
  get search(): Found['search'] {
    return this.#o.found.search;
  }

  get stream(): string {
    return this.#o.stream;
  }

  get startDate(): string | undefined {
    return this.#o.world.startDate(this.#o.stream);
  }

  /** The URL of something of the repository: `releases`, with a query. */
  url(path: string, query: Readonly<Record<string, string | number | undefined>> = {}): string {
    return this.#o.world.client.address.of(path === '' ? `repos/${this.name}` : `repos/${this.name}/${path}`, query);
  }

  /** An answer; refusals as they are. */
  async get(
    url: string,
    more: { readonly etag?: string | undefined; readonly accept?: string | undefined } = {},
  ): Promise<Answer> {
    const { etag, accept } = more;
    const ask = { url, owner: ownerOf(this.name), affinity: this.name, etag, ...(accept !== undefined && { accept }) };
    const answer = await this.#o.world.client.get(ask, this.#o.signal);
    if (answer.kind !== 'page') return answer;
    this.#exact ||= answer.exact;
    this.#moveOn(url, answer);
    return answer;
  }

  /** Throws InputError if a server that knows no pages gives one again and again, which would never end. */
  #moveOn(url: string, { body, next }: Page): void {
    const list = Array.isArray(body) ? body : Object.values(isJsonObject(body) ? body : {}).find(Array.isArray);
    if (next === undefined || list === undefined) return;
    const ends = JSON.stringify([list[0], list.at(-1)]);
    const { stream } = this;
    const again = url !== this.#last.url && ends === this.#last.ends ? this.#last.again + 1 : 0;
    // Once may be right: a page without `since`, then the same with it.
    if (again > 1) {
      throw new InputError('The pages of a list repeat themselves without an end', {
        code: 'circular-link',
        facts: { stream },
        hint: 'The server does not page as GitHub does.',
      });
    }
    this.#last = { url, ends, again };
  }

  /** A page; undefined if it is as the ETag says. */
  async page(
    url: string,
    more: { readonly etag?: string | undefined; readonly accept?: string | undefined } = {},
  ): Promise<Page | undefined> {
    const answer = await this.get(url, more);
    if (answer.kind === 'refused') throw new Refused(answer.refusal);
    return answer.kind === 'page' ? answer : undefined;
  }

  /** A page that was asked for without an ETag. */
  async fresh(url: string, accept?: string): Promise<Page> {
    const page = await this.page(url, { accept });
    if (page === undefined) throw new Error('Status 304 without If-None-Match');
    return page;
  }

  async identity(): Promise<Identity> {
    const { world, found, signal } = this.#o;
    const identity = await world.repositories.identity(found, signal);
    if (!('id' in identity)) throw new Refused(identity);
    if (`${identity.owner}/${identity.name}`.toLowerCase() !== found.name.toLowerCase()) {
      this.log.warnOnce(`moved:${found.name}`, 'A repository has another name now: it is read under that one', {
        repository: found.name,
        now: `${identity.owner}/${identity.name}`,
      });
    }
    return identity;
  }

  /**
   * Asks the first question, which may depend on what is known. A repository that was read before is trusted to be the one of that name as
   * long as the server says that nothing has changed; otherwise it is looked at, because names are given away and come back.
   */
  async begin(ask: FirstAsk): Promise<Begun> {
    const { states, found } = this.#o;
    const known = states.named(found.name);
    if (known !== undefined) {
      const first = await this.#first(ask, known.state);
      if (first === undefined || (await this.identity()).id === known.id) {
        this.#id = known.id;
        return { ...known, first };
      }
    }
    const { id } = await this.identity();
    this.#id = id;
    const state = states.of(id, found.name);
    return { id, state, first: await this.#first(ask, state) };
  }

  async #first(ask: FirstAsk, state: RepositoryState): Promise<Page | undefined> {
    const first = ask(state);
    return first === undefined ? undefined : this.page(first.url, first);
  }

  /** Leaves the repository out, or a part of it: `#12` for a pull request. Throws SystemError if nothing may be left out. */
  skip(refusal: Refusal, part = ''): void {
    this.#o.skip(`${this.name}${part}`, refusal);
  }

  piece(rows: readonly Row[], id: string, state: JsonObject): Piece {
    return this.pieceOf(this.write(rows), id, state);
  }

  pieceOf(batches: readonly Batch[], id: string, state: JsonObject): Piece {
    return { batches, save: { id, name: this.name, state } };
  }

  write(rows: readonly Row[]): readonly Batch[] {
    return this.#o.write(rows, this.#exact);
  }
}

/** Columns that tell whose a record is. */
export function parentColumns({ id, owner, name }: Identity): Row {
  return { org: owner, repo: name, repo_id: Number(id) };
}
