import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { refusal, type Answer } from './answer.ts';
import { bomb, cutGzip, FAULTS, type Broken, type Delivery, type Fault } from './faults.ts';
import { dishonesty } from './honesty.ts';
import { Limits, quotaHeaders, type Quota, type Resource } from './limits.ts';
import { answerTo, type Question } from './routes.ts';
import { World, type Credential } from './world.ts';

/** One request and what became of it. */
export interface Call {
  readonly method: string;
  /** Path and query. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** Milliseconds, by the fake's clock. */
  readonly at: number;
  /** 0 while it is not answered, or when the connection was cut. */
  status: number;
  /** Whether it was charged to the quota. */
  charged: boolean;
}

export interface FaultOptions {
  /** How often; once by default. */
  readonly times?: number;
  /** Requests that match and go well before it. */
  readonly after?: number;
  /** Until the reset, or for Retry-After; 1 by default. */
  readonly seconds?: number;
}

export interface GitHub {
  /** For `api_url_base`. */
  readonly url: string;
  readonly world: World;
  readonly limits: Limits;
  /** All requests so far, oldest first. */
  readonly calls: Call[];
  /** What deliberate answers had that GitHub's description does not allow. Tests expect none. */
  readonly dishonest: string[];
  /** Requests that were being answered at the same time, at most. */
  readonly busiest: () => number;
  /** The next requests whose method and address match go wrong in this way. */
  fault(match: RegExp, fault: Fault, options?: FaultOptions): void;
  /** The next request that matches is answered with this text for a body, whatever it is. */
  say(match: RegExp, text: string): void;
  /** Before the `nth` matching request is answered (the first is 1), the world changes. */
  before(match: RegExp, nth: number, change: () => void): void;
  /** From now on links to other pages name this address instead. */
  links(address: string): void;
  close(): Promise<void>;
}

export interface GitHubOptions {
  /** The time it has, in milliseconds; the machine's by default. */
  readonly now?: () => number;
  /** How far its `Date` header is off, in milliseconds. */
  readonly skew?: number;
  /** A path in front, as of an Enterprise server: `/api/v3`. */
  readonly prefix?: string;
}

interface Trap {
  readonly match: RegExp;
  left: number;
  skip: number;
  readonly spring: Broken | (() => void);
  readonly seconds: number;
}

const SLOW_PARTS = 10;
const SLOW_MILLISECONDS = 20;

/**
 * A server that answers as GitHub does: pages, ETags, quotas, refusals, redirects; and that goes wrong as GitHub does when it is told to.
 * All that it says deliberately is held against GitHub's own description. It listens on a free port of this machine.
 */
export async function startGitHub({ now = Date.now, skew = 0, prefix = '' }: GitHubOptions = {}): Promise<GitHub> {
  const world = new World();
  const limits = new Limits(now);
  const calls: Call[] = [];
  const dishonest: string[] = [];
  const traps: Trap[] = [];
  let busy = 0;
  let busiest = 0;
  let base = '';
  let linked: string | undefined;

  const answered = (
    request: IncomingMessage,
    call: Call,
  ): { answer: Answer; quota?: Quota; resource: Resource; broken?: Trap } => {
    const url = new URL(call.url, base);
    const path = url.pathname.slice(prefix.length);
    const resource = path.startsWith('/search/') ? 'search' : 'core';
    const token = /^(?:bearer|token) (.+)$/i.exec(request.headers.authorization ?? '')?.[1];
    const broken = sprung(traps, `${call.method} ${call.url}`);
    const credential = token === undefined ? undefined : world.credentials.get(token);
    const ofApp = /^\/app\/|\/installation$/.test(path);
    if (!ofApp && token !== undefined && (credential === undefined || (credential.expires ?? Infinity) <= now())) {
      return { answer: refusal(401, 'Bad credentials'), resource, ...(broken && { broken }) };
    }
    const quota = limits.of(token ?? 'nobody', resource, credential?.limit ?? 60);
    const free = ofApp || path === '/rate_limit';
    if (!free && quota.used >= quota.limit) {
      const whom = credential === undefined ? '127.0.0.1' : `user ID ${credential.id}`;
      return { answer: refusal(403, `API rate limit exceeded for ${whom}.`), quota, resource, ...(broken && { broken }) };
    }
    const question: Question = {
      method: call.method,
      path,
      query: url.searchParams,
      accept: request.headers.accept ?? '',
      token,
      credential,
      world,
      limits,
      now: now(),
      base: linked ?? base + prefix,
    };
    const answer = tagged(answerTo(question), token, request.headers);
    if (!free && !(answer.status === 304 && credential !== undefined)) {
      quota.used++;
      call.charged = true;
    }
    const scoped =
      credential === undefined ? answer : { ...answer, headers: { ...answer.headers, ...credentialHeaders(credential) } };
    return { answer: scoped, quota, resource, ...(broken && { broken }) };
  };

  const server = createServer((request, response) => {
    const call: Call = {
      method: request.method ?? 'GET',
      url: request.url ?? '/',
      headers: request.headers,
      at: now(),
      status: 0,
      charged: false,
    };
    calls.push(call);
    busiest = Math.max(busiest, ++busy);
    response.on('close', () => busy--);
    request.resume().on('end', () => {
      const { answer, quota, resource, broken } = answered(request, call);
      const wrong = answer.status === 304 ? [] : dishonesty(answer);
      dishonest.push(...wrong);
      const headers: Record<string, string> = {
        date: new Date(now() + skew).toUTCString(),
        'content-type': 'application/json; charset=utf-8',
        'x-github-request-id': `FAKE:${calls.length}`,
        ...(quota && quotaHeaders(quota, resource)),
        ...answer.headers,
      };
      const spring = typeof broken?.spring === 'object' ? broken.spring : {};
      const seconds = broken?.seconds ?? 0;
      const said = typeof spring.answer === 'function' ? spring.answer(seconds, now()) : spring.answer;
      if (said !== undefined) dishonest.push(...dishonesty(said));
      const text = spring.text ?? (answer.status === 304 && said === undefined ? '' : JSON.stringify((said ?? answer).body));
      // A limit that is broken to says its own; all other answers keep what is true.
      Object.assign(headers, said?.headers, spring.headers?.(seconds, now()));
      const status = said?.status ?? spring.status ?? answer.status;
      call.status = spring.delivery?.startsWith('reset') === true ? 0 : status;
      deliver(
        response,
        status,
        headers,
        Buffer.from(text),
        spring.delivery,
        /\bgzip\b/.test(String(request.headers['accept-encoding'])),
      );
    });
  });

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url: base + prefix,
    world,
    limits,
    calls,
    dishonest,
    busiest: () => busiest,
    fault: (match, fault, { times = 1, after = 0, seconds = 1 } = {}) =>
      void traps.push({ match, left: times, skip: after, spring: FAULTS[fault], seconds }),
    say: (match, text) => void traps.push({ match, left: 1, skip: 0, spring: { text }, seconds: 0 }),
    before: (match, nth, change) => void traps.push({ match, left: 1, skip: nth - 1, spring: change, seconds: 0 }),
    links: (address) => {
      linked = address;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Runs the changes that are due, and gives the fault that is. */
function sprung(traps: Trap[], request: string): Trap | undefined {
  let found: Trap | undefined;
  for (const trap of traps) {
    if (trap.left === 0 || !trap.match.test(request)) continue;
    if (trap.skip > 0) {
      trap.skip--;
    } else if (typeof trap.spring === 'function') {
      trap.left--;
      trap.spring();
    } else if (found === undefined) {
      trap.left--;
      found = trap;
    }
  }
  return found;
}

/** With an ETag that holds for this body and this token; 304 if the asker has it. */
function tagged(answer: Answer, token: string | undefined, asked: IncomingMessage['headers']): Answer {
  if (answer.status !== 200) return answer;
  const hash = createHash('md5')
    .update(JSON.stringify(answer.body))
    .update(answer.headers?.['link'] ?? '')
    .update(token ?? '');
  const etag = `W/"${hash.digest('hex')}"`;
  const modified = lastModified(answer.body);
  const headers = { ...answer.headers, etag, ...(modified !== undefined && { 'last-modified': modified }) };
  const strip = (tag: string): string => tag.trim().replace(/^W\//, '');
  const known = (asked['if-none-match'] ?? '').split(',').map(strip).includes(strip(etag));
  return known ? { status: 304, body: undefined, headers: { etag } } : { ...answer, headers };
}

/** When a single record changed last; lists do not tell. */
function lastModified(body: unknown): string | undefined {
  const time = typeof body === 'object' && body !== null && 'updated_at' in body ? Date.parse(String(body.updated_at)) : NaN;
  return Number.isNaN(time) ? undefined : new Date(time).toUTCString();
}

function credentialHeaders({ scopes, expires }: Credential): Record<string, string> {
  return {
    ...(scopes !== undefined && { 'x-oauth-scopes': scopes.join(', '), 'x-accepted-oauth-scopes': '' }),
    ...(expires !== undefined && {
      'github-authentication-token-expiration': new Date(expires)
        .toISOString()
        .replace('T', ' ')
        .replace(/\.\d+Z$/, ' UTC'),
    }),
  };
}

function deliver(
  response: ServerResponse,
  status: number,
  headers: Record<string, string>,
  body: Buffer,
  delivery: Delivery | undefined,
  gzip: boolean,
): void {
  if (delivery === 'reset-at-once') return void response.socket?.resetAndDestroy();
  const sent = Object.fromEntries(Object.entries(headers).filter(([, value]) => value !== ''));
  if (delivery === 'bomb') {
    response.writeHead(status, { ...sent, 'content-encoding': 'gzip' });
    return void response.end(bomb());
  }
  const zipped = delivery === 'cut-gzip' || (gzip && body.length > 1000 && delivery === undefined);
  if (zipped) sent['content-encoding'] = 'gzip';
  if (zipped || delivery === undefined) {
    const bytes = delivery === 'cut-gzip' ? cutGzip(body) : zipped ? gzipSync(body, { level: 1 }) : body;
    response.writeHead(status, { ...sent, ...(status !== 304 && { 'content-length': bytes.length }) });
    return void response.end(bytes);
  }
  const half = body.subarray(0, Math.floor(body.length / 2));
  if (delivery === 'cut-text') {
    response.writeHead(status, { ...sent, 'content-length': half.length });
    return void response.end(half);
  }
  response.writeHead(status, { ...sent, 'content-length': body.length });
  if (delivery === 'stalled') return void response.write(half);
  if (delivery === 'reset-in-body') return void response.write(half, () => response.socket?.resetAndDestroy());
  const size = Math.ceil(body.length / SLOW_PARTS);
  const part = (at: number): void => {
    if (at * size >= body.length) return void response.end();
    response.write(body.subarray(at * size, (at + 1) * size));
    setTimeout(() => part(at + 1), SLOW_MILLISECONDS).unref();
  };
  part(0);
}
