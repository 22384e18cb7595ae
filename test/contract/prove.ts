import { readFileSync } from 'node:fs';
import { test } from 'vitest';
import { checksFor, runCheck, statement, type Check, type Subject } from '../../check/index.ts';

/** What is known about a statement for a plugin, where a check of `check/` does not tell. */
export interface Claim {
  /** It does not apply, and why. */
  readonly not?: string;
  /** It is not promised yet, and what for it waits. */
  readonly waits?: string;
  /** A test file that proves it, by a test whose title holds `[number]`. */
  readonly proof?: string;
}

/** Claims by plugin and number; `docs/statements.md` is made from them and from the checks. */
export function claims(plugin: string): Readonly<Record<string, Claim>> {
  const all = JSON.parse(readFileSync(new URL('claims.json', import.meta.url), 'utf8')) as Record<string, Record<string, Claim>>;
  return all[plugin] ?? {};
}

/**
 * One test for each statement that a subject is claimed to hold, named by its number and text. A check that cannot tell is
 * a failure: a statement is either held, or claimed not to apply or to wait.
 * @param numbers prove these only; all by default
 */
export function prove(subject: Subject, numbers?: readonly number[]): void {
  const known = claims(subject.name);
  for (const check of checksFor(subject)) {
    const claim = known[check.number];
    if (numbers === undefined ? claim?.not !== undefined || claim?.waits !== undefined : !numbers.includes(check.number))
      continue;
    test(titleOf(check), { timeout: 180_000 }, async () => {
      const verdict = await runCheck(check, subject);
      if (verdict.status === 'fails') throw verdict.error;
      if (verdict.status === 'skipped') throw new Error(`It is claimed to hold, but the check cannot tell: ${verdict.reason}`);
    });
  }
}

function titleOf(check: Check): string {
  return `[${check.number}] ${statement(check.number).text}`;
}
