import { unlink } from 'node:fs/promises';
import type { BlockPool } from './blocks.ts';
import type { Cut } from './checkpoint.ts';
import { TaplineError } from '../errors.ts';
import type { Log } from '../log.ts';
import type { Meter } from '../meter.ts';
import type { Output } from '../output.ts';
import type { Destination, Quarantine } from './destination.ts';

export interface UnitLoaderOptions {
  readonly destination: Pick<Destination, 'load' | 'finish'>;
  readonly quarantine?: Quarantine;
  readonly output: Output;
  readonly meter: Meter;
  readonly pool: BlockPool;
  readonly log: Log;
}

/** How far the rows of a stream have come. */
export interface Progress {
  /** Handed to the destination, and taken by it. */
  readonly loaded: number;
  /** Of these, committed: what the destination keeps whatever happens. */
  readonly durable: number;
}

/** A unit that asks the destination to commit what it has left open. */
export const NOTHING_MORE: Cut = { parts: [], state: undefined, last: false, spent: [] };

/** Loads one unit after another, prints each one's state and deletes what it has used up once it and all before it are durable. */
export class UnitLoader {
  readonly #o: UnitLoaderOptions;
  #loading: Promise<void> | undefined;
  #failed = false;
  #finished = false;
  readonly #progress = new Map<string, Progress>();
  #streams = 0;
  /** The newest state whose unit is loaded but not yet committed; the same of files. */
  #held: string | undefined;
  /** Since when a state is held, or when the destination was last asked for it; in ms. */
  #heldSince: number | undefined;
  #spent: string[] = [];
  /** Set when the reader of our states went away; the work goes on, the run fails at its end. */
  #outputFailure: unknown;

  constructor(options: UnitLoaderOptions) {
    this.#o = options;
  }

  /** Starts to load a unit as soon as the one before is done; gives control back while it loads. */
  async begin(unit: Cut): Promise<void> {
    await this.#loading;
    const loading = this.#load(unit);
    this.#loading = loading;
    loading.then(
      () => (this.#loading = undefined),
      // Kept here too, so that a failure between two waits is not an unhandled one.
      () => (this.#failed = true),
    );
  }

  /** True while a unit with rows of more than one stream is on its way. */
  get hasManyStreams(): boolean {
    return this.#streams > 1;
  }

  /** Resolves when nothing is on its way any more; throws what loading has thrown. */
  async idle(): Promise<void> {
    await this.#loading;
  }

  /** Resolves when the unit on its way is loaded, and rejects when it fails; undefined if none is on its way. */
  get loading(): Promise<void> | undefined {
    return this.#loading;
  }

  /**
   * Since when, in ms, a state is held whose unit is loaded and not committed, or when the destination was asked last whether it can be;
   * undefined if none is held, or a unit is on its way, with which it may be.
   */
  get heldSince(): number | undefined {
    return this.#loading === undefined ? this.#heldSince : undefined;
  }

  /** True once everything is loaded, whatever becomes of its state. */
  get finished(): boolean {
    return this.#finished;
  }

  progressOf(stream: string): Progress {
    return this.#progress.get(stream) ?? { loaded: 0, durable: 0 };
  }

  /** All units are loaded and the input has ended well. */
  async finish(complete: ReadonlySet<string>, putAside: ReadonlySet<string>): Promise<void> {
    await this.#o.destination.finish({ complete, putAside, state: this.#held });
    this.#finished = true;
    await this.#release();
    if (this.#outputFailure !== undefined) throw this.#outputFailure;
  }

  /** After a failure elsewhere: loads what a received STATE covers, unless loading itself has failed. */
  async salvage(covered: () => Cut | undefined): Promise<void> {
    await this.#loading?.catch(() => undefined);
    if (this.#failed) return;
    const unit = covered() ?? (this.#held === undefined ? undefined : NOTHING_MORE);
    if (unit === undefined) return;
    try {
      await this.#load({ ...unit, ends: true });
    } catch (error) {
      this.#o.log.error('What the last STATE covers could not be loaded either', {
        cause: error instanceof TaplineError ? error.code : String(error),
      });
    }
  }

  async #load(unit: Cut): Promise<void> {
    this.#streams = unit.parts.length;
    const result = await this.#o.destination.load(unit, this.#o.quarantine);
    this.#streams = 0;
    for (const { header, rows, blocks } of unit.parts) {
      const { loaded, durable } = this.progressOf(header.stream);
      this.#progress.set(header.stream, { loaded: loaded + rows, durable });
      this.#o.pool.give(blocks);
    }
    this.#spent.push(...unit.spent);
    if (unit.state !== undefined) this.#held = unit.state;
    if (this.#held !== undefined && (this.#heldSince === undefined || unit.parts.length === 0)) this.#heldSince = Date.now();
    if (result !== 'committed') return;
    this.#committed();
    await this.#release();
  }

  #committed(): void {
    for (const [stream, { loaded }] of this.#progress) this.#progress.set(stream, { loaded, durable: loaded });
  }

  async #release(): Promise<void> {
    await this.#printState();
    const spent = this.#spent;
    this.#spent = [];
    for (const path of new Set(spent)) await this.#delete(path);
  }

  async #printState(): Promise<void> {
    const { output, meter } = this.#o;
    const state = this.#held;
    if (state === undefined) return;
    this.#held = undefined;
    this.#heldSince = undefined;
    if (this.#outputFailure !== undefined) return;
    try {
      await output.write(`${state}\n`);
      await output.flush();
      meter.state();
    } catch (error) {
      this.#outputFailure = error;
    }
  }

  async #delete(path: string): Promise<void> {
    try {
      await unlink(path);
    } catch (cause) {
      this.#o.log.warn('A BATCH file that is loaded could not be deleted', {
        file: path,
        cause: (cause as NodeJS.ErrnoException).code,
      });
    }
  }
}
