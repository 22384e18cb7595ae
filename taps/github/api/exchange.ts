import { InputError, type Json, type Log, SystemError } from '../../../singer/tap/index.ts';
import type { Clock } from '../clock.ts';
import { retryAfter } from '../scheduler/retry-after.ts';
import type { Address } from './address.ts';
import { parseAnswer } from './json.ts';
import { MOST_BYTES, type Outgoing, type Reply, TOO_LONG, type Transport } from './transport.ts';
import { limitIn, type Verdict, verdictOf } from './verdict.ts';

const FIRST_PAUSE = 1000;
const LONGEST_PAUSE = 60_000;

/** An answer with what it means; `body` is there for statuses of success. */
export interface Exchanged {
  readonly reply: Reply;
  readonly verdict: Verdict;
  readonly body: Json | undefined;
  /** True if numbers in the body are kept as text. */
  readonly exact: boolean;
}

export interface ExchangeOptions {
  readonly address: Address;
  readonly transport: Transport;
  readonly clock: Clock;
  readonly log: Log;
  readonly userAgent: string;
  /** Times that a request is made in all before a server's trouble ends the run. */
  readonly tries: number;
  /** A server that asks to be left alone for longer than this is not asked again. */
  readonly maxWaitSeconds: number;
  /** Between 0 and 1; so that many clients do not come back at once. */
  readonly random?: () => number;
}

/**
 * Sends requests and bears the troubles of a network: no answer, one that is cut or not JSON, statuses from 500. What else an
 * answer may say is for the caller.
 */
export class Exchange {
  readonly #o: ExchangeOptions;

  constructor(options: ExchangeOptions) {
    this.#o = options;
  }

  /** Throws SystemError or InputError once the tries are used up, and what the signal says. */
  async send(
    outgoing: Omit<Outgoing, 'headers'> & { readonly headers?: Outgoing['headers'] },
    authorization: string | undefined,
    signal: AbortSignal,
  ): Promise<Exchanged> {
    const headers = {
      accept: 'application/vnd.github+json',
      'x-github-api-version': '2022-11-28',
      'user-agent': this.#o.userAgent,
      ...(authorization === undefined ? {} : { authorization }),
      ...outgoing.headers,
    };
    for (let attempt = 1; ; attempt++) {
      const outcome = await this.#once({ ...outgoing, headers }, signal);
      if (!('trouble' in outcome)) return outcome;
      const path = new URL(outgoing.url).pathname;
      if (attempt >= this.#o.tries || outcome.final === true) throw outcome.trouble(path, attempt);
      const pause = this.#pause(attempt, outcome.asked);
      if (pause === undefined) throw outcome.trouble(path, attempt);
      this.#o.log.info('A request failed and is made again', {
        path,
        attempt,
        reason: outcome.reason,
        wait_seconds: Math.ceil(pause / 1000),
      });
      await this.#o.clock.sleep(pause, signal);
    }
  }

  async #once(outgoing: Outgoing, signal: AbortSignal): Promise<Exchanged | Trouble> {
    const { address, clock, transport } = this.#o;
    let reply: Reply;
    try {
      reply = await transport(outgoing, signal);
    } catch (error) {
      signal.throwIfAborted();
      return noAnswer(address.host, error);
    }
    const verdict = verdictOf(reply, clock.now());
    if (verdict.kind === 'failed') return serverTrouble(address.host, reply, clock.now());
    if (verdict.kind !== 'ok') return { reply, verdict, body: undefined, exact: false };
    try {
      const { value: body, exact } = parseAnswer(reply.text);
      return { reply, verdict: limitIn(body) ?? verdict, body, exact };
    } catch {
      // The parser's message quotes the text.
      return notJson(address.host, reply);
    }
  }

  /** Milliseconds until the next try; undefined if the server asks for more than may be waited. */
  #pause(attempt: number, asked: number | undefined): number | undefined {
    if (asked !== undefined) return asked <= this.#o.maxWaitSeconds * 1000 ? asked : undefined;
    const random = (this.#o.random ?? Math.random)();
    return Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** (attempt - 1)) * (0.5 + random / 2);
  }
}

interface Trouble {
  readonly reason: string;
  /** What the server asks to wait, in milliseconds. */
  readonly asked?: number | undefined;
  /** True if to ask again is no use. */
  readonly final?: boolean;
  readonly trouble: (path: string, attempts: number) => Error;
}

function noAnswer(host: string, cause: unknown): Trouble {
  const inner = cause instanceof Error && cause.cause instanceof Error ? cause.cause : cause;
  const code = (inner as NodeJS.ErrnoException).code ?? (inner instanceof Error ? inner.name : 'unknown');
  if (code === TOO_LONG) return tooLong(host);
  return {
    reason: code,
    trouble: (path, attempts) =>
      new SystemError(`${host} gives no answer (${code})`, {
        code: 'no-answer',
        facts: { host, path, attempts },
        hint: 'Look at api_url_base and the network. The state holds all that was read.',
        cause: inner,
      }),
  };
}

function tooLong(host: string): Trouble {
  return {
    reason: 'too long',
    final: true,
    trouble: (path) =>
      new InputError(`${host} gives an answer of more than ${MOST_BYTES / 1024 / 1024} MiB, as GitHub never does`, {
        code: 'answer-too-long',
        facts: { host, path },
        hint: 'Is api_url_base the address of a GitHub API?',
      }),
  };
}

function serverTrouble(host: string, { status, headers }: Reply, now: number): Trouble {
  return {
    reason: `status ${status}`,
    asked: retryAfter(headers, now),
    trouble: (path, attempts) =>
      new SystemError(`${host} has trouble of its own (status ${status})`, {
        code: 'server-trouble',
        facts: { host, path, status, attempts },
        hint: 'Run again later: the state holds all that was read.',
      }),
  };
}

function notJson(host: string, { headers, text }: Reply): Trouble {
  const facts = { host, content_type: headers.get('content-type') ?? 'none', characters: text.length };
  return {
    reason: 'not JSON',
    trouble: (path, attempts) =>
      new InputError(`${host} answers with what is not JSON, or not all of it`, {
        code: 'answer-not-json',
        facts: { ...facts, path, attempts },
        hint: 'Is api_url_base the address of a GitHub API, such as https://api.github.com or https://HOST/api/v3?',
      }),
  };
}
