import { reasonOf } from './faults.ts';

/** A limit of requests is counted over some seconds, so that less is of no use. */
const FIRST_MS: Readonly<Record<string, number>> = {
  rateLimitExceeded: 2000,
  userRateLimitExceeded: 2000,
  jobRateLimitExceeded: 2000,
  concurrentUpdate: 1000,
};
const OTHERS_MS = 500;
/** As long as Google asks for: https://cloud.google.com/bigquery/sla */
const LONGEST_MS = 32_000;

/**
 * How long to wait, in ms, before another attempt: longer from attempt to attempt, and by the reason why the last one failed; up to half of it
 * is random, so that rivals do not meet again.
 * @param random in [0, 1)
 */
export function waitAfter(error: unknown, attempt: number, random = Math.random()): number {
  const first = FIRST_MS[reasonOf(error) ?? ''] ?? OTHERS_MS;
  return Math.round(Math.min(first * 2 ** (attempt - 1), LONGEST_MS) * (0.5 + random / 2));
}
