import { SystemError } from '../../../singer/tap/index.ts';

/** The wait for quota would be longer than allowed. What was read so far is in the state. */
export function waitTooLong(o: { readonly seconds: number; readonly allowed: number; readonly why: string }): SystemError {
  return new SystemError(`Stopped at a rate limit: ${o.why}, and the wait is longer than max_wait_seconds allows`, {
    code: 'rate-limited',
    facts: { wait_seconds: o.seconds, max_wait_seconds: o.allowed },
    hint: 'The state holds all that was read: run again later, add tokens, or allow a longer wait.',
  });
}

/** The run has used what `quota_budget` gives it. */
export function budgetSpent(spent: number, budget: number): SystemError {
  return new SystemError('Stopped because quota_budget is used up', {
    code: 'quota-budget',
    facts: { calls: spent, quota_budget: budget },
    hint: 'The state holds all that was read: the next run goes on from there.',
  });
}
