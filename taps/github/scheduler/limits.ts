import type { HeaderLookup } from '../api/transport.ts';
import { serverTime } from './retry-after.ts';

/** A window is an hour; what claims to last longer is not believed. */
const LONGEST_WINDOW = 3_600_000 + 60_000;

/** What is known of one credential's quota for one resource (core, search, …). Times are ours, in milliseconds since 1970. */
export class Limits {
  #limit: number | undefined;
  #remaining: number | undefined;
  #reset = 0;
  #blockedUntil = 0;

  get limit(): number | undefined {
    return this.#limit;
  }

  /** Calls left in this window; infinite while nothing is known. */
  remaining(now: number): number {
    if (this.#remaining === undefined) return Number.POSITIVE_INFINITY;
    // A new window: the next answer tells what it holds.
    return now >= this.#reset ? (this.#limit ?? Number.POSITIVE_INFINITY) : this.#remaining;
  }

  /** When a call may be made again while `kept` calls stay untouched; `now` or earlier: at once. */
  freeAt(kept: number, now: number): number {
    const quota = this.remaining(now) > kept ? 0 : this.#reset;
    return Math.max(quota, this.#blockedUntil);
  }

  /** A call is on its way. */
  take(now: number): void {
    if (this.#remaining === undefined) return;
    if (now >= this.#reset) this.#remaining = undefined;
    else this.#remaining--;
  }

  /** No call before this time, whatever the counters say. */
  block(until: number): void {
    this.#blockedUntil = Math.max(this.#blockedUntil, until);
  }

  /** Reads X-RateLimit-*. What is not a number is not believed. */
  learn(headers: HeaderLookup, now: number): void {
    const [limit, remaining, reset] = ['limit', 'remaining', 'reset'].map((name) => count(headers.get(`x-ratelimit-${name}`)));
    if (limit === undefined || remaining === undefined || reset === undefined) return;
    this.set({ limit, remaining, reset }, serverTime(headers, now), now);
  }

  /** `reset`: seconds since 1970 by the server's clock, which shows `serverNow`. */
  set(window: { limit: number; remaining: number; reset: number }, serverNow: number, now: number): void {
    const reset = window.reset * 1000 - serverNow + now;
    if (reset - now > LONGEST_WINDOW) return;
    // Answers overtake each other: within a window the smaller number is the newer one.
    const same = this.#remaining !== undefined && Math.abs(reset - this.#reset) < 2000 && now < this.#reset;
    this.#remaining = same ? Math.min(this.#remaining!, window.remaining) : window.remaining;
    this.#limit = window.limit;
    this.#reset = reset;
  }
}

function count(text: string | null): number | undefined {
  return text !== null && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}
