import { createHmac } from 'node:crypto';
import { isEmail, subjectOf } from '../../../privacy/subject.ts';
import { ExactNumber } from '../../../singer/index.ts';
import type { Name } from './seal.ts';

/** Somebody who has asked to be erased. */
export interface Request {
  /** HMAC of what names the person: what the log knows the request by. */
  readonly hash: string;
  /** By column of a request: the values that name the person, those found on the way with them. */
  readonly names: Map<string, Set<string>>;
}

const DIGITS = 32;

/** Requests by their hash; one that names nobody is none. Those that say the same are one. */
export function requestsOf(
  rows: readonly Readonly<Record<string, unknown>>[],
  asked: readonly string[],
  key: string,
): ReadonlyMap<string, Request> {
  const requests = new Map<string, Request>();
  for (const row of rows) {
    const names = asked.flatMap((column): [string, Set<string>][] => {
      const value = Object.hasOwn(row, column) ? row[column] : undefined;
      const text =
        typeof value === 'string' || typeof value === 'number' || value instanceof ExactNumber ? subjectOf(String(value)) : '';
      return text === '' ? [] : [[column, new Set([text])]];
    });
    if (names.length === 0) continue;
    const hash = createHmac('sha256', key).update(JSON.stringify(names.map(([column, values]) => [column, ...values])));
    const digest = hash.digest('hex').slice(0, DIGITS);
    if (!requests.has(digest)) requests.set(digest, { hash: digest, names: new Map(names) });
  }
  return requests;
}

/** Who is named by a value, among some requests. */
export class Index {
  readonly #requests = new Map<string, Request>();
  /** What `learn` has found. */
  readonly learned: { readonly request: Request; readonly name: Name }[] = [];

  /** `known` gives the names of a request that an earlier run has learned. */
  constructor(requests: Iterable<Request>, known: (request: Request) => readonly Name[]) {
    for (const request of requests) {
      for (const [column, values] of request.names) for (const value of values) this.#add(request, column, value);
      for (const [column, value] of known(request)) this.#add(request, column, value);
    }
  }

  /** The values that a column of requests has. */
  valuesOf(column: string): string[] {
    const prefix = `${column}\0`;
    return [...this.#requests.keys()].filter((key) => key.startsWith(prefix)).map((key) => key.slice(prefix.length));
  }

  find(column: string, value: string | null): Request | undefined {
    return value === null ? undefined : this.#requests.get(`${column}\0${subjectOf(value)}`);
  }

  /**
   * The person of a row that an e-mail address has named is known by the row's other names from now on. Gives true if one is new. An address
   * is never learned: two people may share one.
   */
  learn(names: readonly (readonly [asked: string, value: string | null])[]): boolean {
    const byEmail = names.find(([asked, value]) => value !== null && isEmail(value) && this.find(asked, value) !== undefined);
    if (byEmail === undefined) return false;
    const request = this.find(...byEmail)!;
    let isNew = false;
    for (const [asked, value] of names) {
      const text = value === null ? '' : subjectOf(value);
      if (text === '' || isEmail(text) || this.find(asked, text) !== undefined) continue;
      this.#add(request, asked, text);
      this.learned.push({ request, name: [asked, text] });
      isNew = true;
    }
    return isNew;
  }

  #add(request: Request, column: string, value: string): void {
    const key = `${column}\0${value}`;
    if (!this.#requests.has(key)) this.#requests.set(key, request);
  }
}
