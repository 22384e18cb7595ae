import type { Json, Log } from '../../../singer/tap/index.ts';
import { InputError } from '../../../singer/tap/index.ts';
import type { Credential, Resource } from '../scheduler/credential.ts';
import type { Pool } from '../scheduler/pool.ts';
import type { Patience, Scheduler } from '../scheduler/scheduler.ts';
import { serverTime } from '../scheduler/retry-after.ts';
import type { Address } from './address.ts';
import type { Exchange, Exchanged } from './exchange.ts';
import { linksOf, pageOf } from './link.ts';
import { REFUSALS, type Refusal } from './verdict.ts';

/** More redirects than this are a circle. */
const MOST_REDIRECTS = 5;

export interface Ask {
  /** An URL of `Address`. */
  readonly url: string;
  /** Whose data: decides which credentials may ask. */
  readonly owner: string;
  /** Which of them asks by preference, the same in every run: an ETag is known only to the credential that got it. */
  readonly affinity?: string;
  readonly etag?: string | undefined;
  readonly accept?: string;
  readonly resource?: Resource;
}

export type Answer = Page | { readonly kind: 'unchanged' } | { readonly kind: 'refused'; readonly refusal: Refusal };

export interface Page {
  readonly kind: 'page';
  readonly body: Json;
  /** True if numbers in it are kept as text. */
  readonly exact: boolean;
  readonly etag: string | undefined;
  /** The URL of the page after this one. */
  readonly next: string | undefined;
  /** The number of the last page, if the answer tells. */
  readonly last: number | undefined;
  /** The server's time in milliseconds since 1970. */
  readonly time: number;
}

export interface ClientOptions {
  readonly address: Address;
  readonly pool: Pool;
  readonly scheduler: Scheduler;
  readonly exchange: Exchange;
  readonly now: () => number;
  readonly log: Log;
}

/** Reads from the API: with the right credential, at the right time, following redirects on the same host. */
export class Client {
  readonly #o: ClientOptions;
  readonly address: Address;
  #funded = false;

  constructor(options: ClientOptions) {
    this.#o = options;
    this.address = options.address;
  }

  /**
   * Throws ConfigError `token`, SystemError `rate-limited`, `quota-budget`, `no-answer` or `server-trouble`, InputError for answers that
   * are not JSON or lead to another host, and what the signal says.
   */
  async get(ask: Ask, signal: AbortSignal): Promise<Answer> {
    const { pool, scheduler, address, now } = this.#o;
    const resource = ask.resource ?? 'core';
    const patience: Patience = { waited: 0, untold: 0 };
    let { url } = ask;
    let redirects = 0;
    let doubted: Credential | undefined;
    for (;;) {
      const candidates = await pool.forOwner(ask.owner, signal);
      if (!this.#funded) this.#funded = scheduler.fund(candidates);
      const home = place(ask.affinity ?? ask.owner, candidates.length);
      const used = await scheduler.lease(candidates, resource, home, patience, signal);
      const { reply, verdict, body, exact } = await this.#send(used, resource, url, ask, patience, signal);
      switch (verdict.kind) {
        case 'ok': {
          const links = linksOf(reply.headers.get('link'));
          const next = links.get('next');
          return {
            kind: 'page',
            body: body!,
            exact,
            etag: reply.headers.get('etag') ?? undefined,
            next: next === undefined ? undefined : this.#next(next, url),
            last: pageOf(links.get('last')),
            time: serverTime(reply.headers, now()),
          };
        }
        case 'limited':
          break;
        case 'moved':
          if (++redirects > MOST_REDIRECTS) return { kind: 'refused', refusal: { status: 301, ...REFUSALS[301]! } };
          url = address.within(verdict.to, url);
          break;
        case 'unauthorized':
          if (candidates.length === 1 && !used.shared) return { kind: 'refused', refusal: { status: 401, ...REFUSALS[401]! } };
          this.#refused(used, doubted === used);
          doubted = used;
          break;
        case 'unchanged':
          if (ask.etag !== undefined) return verdict;
          throw new InputError('An answer says that nothing has changed, though nobody has asked whether it had', {
            code: 'answer-shape',
            facts: { path: new URL(url).pathname },
            hint: 'Is api_url_base the address of a GitHub API?',
          });
        case 'failed':
          throw new Error('A failed exchange must have thrown');
        default:
          return verdict;
      }
    }
  }

  async #send(
    used: Credential,
    resource: Resource,
    url: string,
    ask: Ask,
    patience: Patience,
    signal: AbortSignal,
  ): Promise<Exchanged> {
    const { exchange, scheduler } = this.#o;
    const headers = {
      ...(ask.etag === undefined ? {} : { 'if-none-match': ask.etag }),
      ...(ask.accept === undefined ? {} : { accept: ask.accept }),
    };
    let exchanged: Exchanged | undefined;
    try {
      exchanged = await exchange.send({ method: 'GET', url, headers }, await used.authorization(signal), signal);
      return exchanged;
    } finally {
      const limited = exchanged?.verdict.kind === 'limited' ? { ...exchanged.verdict, patience } : undefined;
      scheduler.settle(used, resource, exchanged?.reply, limited);
    }
  }

  /** GitHub refuses good credentials now and then: one is left out only if it is refused twice. */
  #refused(used: Credential, again: boolean): void {
    const { log } = this.#o;
    if (!again) {
      log.info('A credential was not accepted and is tried once more', { credential: used.name });
      used.renew?.();
      return;
    }
    log.warn('A credential is not accepted any more and is left out', { credential: used.name });
    used.alive = false;
  }

  #next(named: string, from: string): string {
    const next = this.address.within(named, from);
    if (next !== from) return next;
    throw new InputError('A list has a next page that is the page itself', {
      code: 'circular-link',
      facts: { path: new URL(from).pathname },
      hint: 'The server does not page as GitHub does.',
    });
  }
}

/** A place among `count` that stays the same for most names when the count changes. */
function place(name: string, count: number): number {
  let best = 0;
  let most = -1;
  for (let index = 0; index < count; index++) {
    const weight = hash(`${index}:${name.toLowerCase()}`);
    if (weight > most) [best, most] = [index, weight];
  }
  return best;
}

/** FNV-1a with a last mix, 32 bits. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) value = Math.imul(value ^ text.charCodeAt(index), 0x01000193);
  value = Math.imul(value ^ (value >>> 15), 0x2c1b3c6d);
  return (value ^ (value >>> 13)) >>> 0;
}
