import type { Json, JsonSchema, Setting } from '../singer/index.ts';
import type { Fields, Privacy } from './operation.ts';
import type { RuleContext, RuleExample, Shape } from './rule.ts';

/**
 * A way to make a new property that an expression cannot say, for the rule `set`: `{ checkin_id: { key_hash: { of: [...] } } }`. A literal
 * given to `defineDerivation`, one per file in `transforms/derivations/`; its name is the word in the config.
 */
export interface Derivation {
  readonly name: string;
  readonly summary: string;
  readonly notes?: readonly string[];
  /** What it takes, declared as a setting. */
  readonly setting: Setting;
  /** Runs in the tests and stands on the docs page. */
  readonly examples: readonly RuleExample[];
  /** `value` was checked by `setting`. Tells `context` what is wrong. */
  prepare(value: Json, shape: Shape, context: RuleContext): PreparedDerivation;
}

export interface PreparedDerivation {
  readonly schema: JsonSchema;
  /** How the new property hides what it is made of; absent: not at all. */
  readonly privacy?: Privacy;
  /** The new value; undefined leaves the property out. Throws RecordFault. */
  compute(record: Fields): Json | undefined;
}

export function defineDerivation(derivation: Derivation): Derivation {
  return derivation;
}
