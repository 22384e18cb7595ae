import { rm } from 'node:fs/promises';
import {
  BlockPool,
  ByteBlocks,
  ConfigError,
  InputError,
  type JsonObject,
  type Stage,
  stringifyExact,
} from '../../singer/index.ts';
import {
  type BatchFiles,
  faultAt,
  type Lines,
  type Message,
  orTooDeep,
  parseBareRecord,
  parseMessage,
  type Place,
} from '../../singer/mapper/index.ts';
import { Held } from './held.ts';
import { keeper } from './keeper.ts';
import { BatchReader, BatchWriter } from './batch.ts';
import { emptyLine, loadRecordLine, readRecordLine, type RecordLine } from './message-line.ts';
import { PassedStreams } from './passed.ts';
import { RecordFlow } from './record-flow.ts';
import { buffersOf, childrenOf, type Route, routeOf, streamsOf } from './route.ts';
import type { RuleSet } from './rule-set.ts';
import { SentRecords } from './sent.ts';
import { StreamCounts } from './counts.ts';
import { Findings } from './findings.ts';
import { refuseNearMiss, tellUnmet } from './near-misses.ts';
import { qualityRecord, qualityShape, statsRecords, statsShape } from './report.ts';
import type { WayOptions } from './way.ts';

const NEWLINE = 0x0a;
/** Output gathered before it is handed on. */
const BLOCK_BYTES = 64 * 1024;

/** What becomes of the files of BATCH messages. */
export interface BatchOptions {
  /** True: a new file and a BATCH message that names it; false: RECORD messages. */
  readonly rewrite: boolean;
  /** Delete the files that were read, at the end of a good run. */
  readonly deleteFiles: boolean;
  readonly maxLineBytes: number;
}

interface WaitingBatch {
  readonly route: Route;
  readonly message: JsonObject;
}

/** Applies a rule set to a message stream. */
export class Transformer implements Stage {
  readonly #rules: RuleSet;
  readonly #options: WayOptions;
  readonly #place: Place = { line: 0, file: undefined };
  readonly #pool = new BlockPool();
  readonly #out = new ByteBlocks(this.#pool);
  readonly #line: RecordLine = emptyLine();
  readonly #sent = new SentRecords();
  readonly #passed = new PassedStreams(this.#sent);
  readonly #routes = new Map<string, Route>();
  readonly #held = new Held();
  readonly #counts = new StreamCounts();
  readonly #flow: RecordFlow;
  readonly #findings: Findings;
  /** What must be saved before anything more is sent. */
  readonly #savers: (() => Promise<void>)[] = [];
  readonly #closers: (() => Promise<void> | void)[] = [];
  /** The route whose records come now: tried first. */
  #current: Route | undefined;
  /** A route that has a new SCHEMA: what it holds is to be given out first. */
  #outdated: Route | undefined;
  readonly #batches: BatchOptions;
  /** A BATCH whose files are to be read before the next line. */
  #waiting: WaitingBatch | undefined;
  /** The BATCH whose files are being read. */
  #batch: { readonly files: BatchFiles; readonly route: Route } | undefined;
  /** Files that were read. */
  readonly #read: string[] = [];

  /** `rehearsal`: no file is written but those that are gone at the end. */
  constructor(rules: RuleSet, batches: BatchOptions, { rehearsal } = { rehearsal: false }) {
    this.#rules = rules;
    this.#batches = batches;
    this.#flow = new RecordFlow({
      out: this.#out,
      line: this.#line,
      place: this.#place,
      counts: this.#counts,
      sent: this.#sent,
      quarantine: rules.quarantine,
    });
    this.#findings = new Findings({ rules, isKept: !rehearsal });
    this.#options = {
      keys: rules.keys,
      defaults: rules.defaults,
      vars: rules.vars,
      log: rules.log,
      signal: rules.signal,
      count: (stream, what, by) => this.#counts.of(stream).note(what, by),
      shared: keeper(),
      once: rules.once,
      quality: this.#findings.quality,
      rehearsal,
      beforeSend: (save) => void this.#savers.push(save),
      onClose: (close) => void this.#closers.push(close),
    };
  }

  async *take(lines: Lines): AsyncGenerator<Buffer> {
    try {
      yield* this.#takeAll(lines);
    } catch (error) {
      // What was made of the lines before is good.
      yield* this.#drain();
      throw error;
    }
  }

  async *#takeAll({ bytes, start, end }: Lines): AsyncGenerator<Buffer> {
    this.#passed.start();
    for (let at = start; at < end;) {
      const passed = this.#passed.end(bytes, at, end);
      if (passed.end > at) {
        this.#place.line += passed.lines;
        if (passed.end - at >= BLOCK_BYTES / 2) {
          yield* this.#drain();
          yield bytes.subarray(at, passed.end);
        } else this.#out.append(bytes, at, passed.end);
        at = passed.end;
      } else {
        const next = this.#takeLine(bytes, at);
        if (this.#outdated === undefined) at = next;
        else yield* this.#giveOut(this.#outdated, false);
      }
      if (this.#waiting !== undefined) {
        const batch = this.#waiting;
        this.#waiting = undefined;
        yield* this.#takeBatch(batch);
      }
      if (this.#out.size >= BLOCK_BYTES) yield* this.#drain();
    }
    yield* this.#drain();
  }

  /** Gives out what a route holds. */
  async *#giveOut(route: Route, last: boolean): AsyncGenerator<Buffer> {
    for (const _ of this.#flow.flush(route, last)) {
      if (this.#out.size < BLOCK_BYTES) continue;
      yield* this.#drain();
      this.#rules.signal.throwIfAborted();
    }
    this.#release();
    yield* this.#drain();
  }

  async *finish(): AsyncGenerator<Buffer> {
    for (const route of this.#routes.values()) yield* this.#giveOut(route, true);
    this.#release();
    yield* this.#drain();
    if (this.#held.size > 0) {
      this.#rules.log.info('States wait for records that the next run reads again', { messages: this.#held.size });
    }
    tellUnmet(this.#rules);
    this.#counts.tell(this.#rules.log);
    yield* this.#report();
  }

  /** What the checks have found, and the counts. Throws QualityError if a check that is broken ends the run. */
  async *#report(): AsyncGenerator<Buffer> {
    const { report, statsStream } = this.#rules;
    const { checks, ended, started } = await this.#findings.tell({ complete: true });
    if (report.stream !== undefined && checks.length > 0) {
      const records = checks.map((finding) => qualityRecord(finding, { started, ended }));
      this.#flow.add(qualityShape(report.stream), records);
    }
    if (statsStream !== undefined) this.#flow.add(statsShape(statsStream), statsRecords(this.#counts));
    yield* this.#drain();
    const broken = this.#findings.quality.broken();
    if (broken !== undefined) throw broken.error();
  }

  sent(): Iterable<readonly [stream: string, records: number]> {
    return this.#sent.take();
  }

  async close(succeeded: boolean): Promise<void> {
    for (const close of this.#closers.splice(0)) await close();
    await this.#findings.close();
    if (!succeeded || !this.#batches.deleteFiles) return;
    for (const path of this.#read) await rm(path, { force: true });
  }

  async *#drain(): AsyncGenerator<Buffer> {
    if (this.#out.size === 0) return;
    for (const save of this.#savers) await save();
    if (this.#current !== undefined) this.#counts.of(this.#current.name).ended = new Date();
    const { blocks } = this.#out.takeAll();
    yield* blocks;
    this.#pool.give(blocks);
  }

  /** Takes the line at `at`; gives where the next one begins. With `#outdated` set, it has to be taken once more when that is given out. */
  #takeLine(bytes: Buffer, at: number): number {
    this.#place.line++;
    const route = this.#current;
    if (route?.way !== undefined && readRecordLine(this.#line, bytes, at, route.nameIn, route.way.view)) {
      this.#record(route);
      return this.#line.end;
    }
    const end = bytes.indexOf(NEWLINE, at) + 1;
    orTooDeep(this.#place, () => this.#message(bytes, at, end));
    return end;
  }

  #message(bytes: Buffer, start: number, end: number): void {
    const line = bytes.subarray(start, end);
    if (this.#batch !== undefined) return this.#bareRecord(this.#batch, line);
    if (isBlank(line)) return;
    const message = parseMessage(line, this.#place);
    switch (message.type.toUpperCase()) {
      case 'SCHEMA':
        return this.#schema(message, line);
      case 'RECORD':
        return this.#otherRecord(message, bytes, start, line);
      case 'STATE':
        return this.#hold(line, true);
      case 'ACTIVATE_VERSION':
        return this.#activate(message, line);
      case 'BATCH':
        return this.#batchMessage(message, line);
      default:
        // Whatever it is, its place among the others may matter.
        return this.#hold(line);
    }
  }

  /** A line of a BATCH file, in its frame, that could not be read from its bytes. */
  #bareRecord({ files, route }: { files: BatchFiles; route: Route }, line: Buffer): void {
    const { head, inherited, tail } = files;
    const bare = line.subarray(head.length, line.length - tail.length);
    if (isBlank(bare)) return;
    const record = parseBareRecord(bare, this.#place);
    loadRecordLine(this.#line, { stream: route.name, ...inherited, record }, this.#place, route.way!.view);
    this.#record(route);
  }

  /** A record of another stream than the one before, or one that had to be parsed. */
  #otherRecord(message: Message, bytes: Buffer, start: number, line: Buffer): void {
    const name = this.#streamOf(message);
    const route = this.#routes.get(name);
    if (route === undefined) {
      if (!this.#passed.has(name)) throw this.#early(name, 'RECORD');
      this.#passed.learn(name, line);
      return this.#out.append(line, 0, line.length);
    }
    this.#current = route;
    if (route.way === undefined) return this.#counts.of(name).came();
    if (!readRecordLine(this.#line, bytes, start, route.nameIn, route.way.view)) {
      loadRecordLine(this.#line, message, this.#place, route.way.view);
    }
    this.#record(route);
  }

  /** Runs the record that `#line` and the route's view hold. */
  #record(route: Route): void {
    const counts = this.#counts.of(route.name);
    counts.came();
    this.#flow.run(route);
    if (this.#held.size > 0) this.#release();
  }

  #schema(message: Message, line: Buffer): void {
    const name = this.#streamOf(message);
    const before = this.#routes.get(name);
    if (before?.line.equals(line) === true) return this.#flow.announce(before);
    const isGivenOut = this.#outdated !== undefined;
    this.#outdated = !isGivenOut && before !== undefined && buffersOf(before).length > 0 ? before : undefined;
    if (this.#outdated !== undefined) {
      this.#place.line--;
      return;
    }
    const announced = { message, line: Buffer.from(line), ancestors: [], place: this.#place };
    const route = routeOf(this.#rules, this.#options, name, announced);
    if (route === undefined) {
      refuseNearMiss(this.#rules, name);
      this.#passed.add(name);
      return this.#flow.announcePassed(name, line);
    }
    this.#routes.set(name, route);
    this.#current = route;
    // It is told of, too, if no record comes.
    this.#counts.of(name);
    this.#flow.announce(route);
  }

  #activate(message: Message, line: Buffer): void {
    const name = this.#streamOf(message);
    const route = this.#routes.get(name);
    if (route === undefined) {
      if (!this.#passed.has(name)) throw this.#early(name, 'ACTIVATE_VERSION');
      return this.#hold(line);
    }
    if (route.way === undefined) return;
    // A child without a record has its version too: its old rows must go.
    for (const child of childrenOf(route)) this.#flow.announce(child, { missing: true });
    for (const stream of streamsOf(route)) {
      this.#refuseShared(stream);
      this.#hold(stream === name ? line : Buffer.from(`${stringifyExact({ ...message, stream })}\n`));
    }
  }

  /** A version of one route would do away with the rows of the others. */
  #refuseShared(stream: string): void {
    const sources = this.#flow.sourcesOf(stream);
    if (sources.length < 2) return;
    const message = `${sources.join(' and ')} become the stream ${stream}, and one of them has a version that would delete the rows of the others; give it another name`;
    throw new ConfigError([{ path: '', message }], { code: 'transform-stream', facts: { stream } });
  }

  #batchMessage(message: Message, line: Buffer): void {
    const name = this.#streamOf(message);
    if (this.#passed.has(name)) return this.#hold(line);
    const route = this.#routes.get(name);
    if (route === undefined) throw this.#early(name, 'BATCH');
    if (route.way !== undefined) this.#waiting = { route, message };
  }

  /** Has the records of a BATCH go through the rules. */
  async *#takeBatch({ route, message }: WaitingBatch): AsyncGenerator<Buffer> {
    const reader = new BatchReader(message, route.name, this.#place);
    const writer = this.#batches.rewrite ? new BatchWriter(reader.batch, this.#pool) : undefined;
    this.#batch = { files: reader.batch, route };
    this.#flow.bare = writer === undefined ? undefined : { route, out: writer.out };
    try {
      for await (const { bytes, start, end } of reader.lines(this.#batches.maxLineBytes, this.#place)) {
        this.#current = route;
        for (let at = start; at < end;) at = this.#takeLine(bytes, at);
        await writer?.write();
        yield* this.#drain();
        // The files may be large.
        this.#rules.signal.throwIfAborted();
      }
      this.#endBatch();
      const rewritten = await writer?.finish(message, route.way!.shape.stream);
      if (rewritten !== undefined) this.#out.appendText(`${stringifyExact(rewritten)}\n`);
    } finally {
      this.#endBatch();
      await writer?.close();
    }
    this.#read.push(...reader.paths);
    this.#current = undefined;
  }

  #endBatch(): void {
    this.#batch = undefined;
    this.#flow.bare = undefined;
  }

  /** Passes a line on after all that is held back before it. */
  #hold(line: Buffer, isState = false): void {
    const chains = [...this.#routes.values()].map(buffersOf).filter((chain) => chain.length > 0);
    const waiting = this.#held.add(line, chains, isState);
    if (!waiting) this.#out.append(line, 0, line.length);
  }

  #release(): void {
    for (const line of this.#held.take()) this.#out.append(line, 0, line.length);
  }

  #streamOf(message: Message): string {
    const name = message['stream'];
    if (typeof name === 'string') return name;
    throw faultAt(this.#place, { what: `${message.type} has no stream name`, code: 'message-without-stream' });
  }

  #early(name: string, type: string): InputError {
    const { line } = this.#place;
    return new InputError(`Line ${line} of the input: ${type} of ${name} came before its SCHEMA`, {
      code: 'record-before-schema',
      type: 'RecordsWithoutSchemaException',
      facts: { stream: name, line },
    });
  }
}

function isBlank(line: Buffer): boolean {
  return line.every((byte) => byte === 0x20 || byte === NEWLINE || byte === 0x0d || byte === 0x09);
}
