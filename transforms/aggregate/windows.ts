import type { Json, JsonObject } from '../../singer/index.ts';
import { type Function, Stats, type StatsPlan } from './stats.ts';

/** One column that comes out. */
export interface Output {
  readonly name: string;
  /** Which of the plans it is a result of. */
  readonly field: number;
  readonly function: Function;
}

export interface WindowsOptions {
  /** Milliseconds. */
  readonly every: number;
  readonly origin: number;
  readonly lateness: number;
  readonly plans: readonly StatsPlan[];
  /** Bytes that open windows may take, roughly. */
  readonly mostBytes: number;
}

/** A row under way: one window of one group. */
export interface Row {
  readonly by: readonly Json[];
  readonly stats: readonly Stats[];
  count: number;
  /** The rest of the message that came last. */
  rest: string;
}

/** The groups of one window. */
interface Window {
  readonly start: number;
  /** The number of its first record among all that came. */
  readonly first: number;
  readonly rows: Map<string, Row>;
  bytes: number;
}

/** Rough sizes in memory: of a row and its place in the table, of what is gathered for a field, of a value that is kept. */
const ROW_BYTES = 300;
const STATS_BYTES = 250;
const VALUE_BYTES = 10;

/** Tumbling windows that are open. A window closes when a record comes whose time is past its end by more than the lateness. */
export class Windows {
  /** Records that came. */
  taken = 0;
  readonly #o: WindowsOptions;
  readonly #open = new Map<number, Window>();
  readonly #valueBytes: number;
  /** The latest time seen. */
  #latest = Number.NEGATIVE_INFINITY;
  /** The end of the window that closes first. */
  #nextEnd = Number.POSITIVE_INFINITY;
  #bytes = 0;

  constructor(options: WindowsOptions) {
    this.#o = options;
    this.#valueBytes = options.plans.filter(({ keepsAll }) => keepsAll).length * VALUE_BYTES;
  }

  /** So many of the records that came are out, or were never held. */
  get released(): number {
    let first = this.taken + 1;
    for (const window of this.#open.values()) first = Math.min(first, window.first);
    return first - 1;
  }

  get isFull(): boolean {
    return this.#bytes > this.#o.mostBytes;
  }

  /** Windows that are open. */
  get size(): number {
    return this.#open.size;
  }

  startOf(time: number): number {
    const { every, origin } = this.#o;
    return Math.floor((time - origin) / every) * every + origin;
  }

  /** True if a time belongs to a window that is closed. */
  isLate(time: number): boolean {
    return this.startOf(time) + this.#o.every <= this.#latest - this.#o.lateness;
  }

  /** Takes the windows away that a record of this time closes, in the order of their starts. */
  *closedBy(time: number): Generator<{ readonly start: number; readonly row: Row }> {
    this.#latest = Math.max(this.#latest, time);
    const until = this.#latest - this.#o.lateness;
    if (this.#nextEnd > until) return;
    yield* this.#takeUntil(until);
  }

  /** Takes all windows away. */
  all(): Generator<{ readonly start: number; readonly row: Row }> {
    return this.#takeUntil(Number.POSITIVE_INFINITY);
  }

  *#takeUntil(until: number): Generator<{ readonly start: number; readonly row: Row }> {
    const { every } = this.#o;
    const ready = [...this.#open.values()].filter(({ start }) => start + every <= until).toSorted((a, b) => a.start - b.start);
    for (const { start, rows, bytes } of ready) {
      for (const row of rows.values()) yield { start, row };
      // Its records count as released only when all of its rows are out.
      this.#open.delete(start);
      this.#bytes -= bytes;
    }
    this.#nextEnd = Math.min(...[...this.#open.values()].map(({ start }) => start + every), Number.POSITIVE_INFINITY);
  }

  /** The row of a group in the window of a time; `key` tells groups apart. */
  rowOf(time: number, key: string, by: readonly Json[]): Row {
    const start = this.startOf(time);
    let window = this.#open.get(start);
    if (window === undefined) {
      this.#open.set(start, (window = { start, first: this.taken, rows: new Map(), bytes: 0 }));
      this.#nextEnd = Math.min(this.#nextEnd, start + this.#o.every);
    }
    let row = window.rows.get(key);
    let bytes = this.#valueBytes;
    if (row === undefined) {
      row = { by, stats: this.#o.plans.map((plan) => new Stats(plan)), count: 0, rest: '{}' };
      window.rows.set(key, row);
      bytes += ROW_BYTES + key.length * 2 + STATS_BYTES * this.#o.plans.length;
    }
    window.bytes += bytes;
    this.#bytes += bytes;
    return row;
  }
}

/** The results of a row, by column. */
export function resultsOf(row: Row, outputs: readonly Output[]): JsonObject {
  return Object.fromEntries(
    outputs.map(({ name, field, function: called }) => [name, field < 0 ? row.count : row.stats[field]!.result(called)]),
  );
}
