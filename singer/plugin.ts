import type { Log } from './log.ts';
import type { Config, Settings } from './settings.ts';
import type { Stage } from './stage.ts';
import type { ReadRequest, Source, Stream } from './tap/source.ts';
import type { Destination } from './target/destination.ts';

/** What every plugin gets from the core while it runs. Nothing here is global. */
export interface Run {
  /** The executable's name, for example `tap-csv`. */
  readonly name: string;
  readonly version: string;
  readonly log: Log;
  /** Aborted when a signal asks to stop. */
  readonly signal: AbortSignal;
}

/** A sub-command beside the Singer job, for example `target-postgres state get --config …`. */
export interface Command<S extends Settings> {
  readonly summary: string;
  /** Gives the text for stdout, without the final newline; an empty string prints nothing. */
  run(config: Config<S>, run: Run, args: readonly string[]): Promise<string>;
}

/**
 * A way of running that answers a question instead of moving data: `tap-csv --check --config …`. Its name is the flag; `--format
 * json` asks for one JSON document, anything else for text.
 */
export interface Mode<S extends Settings> {
  readonly summary: string;
  run(config: Config<S>, run: Run, ask: Ask): Promise<Answer>;
}

export interface Ask {
  readonly format: 'text' | 'json';
  /** The file of `--catalog`, parsed; undefined if none was given. */
  readonly catalog: unknown;
  /** Messages on stdin (or of `--input`), for targets; ends at once if stdin is a terminal. */
  readonly input: AsyncIterable<Buffer>;
  /**
   * For targets: reads `input` to its end as a load does (through the rules of the settings, schemas resolved, options per stream, flattening, checks) and hands all to this
   * destination; no state is printed. The destination is closed by then. Throws what a load throws.
   */
  readonly rehearse: (destination: Destination) => Promise<void>;
  /** For taps: what a run with this catalog and the state of `--state` would ask of these streams, in its order. Throws ConfigError. */
  readonly requests: (streams: readonly Stream[]) => Promise<readonly StreamRequest[]>;
}

/** One stream that a run would read. */
export interface StreamRequest {
  readonly stream: Stream;
  readonly request: ReadRequest;
}

export interface Answer {
  /** For stdout, without the final newline. */
  readonly text: string;
  /** False ends the run with exit code 1: the question was asked because somebody wants to know. */
  readonly ok: boolean;
}

/** What all plugins say of themselves. */
interface Facts<S extends Settings> {
  readonly name: string;
  readonly summary: string;
  /** The plugin's own; the core adds those that every plugin of its kind has. */
  readonly settings: S;
  /** More than those that follow from the contract (catalog, discover, state, about, test, structured-logging). */
  readonly capabilities?: readonly string[];
  readonly commands?: Readonly<Record<string, Command<S>>>;
  readonly modes?: Readonly<Record<string, Mode<S>>>;
}

export interface Tap<S extends Settings = Settings> extends Facts<S> {
  readonly kind: 'tap';
  /** Finds the streams; cheap, because Meltano discovers before every run. */
  open(config: Config<S>, run: Run): Promise<Source>;
}

export function defineTap<const S extends Settings>(tap: Omit<Tap<S>, 'kind'>): Tap<S> {
  return { kind: 'tap', ...tap };
}

export interface Target<S extends Settings = Settings> extends Facts<S> {
  readonly kind: 'target';
  open(config: Config<S>, run: TargetRun): Promise<Destination<Config<S>>>;
}

export interface TargetRun extends Run {
  /** When this run started; `_sdc_sync_started_at`. */
  readonly startedAt: Date;
  /** Names this run in ledgers, manifests and file names: the setting `run_id`, or one of its own. */
  readonly runId: string;
  /** Times for metadata columns; the members are updated by the core as input arrives. */
  readonly clock: Clock;
}

export interface Clock {
  /** When the chunk now being encoded was read from the input. */
  receivedAt: Date;
  /** When the unit now being filled was begun. */
  batchedAt: Date;
}

export function defineTarget<const S extends Settings>(target: Omit<Target<S>, 'kind'>): Target<S> {
  return { kind: 'target', ...target };
}

/** A plugin that stands between a tap and a target and changes messages. */
export interface Mapper<S extends Settings = Settings> extends Facts<S> {
  readonly kind: 'mapper';
  /** Throws ConfigError with all that is wrong with the rules and can be told before the first message. */
  open(config: Config<S>, run: Run): Promise<Stage>;
}

/** Rules that any tap or target can have in its settings, without knowing of them. */
export interface Rules {
  readonly settings: Settings;
  /** True if a config has some. */
  areIn(config: object): boolean;
  /** `rehearsal`: nothing that they do may last. Throws ConfigError. */
  open(config: object, run: Run, how?: { readonly rehearsal: boolean }): Promise<Stage>;
}

/** What an executable runs. */
export type Plugin = Tap | Target | Mapper;

export function defineMapper<const S extends Settings>(mapper: Omit<Mapper<S>, 'kind'>): Mapper<S> {
  return { kind: 'mapper', ...mapper };
}
