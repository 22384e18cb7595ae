import { ValueFault } from '../fault.ts';
import type { Fields } from '../operation.ts';
import { isList, type Value } from './values.ts';

/** What an evaluation goes by. One serves all records in turn. */
export interface Turn {
  record: Fields;
  readonly locals: Value[];
  /** What was spent of each budget. */
  steps: number;
  rounds: number;
}

/** Steps of one evaluation: calls, operators, and a share for long texts. */
const MAX_STEPS = 1_000_000;
/** Items that all comprehensions of one evaluation go through. */
export const MAX_ROUNDS = 10_000;

/** Counts a step, and a share for a long value. Throws ValueFault `expression-budget`. */
export function spend(turn: Turn, value: Value): void {
  turn.steps += typeof value === 'string' ? 1 + (value.length >> 6) : isList(value) ? 1 + (value.length >> 3) : 1;
  if (turn.steps > MAX_STEPS) throw spent('takes too many steps');
}

function spent(what: string): ValueFault {
  return new ValueFault('expression-budget', `the expression ${what}`);
}

/** Counts an item that a comprehension goes through. Throws ValueFault `expression-budget`. */
export function spendRound(turn: Turn): void {
  if (++turn.rounds > MAX_ROUNDS) throw spent(`goes through more than ${MAX_ROUNDS} items`);
}
