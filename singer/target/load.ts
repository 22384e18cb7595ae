import { randomUUID } from 'node:crypto';
import { BlockPool } from './blocks.ts';
import { Checkpoint } from './checkpoint.ts';
import { InputError, TaplineError } from '../errors.ts';
import { Intake } from './intake.ts';
import { isJsonObject, type Json } from '../json.ts';
import { wholeLines, type Lines } from './lines.ts';
import type { targetSettings } from './load-settings.ts';
import type { Meter } from '../meter.ts';
import type { Output } from '../output.ts';
import type { Clock, Destination, Run, Target, TargetRun, Unit } from '../plugin.ts';
import type { Config } from '../settings.ts';
import { createValidator } from './validate.ts';

/** The first batch is small, so that the destination has work early; each one may be twice the one before. */
const FIRST_BATCH = { rows: 10_000, bytes: 1024 * 1024 };

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
 * itself failed); rows after it are left for the next run. End of input alone proves nothing: see `finish`.
 */
export async function load(options: LoadOptions): Promise<void> {
  const clock: Clock = { receivedAt: new Date(), batchedAt: new Date() };
  const run: TargetRun = { ...options.run, startedAt: new Date(), runId: randomUUID(), clock };
  const destination = await options.target.open(options.config as never, run);
  const loader = new Loader(options, destination, clock);
  try {
    await loader.read();
    await loader.finish();
  } catch (error) {
    await loader.salvage();
    throw error;
  } finally {
    await destination.close();
    loader.summarize();
  }
}

class Loader {
  readonly #o: LoadOptions;
  readonly #config: Config<typeof targetSettings>;
  readonly #destination: Destination;
  readonly #clock: Clock;
  readonly #pool = new BlockPool();
  readonly #checkpoint = new Checkpoint(this.#pool);
  #intake: Intake | undefined;
  #loading: Promise<void> | undefined;
  #loadFailed = false;
  /** When the batch now filling is full. */
  #full: { rows: number; bytes: number };
  /** The newest state whose unit is loaded but not yet committed. */
  #held: string | undefined;
  /** Set when the reader of our states went away; the work goes on, the run fails at its end. */
  #outputFailure: unknown;

  constructor(options: LoadOptions, destination: Destination, clock: Clock) {
    this.#o = options;
    this.#config = options.config as Config<typeof targetSettings>;
    this.#destination = destination;
    this.#clock = clock;
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
    const compile = this.#config.validate_records ? createValidator() : undefined;
    const { meter, run } = this.#o;
    const intake = new Intake({ checkpoint: this.#checkpoint, meter, log: run.log, clock: this.#clock, compile });
    this.#intake = intake;
    const pieces = wholeLines(this.#o.input, this.#config.max_line_bytes, () => intake.lines);
    let next = pieces.next();
    try {
      for (;;) {
        const piece = await this.#waitFor(next);
        if (piece === undefined) continue;
        if (piece.done === true) break;
        await this.#consume(intake, piece.value);
        next = pieces.next();
      }
    } finally {
      // The pending read may fail later, when nobody waits for it any more.
      next.catch(() => undefined);
    }
    run.signal.throwIfAborted();
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
    if (this.#loading !== undefined) others.push(this.#failureOf(this.#loading));
    try {
      return await Promise.race([next, ...others]);
    } finally {
      clearTimeout(timer);
      if (onAbort !== undefined) signal.removeEventListener('abort', onAbort);
    }
  }

  /** Never resolves with success: only a failed load interrupts the reading. */
  #failureOf(loading: Promise<void>): Promise<undefined> {
    return new Promise((_, reject) => {
      loading.catch(reject);
    });
  }

  async #consume(intake: Intake, piece: Lines & { readonly unfinished?: true }): Promise<void> {
    if (piece.unfinished && !isWholeMessage(piece)) {
      throw new InputError(`The input ended in the middle of line ${intake.lines + 1}: the upstream died`, {
        code: 'input-cut',
        facts: { line: intake.lines + 1 },
        hint: 'See why the upstream stopped, then run again: the printed state is safe.',
      });
    }
    const now = Date.now();
    this.#clock.receivedAt = new Date(now);
    if (this.#checkpoint.rowsSince === undefined) this.#clock.batchedAt = this.#clock.receivedAt;
    for (let at = piece.start; at < piece.end;) {
      at = intake.read(piece, at, now);
      if (intake.announced !== undefined) {
        // The destination may look into itself: not while a unit is on its way.
        await this.#loading;
        const encoder = await this.#destination.openStream(intake.announced, this.#o.config);
        if (encoder === undefined) throw new Error(`${intake.announced.stream} has no encoder`);
        intake.open(encoder);
      }
    }
    if (!this.#isFull()) return;
    await this.#flush();
    this.#full = this.#bounded(this.#full.rows * 2, this.#full.bytes * 2);
  }

  /** Milliseconds until the oldest waiting state (or record) must be loaded; undefined if nothing waits. */
  #dueIn(): number | undefined {
    const { max_state_age_seconds: stateAge, batch_wait_limit_seconds: rowAge } = this.#config;
    const { stateSince, rowsSince } = this.#checkpoint;
    const dues: number[] = [];
    if (stateSince !== undefined) dues.push(stateSince + stateAge * 1000);
    if (rowsSince !== undefined && rowAge !== undefined) dues.push(rowsSince + rowAge * 1000);
    return dues.length === 0 ? undefined : Math.min(...dues) - Date.now();
  }

  /** Loads what a STATE covers; what none covers only when it has grown to the bound by itself. */
  async #flush(): Promise<void> {
    const covered = this.#checkpoint.takeCovered(false);
    if (covered !== undefined) await this.#begin(covered);
    const due = this.#dueIn();
    if (this.#isFull() || (due !== undefined && due <= 0)) {
      await this.#begin(this.#checkpoint.takeAll(false));
    }
  }

  /** Starts to load a unit as soon as the one before is done; gives control back while it loads. */
  async #begin(unit: Unit): Promise<void> {
    await this.#loading;
    const loading = this.#load(unit);
    this.#loading = loading;
    // Kept here too, so that a failure between two waits is not an unhandled one.
    loading.catch(() => (this.#loadFailed = true));
  }

  async #load(unit: Unit): Promise<void> {
    const result = await this.#destination.load(unit);
    for (const part of unit.parts) this.#pool.give(part.blocks);
    if (unit.state !== undefined) this.#held = unit.state;
    if (result === 'committed') await this.#release();
  }

  async #release(): Promise<void> {
    const state = this.#held;
    if (state === undefined) return;
    this.#held = undefined;
    if (this.#outputFailure !== undefined) return;
    try {
      await this.#o.output.write(`${state}\n`);
      await this.#o.output.flush();
      this.#o.meter.state();
    } catch (error) {
      this.#outputFailure = error;
    }
  }

  /** The input ended at the end of a line: loads the rest and completes what is proven complete. */
  async finish(): Promise<void> {
    const uncovered = this.#checkpoint.uncovered();
    const stillSyncing = currentlySyncing(this.#intake?.lastState);
    const covered = this.#checkpoint.takeCovered(uncovered.size === 0);
    if (covered !== undefined) await this.#begin(covered);
    if (uncovered.size > 0 && stillSyncing !== undefined) {
      await this.#loading;
      const rows = [...uncovered.values()].reduce((a, b) => a + b, 0);
      throw new InputError(
        `The upstream ended before it had finished ${stillSyncing}: ${rows} records after its last STATE are left for the next run`,
        {
          code: 'input-unfinished',
          facts: { stream: stillSyncing, records: rows },
          hint: 'See why the upstream stopped, then run again from the last printed state.',
        },
      );
    }
    if (uncovered.size > 0 || covered === undefined) await this.#begin(this.#checkpoint.takeAll(true));
    await this.#loading;
    const complete = new Set(this.#intake?.streams ?? []);
    for (const stream of [...unfinished(this.#intake?.lastState), ...uncovered.keys()]) complete.delete(stream);
    if (this.#intake?.lastState === undefined) complete.clear();
    await this.#destination.finish({ complete, state: this.#held });
    await this.#release();
    if (this.#outputFailure !== undefined) throw this.#outputFailure;
  }

  /** After a failure: loads what a received STATE covers, unless loading itself has failed. */
  async salvage(): Promise<void> {
    await this.#loading?.catch(() => undefined);
    if (this.#loadFailed) return;
    const covered = this.#checkpoint.takeCovered(false);
    if (covered === undefined) return;
    try {
      await this.#load(covered);
    } catch (error) {
      const { log } = this.#o.run;
      log.error('What the last STATE covers could not be loaded either', {
        cause: error instanceof TaplineError ? error.code : String(error),
      });
    }
  }

  summarize(): void {
    for (const stream of this.#intake?.streams ?? []) this.#o.meter.summary(stream, this.#destination.summary?.(stream));
  }
}

/** The stream that a state says the tap was reading; a tap that has finished says none. */
function currentlySyncing(state: Json | undefined): string | undefined {
  const stream = isJsonObject(state) ? state['currently_syncing'] : undefined;
  return typeof stream === 'string' ? stream : undefined;
}

/** The streams that a state says were not finished: `currently_syncing`, and those with the SDK's progress markers. */
function unfinished(state: Json | undefined): string[] {
  const bookmarks = isJsonObject(state) && isJsonObject(state['bookmarks']) ? Object.entries(state['bookmarks']) : [];
  const marked = bookmarks.filter(([, bookmark]) => isJsonObject(bookmark) && bookmark['progress_markers'] !== undefined);
  const current = currentlySyncing(state);
  return [...marked.map(([stream]) => stream), ...(current === undefined ? [] : [current])];
}

function isWholeMessage(piece: Lines): boolean {
  try {
    JSON.parse(piece.bytes.toString('utf8', piece.start, piece.end));
    return true;
  } catch {
    // Not an accident to report here: the caller says that the input was cut.
    return false;
  }
}
