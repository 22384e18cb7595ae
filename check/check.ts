import type { Lab } from './lab.ts';
import type { Kind } from './statements.ts';

/** One statement put to the test. `run` throws with evidence when it does not hold, and `Skipped` when it cannot tell. */
export interface Check {
  /** Number of the statement. */
  readonly number: number;
  /** What it tries, in a few words. */
  readonly name: string;
  readonly kinds: readonly Kind[];
  run(lab: Lab): Promise<void>;
}

/** Thrown by a check that lacks what it needs to tell whether its statement holds. */
export class Skipped extends Error {
  override readonly name = 'Skipped';
}

/** What came of a check. */
export type Verdict =
  | { readonly status: 'holds' }
  | { readonly status: 'fails'; readonly error: unknown }
  | { readonly status: 'skipped'; readonly reason: string };

/** Takes part in type inference only: a check of the given kinds. */
export function check(number: number, name: string, kinds: readonly Kind[], run: (lab: Lab) => Promise<void>): Check {
  return { number, name, kinds, run };
}
