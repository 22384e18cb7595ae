import type { JsonObject, JsonSchema, Row } from '../json.ts';
import type { Log } from '../log.ts';
import type { OnSchemaChange } from './schema-change.ts';

/** What a tap gives the core: streams, and how each is read. */

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
   * What becomes of properties that were added, dropped or given another type after the catalog was discovered. Their `sql-datatype` in the metadata tells the last. Absent: ignore.
   */
  readonly onSchemaChange?: OnSchemaChange;
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
