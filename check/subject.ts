import type { Kind } from './statements.ts';
import type { Way } from './ways.ts';

/** A JSON object that is passed to the executable or came from it. */
export type Config = Readonly<Record<string, unknown>>;

/** Any Singer executable, and what its owner can give the checks to look closer. What is missing makes checks skip. */
export interface Subject {
  readonly kind: Kind;
  /** The plugin's name, for example `tap-csv`; names of environment variables are made from it. */
  readonly name: string;
  /** The executable and its leading arguments. */
  readonly command: readonly [string, ...string[]];
  /** Settings that work. Given by `makeSource` or `makeDestination` too, which go first. */
  readonly config: Config;
  /** Where it is run; the folder of the check by default. */
  readonly cwd?: string;
  /** More arguments for a run with these arguments and a config: a catalog, for a tap that needs one. */
  readonly moreArgs?: (args: readonly string[]) => readonly string[];
  /** Targets: true when all checks load one destination; each check's streams get names of their own then. */
  readonly oneDestination?: boolean;
  /** Variables to set for every run. */
  readonly env?: Readonly<Record<string, string>>;
  /** A secret setting, and a value that may stand in a working config. */
  readonly secret?: { readonly setting: string; readonly value: string };
  /** Settings that are wrong, to be laid over working ones, and words that must be said; the first spoils settings that `config` has. */
  readonly badConfigs?: readonly { readonly config: Config; readonly mentions: readonly string[] }[];
  /** Exit code for a bad config, where one is promised; any non-zero code otherwise. */
  readonly badConfigExit?: number;
  /** Settings of which at least one must be given; empty when it runs without any. */
  readonly needs?: readonly string[];
  /** Taps: a source of the wished kind; undefined when there is none. The caller gets a new one each time. */
  readonly makeSource?: (wish: SourceWish, amount: number) => Promise<Source | undefined>;
  /** Targets: an empty destination of its own for each call. */
  readonly makeDestination?: (settings: Config) => Promise<Destination>;
  /** Settings by the way in which they make it work; a way that is missing makes checks skip. */
  readonly ways?: Readonly<Partial<Record<Way, Config>>>;
  /** Targets: whether two runs at a time may load a destination; told by the runs when it is not known. */
  readonly sharesDestination?: boolean;
}

/**
 * - `small`: a few records in one or more streams, one of them with at least three properties
 * - `streams`: two streams or more, each with at least three records
 * - `keyed`: a stream with a key property
 * - `bytes`: at least `amount` bytes of records in one stream
 * - `columns`: one stream of `amount` properties
 * - `empty`: a stream without records
 * - `growing`: as `small`; `grow` adds records to one stream
 * - `odd-names`: property names such as `a.b`, `items` or with spaces
 * - `odd-text`: values with NUL, lone surrogates, 4-byte characters or line separators
 * - `nested`: a stream with an object of at least two members, and an array of objects
 * - `failing`: a stream whose reading fails after at least one record
 * - `files`: one stream from several parts, its records numbered by their first property in reading order
 */
export type SourceWish =
  | 'small'
  | 'streams'
  | 'keyed'
  | 'bytes'
  | 'columns'
  | 'empty'
  | 'growing'
  | 'odd-names'
  | 'odd-text'
  | 'nested'
  | 'failing'
  | 'files';

/** A source that a tap can read. */
export interface Source {
  readonly config: Config;
  /** How many records a full read gives, where known. */
  readonly records?: number;
  /** Adds records; gives how many. */
  readonly grow?: () => Promise<number>;
  readonly drop?: () => Promise<void>;
}

/** A destination that a target can load. */
export interface Destination {
  readonly config: Config;
  /** The rows of a stream in the destination, every value as text: JSON for objects and arrays, the source text for numbers. */
  readonly readBack?: (stream: string) => Promise<readonly StoredRow[]>;
  /** Names of everything made for streams so far. */
  readonly names?: () => Promise<readonly string[]>;
  readonly drop?: () => Promise<void>;
}

/** Column name to the value's text, null for null. */
export type StoredRow = Readonly<Record<string, string | null>>;
