import type { Readable } from 'node:stream';
import { type Log, withRetry } from '../../singer/index.ts';
import { waitAfter } from './backoff.ts';
import { answerFault, connectionFault, passes, type Place } from './errors.ts';

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
  /** Behind `/bigquery/v2/projects/<project>`. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: object;
  /** Fails with reason `conditionNotMet` unless the resource is still this one. */
  readonly etag?: string;
  /** What is tried, for errors: `Reading the dataset`. */
  readonly what: string;
  readonly place?: Place;
}

export interface ApiOptions {
  /** Without a slash at its end. */
  readonly endpoint: string;
  readonly project: string;
  readonly send: Send;
  readonly log: Log;
  readonly signal: AbortSignal;
  readonly retries: number;
}

/** How long an answer may take; jobs are waited for with many requests. */
const ANSWER_MS = 120_000;

/**
 * BigQuery's REST API for one project. Every call may be tried again: what makes something bears a name of ours, so that doing it
 * twice is a conflict and not a second one.
 */
export class Api {
  readonly project: string;
  readonly endpoint: string;
  readonly signal: AbortSignal;
  readonly #o: ApiOptions;

  constructor(options: ApiOptions) {
    this.project = options.project;
    this.endpoint = options.endpoint;
    this.signal = options.signal;
    this.#o = options;
  }

  /** Gives the body of the answer. Throws SystemError; `reasonOf` tells why. */
  async call<T>(call: Call): Promise<T> {
    const { what, place = {} } = call;
    const query = call.query === undefined ? '' : `?${new URLSearchParams(call.query).toString()}`;
    const url = `${this.endpoint}/bigquery/v2/projects/${encodeURIComponent(this.project)}${call.path}${query}`;
    return this.retried(what, async () => {
      const { status, body } = await this.send(
        {
          method: call.method,
          url,
          ...(call.etag === undefined ? {} : { headers: { 'If-Match': call.etag } }),
          ...(call.body === undefined ? {} : { body: call.body }),
        },
        what,
        place,
      );
      if (status >= 200 && status < 300) return body as T;
      throw answerFault(status, body, what, place);
    });
  }

  /** One request, not tried again. Throws SystemError `connection-lost` when no answer comes. */
  async send(request: Omit<Request, 'signal'>, what: string, place: Place, answerMs = ANSWER_MS): Promise<Answer> {
    this.signal.throwIfAborted();
    try {
      return await this.#o.send({ ...request, signal: AbortSignal.any([this.signal, AbortSignal.timeout(answerMs)]) });
    } catch (cause) {
      this.signal.throwIfAborted();
      throw connectionFault(cause, what, place);
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
