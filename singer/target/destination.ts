import type { Column } from '../columns.ts';
import type { RecordError } from '../errors.ts';
import type { Json, JsonObject, JsonSchema, Row } from '../json.ts';
import type { ByteBlocks } from './blocks.ts';

/** What the core hands a target, and what it asks of the destination. */

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
