import type { Json, JsonObject, JsonSchema, Log, Setting, SettingValue } from '../singer/index.ts';
import type { Quality } from './checks/quality.ts';
import type { Keep } from './engine/keeper.ts';
import type { Defaults, Fields, Privacy } from './operation.ts';
import type { Keys } from './keys.ts';
import type { RecordView } from './record.ts';

/** A stream at one point of its way through the rules. */
export interface Shape {
  readonly stream: string;
  /** An object schema with `properties`, references resolved. */
  readonly schema: JsonSchema;
  readonly keys: readonly string[];
  readonly bookmarks: readonly string[];
  /** What was done to hide a top-level property's value; absent: nothing. */
  readonly privacy: Readonly<Record<string, Privacy>>;
  /** No SCHEMA has come yet: it may have fields of any name, with any values. See `openShape`. */
  readonly isOpen?: true;
}

/** What a rule knows while it is compiled for a stream. */
export interface RuleContext {
  /** The stream's name as it came. */
  readonly stream: string;
  /** Where the rule stands in the config, for problems: `transforms.customers.rename`. */
  readonly path: string;
  /** Says what is wrong; all problems are reported together, with `path` before `at`. `prepare` then gives any prepared rule. */
  problem(message: string, at?: string): void;
  /** The stream is marked `personal: true`. */
  readonly personal: boolean;
  /** The rules are for several streams, or for all that a pattern means: not each has each field. */
  readonly isForMany: boolean;
  /** New names that the next `rename` gives, with the old ones. */
  readonly laterNames: ReadonlyMap<string, string>;
  /**
   * Fields, as they are called now, that become the key properties after this rule. Undefined: the keys stay, or it cannot be told which will
   * be, or rules before that tell rows apart by the present ones.
   */
  readonly laterKeys: readonly string[] | undefined;
  /** Names of the rules that run after this one. */
  readonly later: ReadonlySet<string>;
  readonly defaults: Defaults;
  readonly keys: Keys;
  readonly log: Log;
  /** Free values that expressions read as `config[...]`: `vars`, `stream_map_config`. */
  readonly vars: JsonObject;
  count(what: string, by?: number): void;
  readonly quality: Quality;
  /** What outlives a SCHEMA and is shared by all rules of the run (ledgers, values seen), made on first use, by name. */
  readonly shared: Keep;
  /** For what hangs on the config alone and takes time to make, such as a file that is read: kept from the check before the run on. */
  readonly once: Keep;
  /** True where rules are only checked or explained: nothing that they do may last. */
  readonly rehearsal: boolean;
  /** To be called before anything more is sent: nothing that a rule has noted may be less durable than what depends on it. */
  beforeSend(save: () => Promise<void>): void;
  /** To be called at the end of the run, whatever happened. */
  onClose(close: () => Promise<void> | void): void;
  /** Aborted when a signal asks to stop. */
  readonly signal: AbortSignal;
}

/** Where a rule puts records that are not the one it was given. */
export interface Emit {
  /**
   * A record of the rule's own stream, to go on with the next rule. One that was held back brings the rest of its message along. A record
   * that a later rule refuses is put aside by itself: nothing is thrown.
   */
  next(record: JsonObject, rest?: string): void;
  /**
   * The same for a record that was held back as the bytes that it was written as: JSON text at `bytes[start]`, a newline somewhere behind it.
   * What no rule touches leaves as it came.
   */
  again(bytes: Buffer, start: number, rest: string): void;
  /** What the message that brought the record under way says beside it (`time_extracted`, `version`): an object as JSON text. */
  rest(): string;
  /** A record of another stream, one of `children`: it goes the way of a record of that stream, with its rules. */
  child(stream: string, record: JsonObject): void;
}

/** A rule compiled for one SCHEMA of one stream. */
export interface PreparedRule {
  /** What comes out. Every record that does must be valid by its schema if it was before. */
  readonly shape: Shape;
  /** Fields of the incoming record, top level, whose value the rule hides: a record put aside does not show them. */
  readonly hides?: readonly string[];
  /** Fields, top level, whose value this rule makes a pseudonym of, in every record and for good. */
  readonly pseudonyms?: readonly string[];
  /** True if the last record that was applied has the pseudonym of such a field, however that ended. */
  hasPseudonym?(name: string): boolean;
  /** Names under which values of other fields go on, where fields had these names already. */
  readonly reuses?: readonly string[];
  /** The stream itself goes no further: its SCHEMA is not sent, no record of it comes out; those of `children` do. */
  readonly gone?: boolean;
  /** Streams beside it: their SCHEMA is sent before their first record. */
  readonly children?: readonly Shape[];
  /**
   * Changes the record in place and gives true, or gives false: it does not go on (dropped, held back, or handed to `emit` in another
   * form). Synchronous. Throws RecordFault.
   */
  apply(record: RecordView, emit: Emit): boolean;
  /**
   * For rules that hold records back. A STATE or ACTIVATE_VERSION that came when `taken` records had come waits until `released` has
   * reached that number: until all of them are out.
   */
  readonly buffer?: {
    /** Records that came, ever. */
    readonly taken: number;
    /** The first so many of them are out, or will never be. */
    readonly released: number;
    /**
     * Gives out what it holds: at a new SCHEMA (all of it), and at the end of the input (`last`), where it may keep what the next run will
     * read again: the STATEs after it then never leave. Yields now and then, so that much may be given out in little memory.
     */
    flush(emit: Emit, last: boolean): Iterable<void>;
  };
}

/**
 * A rule for a whole stream, a literal given to `defineRule`, one per file in `transforms/rules/`. Its name is the file's name and
 * the member of the stream's config.
 */
export interface Rule<S extends Setting = Setting> {
  readonly name: string;
  /** One sentence for the docs page. */
  readonly summary: string;
  readonly notes?: readonly string[];
  /** What it takes, declared as a setting. */
  readonly setting: S;
  /** Parts of it that run earlier, with the same value: right before the rule of this name, where the stream has that, too. */
  readonly before?: Readonly<Record<string, Rule>>;
  /** Runs in the tests and stands on the docs page. */
  readonly examples: readonly RuleExample[];
  /**
   * Tells what is wrong with it whatever the stream's fields are: asked at the start of a run, before any SCHEMA. Changes nothing. `value`
   * was checked by `setting`.
   */
  check?(value: RuleValue<S>, context: RuleContext): void;
  /** `value` was checked by `setting` and by `check`. */
  prepare(value: RuleValue<S>, shape: Shape, context: RuleContext): PreparedRule;
  /** Looks at other streams that it needs. `value` was checked by `setting`. */
  watches?(value: RuleValue<S>): readonly Watch[];
}

/** A rule knows the type of what it takes; whoever has any rule does not. */
export type RuleValue<S extends Setting> = Setting extends S ? Json : SettingValue<S>;

export interface RuleExample {
  /** The rules of the stream `s`, as in the config. */
  readonly rules: JsonObject;
  readonly schema: JsonSchema;
  readonly keys?: readonly string[];
  readonly input: readonly JsonObject[];
  /** Records that come out, with their stream if it is another. */
  readonly output: readonly JsonObject[];
}

/** A look at the records of another stream, after its own fields, checks and erasures. */
export interface Watch {
  readonly stream: string;
  /** Compiled for each SCHEMA of that stream; gives what is called with each record. Tells `context` what is wrong. */
  prepare(shape: Shape, context: RuleContext): (record: Fields) => void;
}

/** In the rule the value has the type that `setting` declares. */
export function defineRule<const S extends Setting>(rule: Rule<S>): Rule;
export function defineRule(rule: Rule): Rule {
  return rule;
}
