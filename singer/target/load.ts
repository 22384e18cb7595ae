import { setImmediate } from 'node:timers/promises';
import type { CoreConfig } from './announcement.ts';
import { RecordCount } from './bad-records.ts';
import { openBatchFile } from './batch-files.ts';
import { BatchFrames } from './batch-frames.ts';
import type { BatchFile, BatchFiles } from './batch-message.ts';
import { BlockPool } from './blocks.ts';
import { Checkpoint } from './checkpoint.ts';
import { activateWaiting, completeStreams, unfinishedInput } from './completion.ts';
import { InputError, SystemError, TaplineError } from '../errors.ts';
import { Intake, type Demand } from './intake.ts';
import type { Json } from '../json.ts';
import { filledLines, wholeLines, type Lines } from './lines.ts';
import { targetSettings } from './load-settings.ts';
import type { Meter } from '../meter.ts';
import type { Output } from '../output.ts';
import type { Clock, Run, Target, TargetRun } from '../plugin.ts';
import type { Destination } from './destination.ts';
import { isWholeMessage } from './message.ts';
import { quarantineConfig, quarantineTaken } from './quarantine.ts';
import { RefusedRecords } from './refused-records.ts';
import { newRunId } from './run-id.ts';
import { streamOptions, type StreamOptions } from '../shell/stream-options.ts';
import { NOTHING_MORE, UnitLoader } from './unit-loader.ts';
import { createValidator } from './validate.ts';

/** Encoders make text of the clock's times each time it moves, each for its own stream. */
const CLOCK_STEP_MS = 10;
/** The first batch is small, so that the destination has work early; each one may be twice the one before. */
const FIRST_BATCH = { rows: 10_000, bytes: 1024 * 1024 };

/** So much is read at once while the unit on its way has many streams: the destination waits for us at each of them. */
const SHORT_READ_BYTES = 32 * 1024;
const NEWLINE = 0x0a;

export interface LoadOptions {
  readonly target: Target;
  /** Validated: the target's own settings and those of `targetSettings`. */
  readonly config: object;
  readonly run: Run;
  readonly input: AsyncIterable<Buffer>;
  /** States go here, and nothing else. */
  readonly output: Output;
  readonly meter: Meter;
}

/**
 * The target's way: read lines, check and encode them, cut units at STATEs, load them one after another, print each unit's
 * state once it and all before it is durable. While one unit loads, the next one fills.
 *
 * What a failure leaves: rows that a received STATE covers are still loaded and that state printed (unless loading
 * itself failed); rows after it are left for the next run. End of input alone proves nothing: see `completion.ts`.
 */
export async function load(options: LoadOptions): Promise<void> {
  const startedAt = new Date();
  const clock: Clock = { receivedAt: startedAt, batchedAt: startedAt };
  const runId = (options.config as CoreConfig).run_id ?? newRunId(startedAt);
  const run: TargetRun = { ...options.run, startedAt, runId, clock };
  const destination = await options.target.open(options.config as never, run);
  const loader = new Loader(options, destination, run);
  try {
    await loader.read();
    await loader.finish();
  } catch (error) {
    await loader.salvage();
    await destination.close().catch((cause: unknown) => {
      run.log.error('What the run has left open could not be undone either', {
        cause: cause instanceof TaplineError ? cause.code : String(cause),
      });
    });
    loader.summarize();
    throw error;
  }
  await destination.close();
  loader.summarize();
}

class Loader {
  readonly #o: LoadOptions;
  readonly #config: CoreConfig;
  readonly #streamOptions: StreamOptions<CoreConfig>;
  readonly #destination: Destination;
  readonly #clock: Clock;
  readonly #checkpoint: Checkpoint;
  readonly #units: UnitLoader;
  readonly #count: RecordCount;
  readonly #refused: RefusedRecords;
  readonly #intake: Intake;
  /** When the batch now filling is full. */
  #full: { rows: number; bytes: number };

  constructor(options: LoadOptions, destination: Destination, { clock, runId }: TargetRun) {
    const { meter, output, run, target } = options;
    const { log } = run;
    const config = options.config as CoreConfig;
    const pool = new BlockPool();
    this.#o = options;
    this.#config = config;
    this.#streamOptions = streamOptions({ ...targetSettings, ...target.settings }, config);
    this.#destination = destination;
    this.#clock = clock;
    this.#checkpoint = new Checkpoint(pool);
    this.#count = new RecordCount({ max_errors: config.max_errors, max_error_rate: config.max_error_rate });
    this.#refused = new RefusedRecords({
      destination,
      config: this.#streamOptions.forStream(config.quarantine_stream),
      count: this.#count,
      meter,
      log,
      pool,
      runId,
      isStream: (name) => this.#intake.streams.has(name),
    });
    this.#units = new UnitLoader({ destination, quarantine: this.#refused, output, meter, pool, log });
    this.#intake = new Intake({
      checkpoint: this.#checkpoint,
      meter,
      log,
      count: this.#count,
      runId,
      quarantineStream: config.quarantine_stream,
      configOf: (stream) => this.#streamOptions.forStream(stream),
      isFull: () => this.#isFull(),
      compile: createValidator(),
      onState: (text) => destination.stateCame?.(text),
    });
    this.#full = this.#bounded(FIRST_BATCH.rows, FIRST_BATCH.bytes);
  }

  #bounded(rows: number, bytes: number): { rows: number; bytes: number } {
    return { rows: Math.min(rows, this.#config.batch_size_rows), bytes: Math.min(bytes, this.#config.batch_size_bytes) };
  }

  #isFull(): boolean {
    const { rows, bytes } = this.#checkpoint.size();
    return rows >= this.#full.rows || bytes >= this.#full.bytes;
  }

  /** Reads until the input ends. */
  async read(): Promise<void> {
    const { place } = this.#intake;
    await this.#readAll(wholeLines(this.#o.input, this.#config.max_line_bytes, place), async (piece) => {
      if (piece.unfinished && !isWholeMessage(piece)) {
        throw new InputError(`The input ended in the middle of line ${place.line + 1}: the upstream died`, {
          code: 'input-cut',
          facts: { line: place.line + 1 },
          hint: 'See why the upstream stopped, then run again: the printed state is safe.',
        });
      }
      await this.#consume(piece);
    });
    this.#o.run.signal.throwIfAborted();
    this.#count.ended();
  }

  async #readAll(pieces: AsyncGenerator<Piece>, consume: (piece: Piece) => Promise<void>): Promise<void> {
    let next = pieces.next();
    try {
      for (;;) {
        const piece = await this.#waitFor(next);
        if (piece === undefined) continue;
        if (piece.done === true) break;
        await consume(piece.value);
        next = pieces.next();
      }
    } finally {
      // The pending read may fail later, when nobody waits for it any more.
      next.catch(() => undefined);
    }
  }

  /** The next piece; undefined when something had to be done meanwhile (a state grew old). Throws on a signal or a failed load. */
  async #waitFor<T>(next: Promise<T>): Promise<T | undefined> {
    const { signal } = this.#o.run;
    signal.throwIfAborted();
    const due = this.#dueIn();
    if (due !== undefined && due <= 0) {
      await this.#flush();
      return undefined;
    }
    let timer: NodeJS.Timeout | undefined;
    let onAbort: (() => void) | undefined;
    const others: Promise<undefined>[] = [
      new Promise((_, reject) => {
        onAbort = () => reject(signal.reason as Error);
        signal.addEventListener('abort', onAbort, { once: true });
      }),
    ];
    if (due !== undefined) others.push(new Promise((resolve) => (timer = setTimeout(() => resolve(undefined), due))));
    // A unit that is loaded may leave its state held: then there is a time to wait for.
    const { loading } = this.#units;
    if (loading !== undefined) others.push(loading.then(() => undefined));
    try {
      return await Promise.race([next, ...others]);
    } finally {
      clearTimeout(timer);
      if (onAbort !== undefined) signal.removeEventListener('abort', onAbort);
    }
  }

  async #consume(piece: Lines): Promise<void> {
    const now = Date.now();
    if (now - this.#clock.receivedAt.getTime() >= CLOCK_STEP_MS) this.#clock.receivedAt = new Date(now);
    for (let at = piece.start; at < piece.end;) {
      if (this.#checkpoint.rowsSince === undefined) this.#clock.batchedAt = this.#clock.receivedAt;
      const isAsked = this.#units.hasManyStreams;
      at = this.#intake.read(isAsked ? firstLines(piece, at) : piece, at, now);
      if (this.#intake.demand !== undefined) await this.#meet(this.#intake.demand);
      else if (this.#isFull()) await this.#flushFull();
      else if (isAsked) await setImmediate();
    }
  }

  async #flushFull(): Promise<void> {
    await this.#flush();
    this.#full = this.#bounded(this.#full.rows * 2, this.#full.bytes * 2);
  }

  async #meet(demand: Demand): Promise<void> {
    if (demand.kind === 'batch') return this.#readBatch(demand.batch);
    if (demand.kind === 'left-out') return this.#countBatch(demand.batch);
    // The destination may look into itself: not while a unit is on its way.
    await this.#units.idle();
    const { header, kind } = demand;
    if (kind === 'stream' && header.stream === this.#refused.stream) throw quarantineTaken();
    const config = this.#streamOptions.forStream(header.stream);
    this.#intake.open(await this.#destination.openStream(header, kind === 'quarantine' ? quarantineConfig(config) : config));
  }

  /** Reads the files of a BATCH like lines of the input. */
  async #readBatch(batch: BatchFiles): Promise<void> {
    const intake = this.#intake;
    const { line } = intake.place;
    const before = this.#count.records;
    const frames = new BatchFrames(batch);
    for (const file of batch.files) {
      const { path, chunks } = await openBatchFile(file);
      intake.beginFile(batch, path);
      const pieces = wholeLines(chunks, this.#config.max_line_bytes, intake.place);
      try {
        await this.#readAll(pieces, async (piece) => {
          for (const framed of frames.pieces(piece)) await this.#consume(framed);
        });
      } finally {
        await pieces.return(undefined);
      }
      intake.endFile();
      if (this.#config.delete_batch_files) this.#checkpoint.spend(path);
    }
    intake.endBatch(line);
    this.#compareSize(batch, this.#count.records - before);
  }

  /** Nothing of it is loaded, but it is told how much that is. */
  async #countBatch(batch: BatchFiles): Promise<void> {
    let records = 0;
    let uncounted = 0;
    for (const file of batch.files) {
      try {
        records += await this.#linesOf(file);
      } catch (error) {
        if (!(error instanceof InputError || (error instanceof SystemError && error.code === 'batch-file'))) throw error;
        uncounted++;
      }
    }
    this.#intake.leaveOutBatch(batch, records, uncounted);
  }

  async #linesOf(file: BatchFile): Promise<number> {
    const { path, chunks } = await openBatchFile(file);
    let lines = 0;
    const pieces = wholeLines(chunks, this.#config.max_line_bytes, { line: 0, file: path });
    await this.#readAll(pieces, async (piece) => void (lines += filledLines(piece)));
    return lines;
  }

  #compareSize({ stream, records: announced }: BatchFiles, records: number): void {
    if (announced === undefined || announced === records) return;
    this.#o.run.log.warnOnce(`batch size ${stream}`, 'The files of a BATCH hold another number of records than it announces', {
      code: 'batch-size',
      stream,
      announced,
      records,
    });
  }

  /** Milliseconds until the oldest waiting state (or record) must be loaded; undefined if nothing waits. */
  #dueIn(): number | undefined {
    const { max_state_age_seconds: stateAge, batch_wait_limit_seconds: rowAge } = this.#config;
    const { stateSince, rowsSince } = this.#checkpoint;
    const { heldSince } = this.#units;
    const dues: number[] = [];
    if (stateSince !== undefined) dues.push(stateSince + stateAge * 1000);
    if (heldSince !== undefined) dues.push(heldSince + stateAge * 1000);
    if (rowsSince !== undefined && rowAge !== undefined) dues.push(rowsSince + rowAge * 1000);
    return dues.length === 0 ? undefined : Math.min(...dues) - Date.now();
  }

  /**
   * Loads what a STATE covers; what none covers only when it has grown to the bound by itself. A state that is held for long is asked for
   * with an empty unit, because no other one may come while the input is idle.
   */
  async #flush(): Promise<void> {
    const { heldSince = Infinity } = this.#units;
    const covered = this.#checkpoint.takeCovered(false);
    if (covered !== undefined) await this.#units.begin(covered);
    else if (heldSince + this.#config.max_state_age_seconds * 1000 <= Date.now()) await this.#units.begin(NOTHING_MORE);
    const due = this.#dueIn();
    if (this.#isFull() || (due !== undefined && due <= 0)) {
      await this.#units.begin(this.#checkpoint.takeAll(false));
    }
  }

  /** The input ended at the end of a line: loads the rest and completes what is proven complete. */
  async finish(): Promise<void> {
    const { streams, lastState, quarantine, isolated } = this.#intake;
    const { log } = this.#o.run;
    const uncovered = this.#checkpoint.uncovered();
    const ending = { streams, lastState, uncovered, isolated };
    const failure = unfinishedInput(ending);
    if (failure !== undefined) {
      await this.#units.idle();
      throw failure;
    }
    const complete = completeStreams(ending);
    activateWaiting(ending, complete, this.#checkpoint, log);
    const rest = this.#checkpoint.hasUncovered;
    const covered = this.#checkpoint.takeCovered(!rest);
    if (covered !== undefined) await this.#units.begin(covered);
    if (rest || covered === undefined) await this.#units.begin(this.#checkpoint.takeAll(true));
    await this.#units.idle();
    if (quarantine !== undefined) complete.add(quarantine);
    if (this.#refused.stream !== undefined) complete.add(this.#refused.stream);
    const putAside = new Set([...streams].filter(([, { life }]) => life.quarantined > 0).map(([stream]) => stream));
    await this.#units.finish(complete, putAside);
    for (const pattern of this.#streamOptions.unmatched([...streams.keys(), this.#config.quarantine_stream])) {
      log.warn('A pattern of stream_options matches no stream', { pattern });
    }
  }

  /** After a failure. */
  async salvage(): Promise<void> {
    await this.#units.salvage(() => this.#checkpoint.takeCovered(false));
  }

  /** One line per stream. If not everything could be loaded, it says how far the rows have come, too. */
  summarize(): void {
    const { streams, quarantine = this.#refused.stream } = this.#intake;
    const { finished } = this.#units;
    const summary = (stream: string, facts: Readonly<Record<string, Json>>): void => {
      // Rows of refused records are not in the units.
      const progress = finished || stream === this.#refused.stream ? {} : this.#units.progressOf(stream);
      const all = { ...progress, ...facts, ...this.#destination.summary?.(stream) };
      this.#o.meter.summary(stream, all, finished ? 'succeeded' : 'failed');
    };
    for (const [stream, { life }] of streams) summary(stream, life.facts);
    if (quarantine !== undefined) summary(quarantine, {});
  }
}

/** Lines from `start` on that are soon read. */
function firstLines({ bytes, end }: Lines, start: number): Lines {
  const soon = start + SHORT_READ_BYTES;
  return { bytes, start, end: soon < end ? bytes.indexOf(NEWLINE, soon) + 1 : end };
}

type Piece = Lines & { readonly unfinished?: true };
