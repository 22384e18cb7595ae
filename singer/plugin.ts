import type { ByteBlocks } from './target/blocks.ts';
import type { Column } from './columns.ts';
import type { RecordError } from './errors.ts';
import type { Json, JsonObject, JsonSchema, Row } from './json.ts';
import type { Log } from './log.ts';
import type { Config, Settings } from './settings.ts';
import type { Stage } from './stage.ts';

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

// ---------------------------------------------------------------------------------------------------------- taps

export interface Tap<S extends Settings = Settings> {
  readonly kind: 'tap';
  readonly name: string;
  readonly summary: string;
  readonly settings: S;
  /** More than those that follow from the contract (catalog, discover, state, about, test, structured-logging). */
  readonly capabilities?: readonly string[];
  readonly commands?: Readonly<Record<string, Command<S>>>;
  readonly modes?: Readonly<Record<string, Mode<S>>>;
  /** Finds the streams; cheap, because Meltano discovers before every run. */
  open(config: Config<S>, run: Run): Promise<Source>;
}

export interface Source {
  readonly streams: readonly Stream[];
  /**
   * How many streams may be read at once; absent: 1. What comes of them is written one after the other all the same: those whose turn has not come
   * are read ahead as far as a little memory goes.
   */
  readonly streamsAtOnce?: number;
  /** Called before the first stream is read, with those that will be. What it throws ends the run before anything is written. */
  prepare?(chosen: readonly Stream[]): Promise<void>;
  /** Called once, whatever happened. */
  close?(): Promise<void>;
}

export type ReplicationMethod = 'FULL_TABLE' | 'INCREMENTAL' | 'LOG_BASED';

/** One stream a tap can read. */
export interface Stream {
  /** `tap_stream_id` and, unless `name` says otherwise, the stream's name. */
  readonly id: string;
  readonly name?: string;
  /** An object schema with `properties`. */
  readonly schema: JsonSchema;
  readonly keys: readonly string[];
  /** Methods the user may choose from; the first is the default. One alone is forced. */
  readonly methods: readonly ReplicationMethod[];
  readonly replicationKey?: string;
  readonly validReplicationKeys?: readonly string[];
  /**
   * Replication keys that are no property: no record has them. As a replication method the name of one, in any case, means INCREMENTAL by it
   * (`XMIN`).
   */
  readonly virtualReplicationKeys?: readonly string[];
  /** Ids under which other taps keep the bookmark of this stream: looked at when there is none under its own. */
  readonly formerIds?: readonly string[];
  /** More root metadata, for example `schema-name`. */
  readonly metadata?: JsonObject;
  /** More metadata of top-level properties, for example `{ id: { 'sql-datatype': 'int8' } }` or `{ x: { inclusion: 'unsupported' } }`. */
  readonly propertyMetadata?: Readonly<Record<string, JsonObject>>;
  /**
   * The schema that rows have when this one is announced, for sources whose types are a guess of the day: a catalog may hold an older
   * one, and `read` can keep to it (`ReadRequest.schema`). Absent: `schema`, and the core converts.
   */
  given?(announced: JsonSchema): JsonSchema;
  /**
   * False if something of the source is known to be missing from a reading (asked before and after it): the rows that it did not give
   * may still be there, so none is activated away. Absent: a reading that ends has seen everything.
   */
  seesAll?(): boolean;
  /**
   * FULL_TABLE: why a reading that was cut short cannot go on at the bookmark of its last batch, in words for the log; the table is then read
   * from its beginning under another version. Undefined: it can. A stream without this, and without bookmarks, is always read from its beginning, and
   * keeps the version of a reading that was cut short.
   */
  cannotResume?(request: ReadRequest): Promise<string | undefined>;
  /** Reads the stream in order. Pull only: nothing is read before it is asked for. */
  read(request: ReadRequest): AsyncIterable<Batch>;
}

export interface ReadRequest {
  readonly method: ReplicationMethod;
  readonly replicationKey: string | undefined;
  /**
   * What the stream's last batch said, from the state; undefined at the first run. FULL_TABLE: undefined as well if the last reading came to
   * its end.
   */
  readonly bookmark: JsonObject | undefined;
  /** Keys in use (the catalog may override the stream's). */
  readonly keys: readonly string[];
  /** The schema that was announced: selected properties only, overrides applied. */
  readonly schema: JsonSchema;
  /** Selected top-level properties, in schema order. */
  readonly columns: readonly string[];
  /**
   * True when every selected property is selected whole and announced with the source's own type. When false, something must be
   * cut out below the top level or converted (the catalog overrides a type): `lines` are parsed again then, so give `rows`.
   */
  readonly whole: boolean;
  /** True for a FULL_TABLE whose records carry a version: rows of earlier ones are gone once it was read to its end. */
  readonly versioned: boolean;
  /** Read no more than this many records (for `--test`); undefined = all. */
  readonly limit: number | undefined;
  /** The constant bytes around a record, for taps that write RECORD lines themselves: `head` + `{…}` + `tail`. `tail` ends with a newline. */
  envelope(): { readonly head: Buffer; readonly tail: Buffer };
  readonly signal: AbortSignal;
  readonly log: Log;
}

/**
 * Some records, in order. Either `rows` (objects; the core selects and encodes) or `lines` (ready RECORD lines, the
 * fast lane). `bookmark`, if present, says: all up to here has been yielded, resume after it. A table that is always read whole from its
 * beginning has none.
 */
export interface Batch {
  readonly rows?: readonly Row[];
  readonly lines?: { readonly bytes: Buffer; readonly records: number };
  readonly bookmark?: JsonObject;
}

export function defineTap<const S extends Settings>(tap: Omit<Tap<S>, 'kind'>): Tap<S> {
  return { kind: 'tap', ...tap };
}

// ------------------------------------------------------------------------------------------------------- targets

export interface Target<S extends Settings = Settings> {
  readonly kind: 'target';
  readonly name: string;
  readonly summary: string;
  /** The plugin's own settings; the core adds those every target has (`targetSettings` in load-settings.ts). */
  readonly settings: S;
  readonly capabilities?: readonly string[];
  readonly commands?: Readonly<Record<string, Command<S>>>;
  readonly modes?: Readonly<Record<string, Mode<S>>>;
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

/** What a SCHEMA message announced, resolved. */
export interface StreamHeader {
  readonly stream: string;
  /** The schema as it came, `$ref` resolved. */
  readonly schema: JsonSchema;
  /** One per top-level property, in order. */
  readonly columns: readonly Column[];
  /** Key properties, each of them in `columns`. */
  readonly keys: readonly string[];
  /**
   * True once a value of the stream had to change: `_sdc_changes` then keeps what was changed (see `Encoder.encode`). The core
   * opens the stream anew when that happens first.
   */
  readonly notesChanges: boolean;
}

/** A value that could not be kept as it came. */
export interface Change {
  /** The property. */
  readonly column: string;
  /** Why, in a word or two, for programs too: `nul-character`, `out-of-range`, `invalid-null`. */
  readonly reason: string;
  /** What it was, as text, cut to 200 characters. */
  readonly old: string;
}

/** What surrounds a record in its message. */
export interface RecordMeta {
  readonly timeExtracted: string | undefined;
  readonly version: number | undefined;
  /** What the core has changed in the record (a bad value nulled); empty nearly always. */
  readonly changes: readonly Change[];
  /**
   * A line in which the record's own `{…}` stands from `recordStart` to `recordEnd`: the line as it came, or one written anew if
   * the core has reshaped the record (flattened it, changed a value).
   */
  readonly line: Buffer;
  readonly recordStart: number;
  readonly recordEnd: number;
}

/**
 * Turns one stream's records into the bytes its destination loads. Made at SCHEMA, pure, synchronous. The general lane
 * hands it validated objects; the fast lane hands it raw lines. Both must give the same bytes.
 */
export interface Encoder {
  /** Fields that are kept though the schema does not name them, so that nobody has to be told; true: all. */
  readonly keepsUnnamed?: true | ReadonlySet<string>;
  /**
   * General lane: appends one validated record to `out` (and counts it in `out.rows`). Gives 'changed' and appends nothing if a
   * value must change and the encoder could note that in `_sdc_changes`, but `header.notesChanges` is false, or if a column must
   * become wider for a value: the core opens the stream anew, with notes, and hands the record in again. Throws RecordError, with the property in `facts.property`, for a value
   * that the destination cannot hold; nothing was appended then.
   */
  encode(record: Row, meta: RecordMeta, out: ByteBlocks): 'changed' | void;
  /**
   * Fast lane, optional: takes whole lines from `chunk[start..end)` (each ends with a newline) as long as they are RECORD
   * lines of this stream which it can encode to the very bytes `encode` would give, valid ones only. Gives the offset of
   * the first line it leaves; `start` if none. Counts the rows in `out.rows`.
   */
  encodeLines?(chunk: Buffer, start: number, end: number, out: ByteBlocks): number;
}

/** Encoded records of one stream under one schema, in arrival order. */
export interface Part {
  readonly header: StreamHeader;
  readonly encoder: Encoder;
  readonly blocks: readonly Buffer[];
  readonly rows: number;
  readonly bytes: number;
  /**
   * A version of the stream that becomes the only one once this part (and all before it) is written: rows of a lower version, or of
   * none, are deleted or marked. The core has made sure that the version is complete; a row of a higher version stays.
   */
  readonly activate?: number;
}

/** What is committed together: all records before a STATE (or a bounded piece of them when no STATE came). */
export interface Unit {
  readonly parts: readonly Part[];
  /**
   * The STATE value, compact JSON text, that this unit brings up to date: everything before it, in all streams, is in this
   * unit or was loaded before. Undefined when the unit was cut for size before a STATE came, or at the end of an input without one.
   */
  readonly state: string | undefined;
  /** True for the last unit of an input that ended cleanly. */
  readonly last: boolean;
  /** The run ends with this unit, though its input has not ended cleanly: what stays open is lost. */
  readonly ends?: true;
}

/** A record that the destination's own system refuses, and why; the fault has `property` and `rule` among its facts if they are known. */
export interface RefusedRecord {
  readonly stream: string;
  readonly record: JsonObject;
  readonly fault: RecordError;
}

/** Where records go that only the destination's system refuses, if `on_bad_record` of their stream is quarantine. */
export interface Quarantine {
  /** Throws RecordError `too-many-bad-records` when the run may not have refused so many in all. */
  allow(refused: number): void;
  /** Makes a part of the quarantine's stream, to be written in the transaction that leaves them out. `refused`: in all, with these. */
  partOf(records: readonly RefusedRecord[], refused: number): Promise<Part>;
}

/** How an input ended that ended cleanly. */
export interface InputEnd {
  /** The streams whose end is proven. */
  readonly complete: ReadonlySet<string>;
  /** Streams of which bad records were put aside: one without a row was not empty. */
  readonly putAside?: ReadonlySet<string>;
  readonly state: string | undefined;
}

/** `C` is the target's config. */
export interface Destination<C extends object = object> {
  /**
   * Called at each SCHEMA that differs from the stream's last, and when changes must be noted from now on. Must be quick: makes the
   * encoder, may read the destination's catalog, leaves changes to `load`. `config` is the target's with what `stream_options` says
   * of this stream. Gives undefined if the stream is to be left out (by a policy): its records are counted and told, not loaded.
   */
  openStream(header: StreamHeader, config: C): Promise<Encoder | undefined>;
  /**
   * Called when a STATE is read, before any line behind it: `text` is its value, compact JSON. For destinations that must know behind which
   * records it came; `load` tells only the newest of a unit.
   */
  stateCame?(text: string): void;
  /**
   * Makes the unit durable; may be called again with the same unit. `committed` tells whether it (and all before it) is
   * durable and visible: only then may its state leave. `open` = safe so far, but a later unit or `finish` must complete it. A unit without
   * parts and state asks whether what is open can be committed by now: a state has waited for `max_state_age_seconds`.
   */
  load(unit: Unit, quarantine?: Quarantine): Promise<'committed' | 'open'>;
  /**
   * The input ended cleanly. `complete` names the streams whose end is proven (a STATE came after their last record and
   * does not say that they were still syncing). Completes what `load` left open (overwrite swap); after it all states may leave.
   */
  finish(end: InputEnd): Promise<void>;
  /** Called once, whatever happened; undoes what was left open. */
  close(): Promise<void>;
  /** Facts for the summary line of a stream, for example rows inserted, updated, unchanged. */
  summary?(stream: string): Readonly<Record<string, Json>>;
}

export function defineTarget<const S extends Settings>(target: Omit<Target<S>, 'kind'>): Target<S> {
  return { kind: 'target', ...target };
}

// ------------------------------------------------------------------------------------------------------- mappers

/** A plugin that stands between a tap and a target and changes messages. */
export interface Mapper<S extends Settings = Settings> {
  readonly kind: 'mapper';
  readonly name: string;
  readonly summary: string;
  readonly settings: S;
  readonly capabilities?: readonly string[];
  readonly commands?: Readonly<Record<string, Command<S>>>;
  readonly modes?: Readonly<Record<string, Mode<S>>>;
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
