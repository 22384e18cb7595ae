import type { Readable } from 'node:stream';
import { type Log, withRetry } from '../../singer/index.ts';
import { waitAfter } from './backoff.ts';
import { passes, type Faults, type Place } from './faults.ts';

/** What comes back, whatever the status. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: unknown;
}

export interface Request {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** JSON, or bytes of which the headers give the length. */
  readonly body?: object | Readable;
  readonly signal: AbortSignal;
}

/** Sends one request with the account's credentials. Throws only when no answer comes. */
export type Send = (request: Request) => Promise<Answer>;

export interface Call {
  readonly method: Request['method'];
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: object;
  /** Fails with reason `conditionNotMet` unless the resource is still this one. */
  readonly etag?: string;
  /** What is tried, for errors: `Reading the dataset`. */
  readonly what: string;
  readonly place?: Place;
}

export interface ServiceOptions {
  /** Without a slash at its end. */
  readonly endpoint: string;
  readonly send: Send;
  readonly faults: Faults;
  readonly log: Log;
  readonly signal: AbortSignal;
  readonly retries: number;
}

/** How long an answer may take; jobs are waited for with many requests. */
const ANSWER_MS = 120_000;

/** One of Google's REST services: sends requests, tries again what may pass, and says in its own words what has failed. */
export class GoogleService {
  readonly endpoint: string;
  readonly signal: AbortSignal;
  readonly faults: Faults;
  readonly #o: ServiceOptions;

  constructor(options: ServiceOptions) {
    this.endpoint = options.endpoint;
    this.signal = options.signal;
    this.faults = options.faults;
    this.#o = options;
  }

  /** Gives the body of the answer. Every call may be tried again. Throws SystemError; `reasonOf` tells why. */
  async call<T>(call: Call): Promise<T> {
    const { what, place = {} } = call;
    const query = call.query === undefined ? '' : `?${new URLSearchParams(call.query).toString()}`;
    return this.retried(what, async () => {
      const { status, body } = await this.send(
        {
          method: call.method,
          url: `${this.endpoint}${call.path}${query}`,
          ...(call.etag === undefined ? {} : { headers: { 'If-Match': call.etag } }),
          ...(call.body === undefined ? {} : { body: call.body }),
        },
        what,
        place,
      );
      if (status >= 200 && status < 300) {
        if (call.method === 'DELETE' || (typeof body === 'object' && body !== null)) return body as T;
        throw this.faults.unreadable(what, { ...place, status });
      }
      throw this.faults.answer(status, body, what, place);
    });
  }

  /** One request, not tried again. Throws SystemError `connection-lost` when no answer comes. */
  async send(request: Omit<Request, 'signal'>, what: string, place: Place, answerMs = ANSWER_MS): Promise<Answer> {
    this.signal.throwIfAborted();
    try {
      return await this.#o.send({ ...request, signal: AbortSignal.any([this.signal, AbortSignal.timeout(answerMs)]) });
    } catch (cause) {
      this.signal.throwIfAborted();
      throw this.faults.connection(cause, what, place);
    }
  }

  /** Tries again, with growing waits, what failed for a reason that may pass. */
  async retried<T>(what: string, attempt: () => Promise<T>): Promise<T> {
    const { log, retries, signal } = this.#o;
    return withRetry(attempt, {
      retries,
      signal,
      again: async (error) => passes(error),
      waitMs: (error, n) => waitAfter(error, n),
      onWait: (error, n, waitMs) =>
        log.warn(`${what} failed; it is tried again`, { attempt: n, wait_ms: waitMs, cause: (error as Error).message }),
    });
  }
}
