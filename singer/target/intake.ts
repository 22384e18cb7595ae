import { announcementOf, type Announcement, type Compile, type CoreConfig } from './announcement.ts';
import type { RecordCount } from './bad-records.ts';
import { batchFiles, type BatchFiles } from './batch-message.ts';
import type { Checkpoint } from './checkpoint.ts';
import { refuseActivation } from './completion.ts';
import { ConfigError, InputError } from '../errors.ts';
import { FastLane } from './fast-lane.ts';
import { GeneralLane, type Arrival, type Outcome } from './general-lane.ts';
import { compactText, memberRange } from '../json-bytes.ts';
import { stringifyExact } from '../json-text.ts';
import { isJsonObject, type Json, type JsonObject } from '../json.ts';
import type { Lines } from './lines.ts';
import type { Log } from '../log.ts';
import { isBlank, parseBareRecord, parseMessage, streamOf, versionOf } from './message.ts';
import type { Meter } from '../meter.ts';
import { encodeLinesOf, StreamLife, type OpenStream } from './open-stream.ts';
import { faultAt, lineText, orTooDeep, placeFacts, type Place } from './place.ts';
import type { Encoder, StreamHeader } from './destination.ts';
import { quarantineHeader, quarantineTaken } from './quarantine.ts';

const NEWLINE = 0x0a;

export interface IntakeOptions {
  readonly checkpoint: Checkpoint;
  readonly meter: Meter;
  readonly log: Log;
  readonly count: RecordCount;
  readonly runId: string;
  readonly quarantineStream: string;
  /** The target's config with what `stream_options` says of a stream. */
  readonly configOf: (stream: string) => CoreConfig;
  /** True if the batch now filling has its size. */
  readonly isFull: () => boolean;
  readonly compile: Compile;
  /** Hears each STATE's value, compact JSON. */
  readonly onState: (text: string) => void;
}

/** What must be done before the reading can go on. */
export type Demand =
  /** To be answered with `open`. Bad records go to the stream if it is the quarantine. */
  | { readonly kind: 'stream' | 'quarantine'; readonly header: StreamHeader }
  /** To be answered with `beginFile`, lines and `endFile` for each of its files, then `endBatch`. */
  | { readonly kind: 'batch'; readonly batch: BatchFiles }
  /** A BATCH of a stream that is left out. To be answered with `leaveOutBatch`. */
  | { readonly kind: 'left-out'; readonly batch: BatchFiles };

type Waiting = Demand & { readonly announcement?: Announcement };

/**
 * Reads message lines into a Checkpoint: the fast lane where the encoder takes raw lines, the general lane for all others.
 * Synchronous; stops where something else must be done first (see `demand`).
 */
export class Intake {
  /** Where it stands. */
  readonly place: Place = { line: 0, file: undefined };
  /** The newest STATE's value, parsed; undefined if none came. */
  lastState: Json | undefined;
  readonly #o: IntakeOptions;
  readonly #fast: FastLane;
  readonly #general: GeneralLane;
  readonly #streams = new Map<string, OpenStream>();
  /** Streams of which a bad record came after the newest STATE and was put aside. */
  readonly #isolated = new Set<string>();
  #waiting: Waiting | undefined;
  /** True if the line that led to the demand is to be read again. */
  #again = false;
  /** True at a STATE with which a full batch can leave. */
  #full = false;
  /** The BATCH whose lines are read now. */
  #batch: BatchFiles | undefined;

  constructor(options: IntakeOptions) {
    this.#o = options;
    this.#fast = new FastLane({ ...options, place: this.place });
    this.#general = new GeneralLane({ ...options, place: this.place });
  }

  /** The streams announced so far, without the quarantine. */
  get streams(): ReadonlyMap<string, OpenStream> {
    return this.#streams;
  }

  /** Those of which a record was put aside that the newest STATE does not cover. */
  get isolated(): ReadonlySet<string> {
    return this.#isolated;
  }

  /** The stream of bad records, once there is one. */
  get quarantine(): string | undefined {
    return this.#general.quarantine?.header.stream;
  }

  /** What must be done before `read` is called again. */
  get demand(): Demand | undefined {
    return this.#waiting;
  }

  /**
   * Reads lines from `from` on. Gives the offset to go on from: `lines.end`, or less when something is demanded, or after a STATE
   * that finds the batch full. Throws InputError and RecordError; everything before the bad line is in the checkpoint.
   */
  read(lines: Lines, from: number, now: number): number {
    const { bytes, end } = lines;
    let at = from;
    this.#full = false;
    while (at < end && this.#waiting === undefined && !this.#full) {
      const taken = this.#fast.take(bytes, at, end, now);
      if (taken > at) {
        at = taken;
        continue;
      }
      const stop = bytes.indexOf(NEWLINE, at) + 1;
      this.place.line++;
      const line = bytes.subarray(at, stop);
      orTooDeep(this.place, () => this.#message(line, now));
      if (this.#again) {
        this.#again = false;
        this.place.line--;
      } else at = stop;
    }
    return at;
  }

  /** Answers a demand for a stream with the destination's encoder; undefined leaves the stream out. */
  open(encoder: Encoder | undefined): void {
    const waiting = this.#waiting!;
    this.#waiting = undefined;
    if (waiting.kind === 'quarantine') return this.#openQuarantine(waiting.header, encoder);
    if (waiting.kind !== 'stream') return;
    const { header, announcement } = waiting;
    const { stream } = header;
    if (stream === this.quarantine) throw quarantineTaken();
    const life = this.#streams.get(stream)?.life ?? new StreamLife();
    const opened: OpenStream = {
      announcement: announcement!,
      header,
      properties: new Set(header.columns.map((column) => column.name)),
      part: encoder === undefined ? undefined : this.#o.checkpoint.open(header, encoder),
      encodeLines: encodeLinesOf(announcement!, encoder),
      watchesVersions: announcement!.config.activate_version,
      life,
    };
    this.#streams.set(stream, opened);
    this.#fast.open(opened);
  }

  #openQuarantine(header: StreamHeader, encoder: Encoder | undefined): void {
    if (encoder === undefined) {
      throw new ConfigError([{ path: 'quarantine_stream', message: 'the destination does not take this stream' }]);
    }
    this.#general.quarantine = this.#o.checkpoint.open(header, encoder);
  }

  /** From here on `read` gets lines of a file of the demanded BATCH, each framed as a RECORD; `path` is for messages. */
  beginFile(batch: BatchFiles, path: string): void {
    this.#waiting = undefined;
    this.#batch = batch;
    this.place.file = path;
    this.place.line = 0;
  }

  endFile(): void {
    this.#streams.get(this.#batch!.stream)!.life.batchFiles++;
  }

  /** `records` were found in files of the demanded BATCH; `uncounted`: how many files could not be looked into. */
  leaveOutBatch({ stream }: BatchFiles, records: number, uncounted: number): void {
    this.#waiting = undefined;
    const { life } = this.#streams.get(stream)!;
    life.leftOut += records;
    life.uncountedFiles += uncounted;
  }

  /** From here on `read` gets messages again; `line`: where the BATCH message stood. */
  endBatch(line: number): void {
    this.#waiting = undefined;
    this.#batch = undefined;
    this.place.file = undefined;
    this.place.line = line;
  }

  #message(line: Buffer, now: number): void {
    if (this.#batch !== undefined) return this.#bareRecord(this.#batch, line, now);
    if (isBlank(line)) return;
    const message = parseMessage(line, this.place);
    const type = message.type.toUpperCase();
    switch (type) {
      case 'RECORD':
        return this.#record(message, line, now);
      case 'SCHEMA':
        return this.#schema(message, line);
      case 'STATE':
        return this.#state(message, line, now);
      case 'ACTIVATE_VERSION':
        return this.#activate(message);
      case 'BATCH':
        return this.#batchMessage(message);
      default:
        return this.#o.log.warnOnce(`type ${type}`, 'Messages of an unknown type are left out', { type });
    }
  }

  #schema(message: JsonObject & { readonly type: string }, line: Buffer): void {
    const { compile, configOf } = this.#o;
    const announcement = announcementOf(message, line, {
      place: this.place,
      compile,
      configOf,
      known: (stream) => this.#streams.get(stream)?.announcement,
    });
    if (announcement !== undefined) this.#demandStream(announcement);
  }

  /** The destination sees the stream flat, and with notes of changes once there were any. */
  #demandStream(announcement: Announcement): void {
    const header = announcement.flattened?.header ?? announcement.header;
    const notesChanges = this.#streams.get(header.stream)?.life.notesChanges ?? false;
    this.#waiting = { kind: 'stream', header: { ...header, notesChanges }, announcement };
  }

  #record(message: JsonObject, line: Buffer, now: number): void {
    const stream = this.#known(message, 'RECORD');
    const record = message['record'];
    if (isJsonObject(record)) return this.#take(stream, { record, message, line, now });
    throw faultAt(this.place, { what: 'RECORD has no record', code: 'record-missing', facts: { stream: stream.header.stream } });
  }

  #bareRecord({ stream, head, tail, inherited }: BatchFiles, line: Buffer, now: number): void {
    const bare = line.subarray(head.length, line.length - tail.length);
    if (isBlank(bare)) return;
    const record = parseBareRecord(bare, this.place);
    this.#take(this.#streams.get(stream)!, { record, message: { type: 'RECORD', stream, ...inherited, record }, line, now });
  }

  #take(stream: OpenStream, arrival: Arrival): void {
    const { part, life, header } = stream;
    if (part === undefined) {
      life.leftOut++;
      return this.#tellLeftOut(stream);
    }
    const outcome = this.#general.take(stream, part, arrival);
    if (outcome !== 'taken' && outcome !== 'isolated') return this.#handInAgain(stream, outcome);
    life.reopened = 0;
    if (outcome === 'isolated') {
      this.#isolated.add(header.stream);
      return life.versions.isolated();
    }
    const { version } = arrival.message;
    const exact = versionOf(version);
    if (exact === undefined && typeof version === 'object' && version !== null) {
      this.#o.log.warnOnce(`version ${header.stream}`, 'A version that is no integer below 2^53 is taken as none', {
        stream: header.stream,
      });
    }
    life.versions.row(exact);
    this.#fast.current = stream;
  }

  #handInAgain(stream: OpenStream, outcome: Exclude<Outcome, 'taken' | 'isolated'>): void {
    this.#again = true;
    if (outcome === 'needs-quarantine') {
      const { quarantineStream } = this.#o;
      if (this.#streams.has(quarantineStream)) throw quarantineTaken();
      this.#waiting = { kind: 'quarantine', header: quarantineHeader(quarantineStream) };
      return;
    }
    const { life, header } = stream;
    // Each time it is for another property, or for notes: more would never end.
    if (life.reopened++ > header.columns.length) throw new Error(`The destination of ${header.stream} does not note a change`);
    life.notesChanges = true;
    this.#demandStream(stream.announcement);
  }

  #state(message: JsonObject, line: Buffer, now: number): void {
    const value = message['value'];
    if (value === undefined || value === null || (isJsonObject(value) && Object.keys(value).length === 0)) {
      this.#o.log.warnOnce('empty state', 'An empty STATE is left out: passing it on would wipe the stored bookmarks');
      return;
    }
    this.lastState = value;
    this.#isolated.clear();
    const range = memberRange(line, 0, line.length, 'value');
    const text = range === undefined ? stringifyExact(value) : compactText(line, range[0], range[1]);
    this.#o.checkpoint.state(text, now);
    this.#o.onState(text);
    this.#full = this.#o.isFull();
  }

  #activate(message: JsonObject): void {
    const stream = this.#known(message, 'ACTIVATE_VERSION');
    if (stream.part === undefined) return this.#tellLeftOut(stream);
    const name = stream.header.stream;
    if (!stream.watchesVersions) return this.#o.log.debug('ACTIVATE_VERSION is left out', { stream: name });
    const version = versionOf(message['version']);
    if (version === undefined) {
      throw faultAt(this.place, {
        what: 'ACTIVATE_VERSION has no version that is an integer below 2^53',
        code: 'activate-malformed',
        facts: { stream: name },
      });
    }
    const activation = stream.life.versions.activate(version);
    if (activation === 'now') stream.part = this.#o.checkpoint.activate(stream.part, version);
    else if (activation === 'unversioned') refuseActivation(this.#o.log, name, version, 'activate-without-versions');
  }

  #batchMessage(message: JsonObject): void {
    const stream = this.#known(message, 'BATCH');
    if (stream.part === undefined) return this.#leaveOutMessage(stream, message);
    this.#waiting = { kind: 'batch', batch: batchFiles(message, stream.header.stream, this.place) };
  }

  #leaveOutMessage(stream: OpenStream, message: JsonObject): void {
    this.#tellLeftOut(stream);
    try {
      this.#waiting = { kind: 'left-out', batch: batchFiles(message, stream.header.stream, this.place) };
    } catch (error) {
      // Nobody wants to read it.
      if (!(error instanceof InputError && error.code === 'batch-unsupported')) throw error;
      stream.life.uncountedFiles++;
    }
  }

  #tellLeftOut({ header }: OpenStream): void {
    this.#o.log.warnOnce(`left out ${header.stream}`, 'The destination leaves this stream out: its records are not loaded', {
      stream: header.stream,
    });
  }

  #known(message: JsonObject, type: string): OpenStream {
    const name = streamOf(message, type, this.place);
    const stream = this.#streams.get(name);
    if (stream !== undefined) return stream;
    throw new InputError(`${lineText(this.place)}: ${type} of ${name} came before its SCHEMA`, {
      code: 'record-before-schema',
      type: 'RecordsWithoutSchemaException',
      facts: { stream: name, ...placeFacts(this.place) },
    });
  }
}
