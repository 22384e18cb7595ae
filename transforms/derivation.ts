import type { Json, JsonSchema, Setting } from '../singer/index.ts';
import type { Fields, Privacy } from './operation.ts';
import type { RuleContext, RuleExample, RuleValue, Shape } from './rule.ts';

/**
 * A way to make a new property that an expression cannot say, for the rule `set`: `{ checkin_id: { key_hash: { of: [...] } } }`. A literal
 * given to `defineDerivation`, one per file in `transforms/derivations/`; its name is the word in the config.
 */
export interface Derivation<S extends Setting = Setting> {
  readonly name: string;
  readonly summary: string;
  readonly notes?: readonly string[];
  /** What it takes, declared as a setting. */
  readonly setting: S;
  /** Runs in the tests and stands on the docs page. */
  readonly examples: readonly RuleExample[];
  /** `value` was checked by `setting`. Tells `context` what is wrong. */
  prepare(value: RuleValue<S>, shape: Shape, context: RuleContext): PreparedDerivation;
}

export interface PreparedDerivation {
  readonly schema: JsonSchema;
  /** How the new property hides what it is made of; absent: not at all. */
  readonly privacy?: Privacy;
  /** The new value; undefined leaves the property out. Throws RecordFault. */
  compute(record: Fields): Json | undefined;
}

/** In the derivation the value has the type that `setting` declares. */
export function defineDerivation<const S extends Setting>(derivation: Derivation<S>): Derivation;
export function defineDerivation(derivation: Derivation): Derivation {
  return derivation;
}
