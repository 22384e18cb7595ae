import { setTimeout as sleep } from 'node:timers/promises';

export interface RetryOptions {
  /** Attempts after the first. */
  readonly retries: number;
  /** Ends a wait at once; its reason is thrown. */
  readonly signal: AbortSignal;
  /** Whether another attempt can help; may put things right first. */
  readonly again: (error: unknown) => Promise<boolean>;
  /** How long to wait before the attempt behind this one; left out: `waitFor`. */
  readonly waitMs?: (error: unknown, attempt: number) => number;
  /** Told before each wait. */
  readonly onWait: (error: unknown, attempt: number, waitMs: number) => void;
}

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 10_000;

/** Runs `attempt` until it succeeds, `again` says no or the attempts are used up; throws the last error as it is. */
export async function withRetry<T>(attempt: () => Promise<T>, options: RetryOptions): Promise<T> {
  for (let n = 1; ; n++) {
    try {
      return await attempt();
    } catch (error) {
      if (!(await options.again(error)) || n > options.retries) throw error;
      const waitMs = options.waitMs?.(error, n) ?? waitFor(n, Math.random());
      options.onWait(error, n, waitMs);
      await wait(waitMs, options.signal);
    }
  }
}

/** Doubles with every attempt; up to half of it is random, so that rivals do not meet again. `random` is in [0, 1). */
export function waitFor(attempt: number, random: number): number {
  return Math.round(Math.min(FIRST_WAIT_MS * 2 ** (attempt - 1), LONGEST_WAIT_MS) * (0.5 + random / 2));
}

async function wait(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await sleep(ms, undefined, { signal });
  } catch {
    // Only an abort ends a sleep early; what it was for is in the reason.
    throw signal.reason;
  }
}
