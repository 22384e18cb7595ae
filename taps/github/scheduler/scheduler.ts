import type { Log } from '../../../singer/tap/index.ts';
import type { Reply } from '../api/transport.ts';
import type { Clock } from '../clock.ts';
import type { Credential, Resource } from './credential.ts';
import type { Limits } from './limits.ts';
import { callsOf, type Share } from './share.ts';
import { budgetSpent, waitTooLong } from './stops.ts';

/** Without a word on how long, a secondary limit is given this long, and twice as long each time it comes back. */
const UNTOLD_WAIT = 60_000;
/** After a reset the server may still be a moment behind. */
const SLACK = 1000;
/** Of a quota so small that the buffer would leave nothing of it, this part is kept at most. */
const MOST_KEPT = 0.2;
/** Waits shorter than this are not worth a line in the log. */
const TOLD_WAIT = 5000;

export interface SchedulerOptions {
  readonly clock: Clock;
  readonly log: Log;
  /** Calls that each credential keeps for others. */
  readonly buffer: Share;
  /** The longest that one request may wait in all. */
  readonly maxWaitSeconds: number;
  /** Calls that this run may use of the quota; undefined = all. */
  readonly budget: Share | undefined;
  /** Requests at once. */
  readonly parallel: number;
}

/** What an answer says of a limit; `milliseconds` undefined: not how long. */
export interface Limited {
  readonly scope: 'primary' | 'secondary';
  readonly milliseconds: number | undefined;
  /** Of the request that was limited. */
  readonly patience: Patience;
}

/** How one request has fared so far. */
export interface Patience {
  waited: number;
  /** Times that a limit came without a word on how long. */
  untold: number;
}

/** Decides who may ask when. All requests of a run, whatever stream they are for, go through one scheduler. */
export class Scheduler {
  readonly #o: SchedulerOptions;
  #running = 0;
  #parallel: number;
  readonly #queue: (() => void)[] = [];
  #spent = 0;
  #budget: number | undefined;
  /** Figures for the summary. */
  readonly counts = { calls: 0, unchanged: 0, waits: 0, waited_seconds: 0 };

  constructor(options: SchedulerOptions) {
    this.#o = options;
    this.#parallel = options.parallel;
  }

  /** A percentage of the budget counts from the quotas of these. False while those are not known: an app's are not before its first answer. */
  fund(credentials: readonly Credential[]): boolean {
    const { budget } = this.#o;
    const limit = credentials.reduce((sum, each) => sum + (each.limits('core').limit ?? 0), 0);
    if (budget === undefined) return true;
    if (!('calls' in budget) && limit === 0) return false;
    this.#budget = callsOf(budget, limit);
    return true;
  }

  /**
   * Picks the credential for a request, and waits until one may be used. `home` is the place of the one to prefer: an ETag is known
   * only to the credential that got it. Throws SystemError `rate-limited` or `quota-budget`, and what the signal says.
   */
  async lease(
    candidates: readonly Credential[],
    resource: Resource,
    home: number,
    patience: Patience,
    signal: AbortSignal,
  ): Promise<Credential> {
    const { clock } = this.#o;
    await this.#slot(signal);
    try {
      if (this.#budget !== undefined && this.#spent >= this.#budget) throw budgetSpent(this.#spent, this.#budget);
      for (;;) {
        signal.throwIfAborted();
        const now = clock.now();
        const free = candidates.filter((each) => each.limits(resource).freeAt(this.#kept(each, resource), now) <= now);
        const chosen = free.includes(candidates[home]!) ? candidates[home] : richest(free, resource, now);
        if (chosen !== undefined) {
          chosen.limits(resource).take(now);
          this.counts.calls++;
          return chosen;
        }
        const next = Math.min(...candidates.map((each) => each.limits(resource).freeAt(this.#kept(each, resource), now)));
        await this.#wait(next - now + SLACK, patience, signal);
      }
    } catch (error) {
      this.#release();
      throw error;
    }
  }

  /** Takes note of an answer, `undefined` if none came, and of the limit that it tells of. Every lease is settled once. */
  settle(used: Credential, resource: Resource, reply: Reply | undefined, limited?: Limited): void {
    if (reply?.status === 304) this.counts.unchanged++;
    else this.#spent++;
    if (reply !== undefined) used.limits(resource).learn(reply.headers, this.#o.clock.now());
    // Before the slot is given back: who takes it must not ask within the limit.
    if (limited !== undefined) this.#limit(used.limits(resource), limited);
    this.#release();
  }

  /** Nobody uses the credential before the limit ends, and fewer requests run at once from here on. */
  #limit(limits: Limits, { scope, milliseconds, patience }: Limited): void {
    const now = this.#o.clock.now();
    if (scope === 'secondary') this.#parallel = Math.max(1, Math.floor(this.#parallel / 2));
    // The counters tell when the window ends, unless they lie: then the wait is as for a limit without a word.
    if (scope === 'primary' && limits.remaining(now) === 0) return;
    limits.block(now + (milliseconds ?? UNTOLD_WAIT * 2 ** patience.untold++));
  }

  #kept(one: Credential, resource: Resource): number {
    const { limit } = one.limits(resource);
    return one.shared && limit !== undefined ? Math.min(callsOf(this.#o.buffer, limit), limit * MOST_KEPT) : 0;
  }

  async #wait(milliseconds: number, patience: Patience, signal: AbortSignal): Promise<void> {
    const { clock, log, maxWaitSeconds } = this.#o;
    const seconds = Math.ceil(milliseconds / 1000);
    if (patience.waited + milliseconds > maxWaitSeconds * 1000) {
      throw waitTooLong({ seconds, allowed: maxWaitSeconds, why: 'no credential has calls left' });
    }
    if (milliseconds >= TOLD_WAIT) log.info('Waiting for the rate limit', { seconds });
    patience.waited += milliseconds;
    this.counts.waits++;
    this.counts.waited_seconds += seconds;
    await clock.sleep(milliseconds, signal);
  }

  async #slot(signal: AbortSignal): Promise<void> {
    // Requests on their way may turn out to be free (304): only then may the last of the budget be given twice.
    const full = (): boolean =>
      this.#running >= this.#parallel ||
      (this.#running > 0 && this.#budget !== undefined && this.#spent + this.#running >= this.#budget);
    while (full()) {
      await new Promise<void>((resolve, reject) => {
        if (signal.aborted) return reject(signal.reason as Error);
        const go = (): void => {
          signal.removeEventListener('abort', stop);
          resolve();
        };
        // Who is called off leaves the queue: a slot that was handed to it would be lost.
        const stop = (): void => {
          this.#queue.splice(this.#queue.indexOf(go), 1);
          reject(signal.reason as Error);
        };
        signal.addEventListener('abort', stop, { once: true });
        this.#queue.push(go);
      });
    }
    this.#running++;
  }

  #release(): void {
    this.#running--;
    this.#queue.shift()?.();
  }
}

function richest(free: readonly Credential[], resource: Resource, now: number): Credential | undefined {
  return free.toSorted((a, b) => b.limits(resource).remaining(now) - a.limits(resource).remaining(now) || 0)[0];
}
