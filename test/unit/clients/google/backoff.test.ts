import { expect, test } from 'vitest';
import { waitAfter } from '../../../../clients/google/backoff.ts';
import { faults, jobFault, passes, reasonOf } from '../../../../clients/bigquery/errors.ts';

const failure = (reason: string, message = 'x'): Error =>
  faults.answer(403, { error: { message, errors: [{ reason, message }] } }, 'Trying', {});

test.each(['rateLimitExceeded', 'jobRateLimitExceeded', 'backendError', 'internalError', 'tableUnavailable'])(
  'what fails by %s is tried again',
  (reason) => {
    expect(passes(failure(reason))).toBe(true);
    expect(passes(jobFault([{ reason, message: 'x' }], 'Trying', {}))).toBe(true);
  },
);

test('waits grow from attempt to attempt up to half a minute; a limit of requests gets the ten seconds that it is counted over', () => {
  const waits = (reason: string): number[] => [1, 2, 3, 4, 5, 6, 7].map((attempt) => waitAfter(failure(reason), attempt, 1));
  expect(waits('backendError')).toEqual([500, 1000, 2000, 4000, 8000, 16_000, 32_000]);
  expect(waits('rateLimitExceeded')).toEqual([2000, 4000, 8000, 16_000, 32_000, 32_000, 32_000]);
  expect(waitAfter(failure('backendError'), 1, 0)).toBe(250);
  expect(waitAfter(new Error('other'), 1, 0)).toBe(250);
});

test('a quota of a day ends the run with what to do, one of a moment is waited for', () => {
  const day = failure('quotaExceeded', 'Quota exceeded: Your table exceeded quota for imports or query appends per table');
  expect(passes(day)).toBe(false);
  expect(day).toMatchObject({ code: 'quota', hint: expect.stringContaining('load_interval_seconds') });
  const moment = failure('quotaExceeded', 'Quota exceeded: Your project exceeded quota for concurrent queries.');
  expect(passes(moment)).toBe(true);
  expect(reasonOf(moment)).toBe('rateLimitExceeded');
});
