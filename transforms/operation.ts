import type { Config, Json, JsonObject, JsonSchema, Log, Setting, Settings } from '../singer/index.ts';
import type { Judge, JudgeOptions } from './checks/judge.ts';
import type { Keep } from './engine/keeper.ts';
import type { OnError } from './fault.ts';
import type { Keys } from './keys.ts';

/** What a privacy operation makes of personal data, in the words of the GDPR: see docs/privacy.md. */
export type Privacy =
  /** Still personal data for whoever holds the key. */
  | 'pseudonym'
  /** Coarser, or a part only; may still single a person out. */
  | 'reduced'
  /** Gone. */
  | 'removed';

/** Read access to the record that a value belongs to. */
export interface Fields {
  /** The value of a top-level property as it is now; undefined if it is absent. */
  get(name: string): Json | undefined;
  /** All of it as a value, where the record has more than the schema says. */
  toObject?(): JsonObject;
}

/** What an operation knows of the field that it is compiled for. */
export interface Field {
  /** The stream as it came. */
  readonly stream: string;
  /** Dotted, `[]` for the items of a list: `address.zip`, `tags[]`. */
  readonly path: string;
  /** The schema of the value before the operation, references resolved. */
  readonly schema: JsonSchema;
  /** True if the value is a key property, or in one. */
  readonly isKey: boolean;
  /** The schema of another top-level property; undefined if there is none. */
  schemaOf(name: string): JsonSchema | undefined;
  /** The names of all top-level properties. */
  readonly names: readonly string[];
  readonly defaults: Defaults;
  readonly keys: Keys;
  readonly log: Log;
  /** For what hangs on the parameters alone and takes time to make: kept for the run. */
  readonly once: Keep;
  /**
   * Says what is wrong with the parameters for this field, with a path below the operation (`''` for all of it). All problems are
   * reported together; `prepare` then gives any step.
   */
  problem(message: string, at?: string): void;
  /** The judge of a check of the field, which counts what it says for the report. */
  judge(check: string, o: Pick<JudgeOptions, 'severity' | 'threshold'>): Judge;
  /** Where the count of something that users are told at the end of the run goes: `ambiguous-time`, `fuzzy-match`. */
  count(what: string, by?: number): void;
}

/** Values that rules and operations take where their own parameters say nothing. */
export interface Defaults {
  readonly locale: string;
  /** IANA name. */
  readonly zone: string;
  readonly onError: OnError | undefined;
}

/** An operation compiled for one field. */
export interface Step {
  /** The schema of what comes out, true for every value that `apply` can give. */
  readonly schema: JsonSchema;
  /** Name of a new property of the record that keeps the value which came to the field's first step. */
  readonly keeps?: string;
  /**
   * The new value. Pure but for what `keys` and `count` keep. Is not called for null unless the operation says `takesNull`, nor for an
   * absent value unless it says `takesAbsent`. Undefined takes the property away. Throws ValueFault for a value that it cannot take.
   */
  apply(value: Json | undefined, record: Fields): Json | undefined;
  /** The same as `apply` without making strings, for a step that is taken millions of times. Pure. */
  readonly bytes?: ByteStep;
  /** True if it logs values. */
  readonly shows?: boolean;
  /** Top-level properties whose values it may give in place of its own. */
  readonly reads?: readonly string[];
  /** Top-level properties whose values it looks at as they were before the rule: `begin` takes them. */
  readonly looksAt?: readonly string[];
  /** Is called with each record before any step of the rule is taken. */
  begin?(record: Fields): void;
  /** The key that it uses: the schema names it. */
  readonly keyId?: string;
  /** True if it gives every value back as it is, so that it need not be called. */
  readonly idle?: true;
  /** True if the operation, told what it was told here, hides nothing. */
  readonly clear?: true;
  /** What `merges` says of the operation, told what it was told here. */
  readonly merges?: boolean;
  /** New properties that it makes of the same value. Only where the field is a top-level property; null where `apply` is not called. */
  readonly also?: readonly AlsoStep[];
}

/** A step on the bytes of a text that JSON spells without escapes. */
export interface ByteStep {
  /** How many bytes it writes at most for a text of so many. */
  most(length: number): number;
  /**
   * Writes the JSON text of the new value of `bytes[start..end)`, which is valid UTF-8, to `out` from `at` on. Gives where that ends; `at`
   * if the text stays as it is. Throws nothing.
   */
  write(bytes: Uint8Array, start: number, end: number, out: Uint8Array, at: number): number;
}

export interface AlsoStep {
  readonly name: string;
  readonly schema: JsonSchema;
  readonly keyId: string;
  apply(value: Json): Json;
}

/**
 * An operation on one value, a literal given to `defineOperation`, one per file in `transforms/operations/`. Its name is the file's
 * name and the word in the config.
 */
export interface Operation<P extends Settings = Settings> {
  readonly name: string;
  readonly group: Group;
  /** One sentence for the docs page. */
  readonly summary: string;
  /** More for the docs page: limits, choices, what it does not do. */
  readonly notes?: readonly string[];
  /** What it can be told, as settings are declared. */
  readonly parameters: P;
  /** The parameter that a bare value stands for: `{ truncate: 10 }`. */
  readonly main?: string;
  /** Present for operations that exist to hide: errors then never fall back to anything but `fail`, `redact`, `drop_record`, `quarantine`. */
  readonly privacy?: Privacy;
  /**
   * Different values may come out equal, because what tells them apart goes (not: because one value is written in one form). Rows with such
   * keys would become one: a key that it hides is refused, one that it cleans is warned of.
   */
  readonly merges?: true;
  readonly takesNull?: true;
  readonly takesAbsent?: true;
  /** Runs in the tests and stands on the docs page. Schema defaults to that of a string that may be null. */
  readonly examples: readonly Example[];
  prepare(parameters: Config<P>, field: Field): Step;
}

export type Group = 'text' | 'nulls' | 'numbers' | 'booleans' | 'times' | 'contacts' | 'codes' | 'values' | 'typing' | 'privacy';

export interface Example {
  /** As in the config: a word, or `{ op: parameters }`. */
  readonly step: Json;
  readonly schema?: JsonSchema;
  readonly input: Json;
  /** Undefined: the value is refused. */
  readonly output?: Json;
}

export function defineOperation<const P extends Settings>(operation: Operation<P>): Operation {
  return operation;
}

/** Parameters that every operation takes beside its own. */
export const COMMON_PARAMETERS = {
  on_error: {
    type: 'string',
    options: ['fail', 'quarantine', 'drop_record', 'null', 'redact'],
    description:
      'What becomes of a value that the operation cannot take: `fail` ends the run, `quarantine` puts the record aside, `drop_record` leaves it out (counted), `null` and `redact` put null or a constant in its place. Cleaning operations quarantine unless told otherwise, privacy operations fail.',
  },
  when: {
    type: ['string', 'array', 'object'],
    description:
      'Only for records for which this holds: an expression, or `{field, equals | in | matches | gt | lt | is_null}` (a list of them: all).',
  },
} as const satisfies Record<string, Setting>;
