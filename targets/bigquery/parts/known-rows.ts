import type { RowsSeen } from './row-digest.ts';

/** Rows of a table that were loaded together. */
export interface LoadSeen extends RowsSeen {
  /** What names the STATE that came behind them and was brought up to date with them; empty if there was none. */
  readonly state: string;
}

/**
 * Finds the loads of earlier runs again among the rows of one table that come, so that they are not loaded twice. Rows that are equal alone
 * prove nothing: new ones may be so by accident, and would be lost. Where the input goes on is known once all rows of a load have come and
 * then, before the next row, its STATE; from there on the loads follow each other as they did. Where no load had a STATE, there was none
 * to go on from: then the input has begun anew.
 */
export class KnownRows<Load extends LoadSeen> {
  readonly #loads: readonly Load[];
  readonly #hadStates: boolean;
  /** Loads that begin with the rows that have come since the last one that was found. */
  #left: readonly Load[];
  /** True once one was found. */
  #isPlaced = false;
  /** Rows that were found. */
  #found = 0;
  /** Rows that were read. */
  #read = 0;
  /** States of loads that were read, and behind how many rows. */
  #states: { readonly state: string; readonly rows: number }[] = [];

  constructor(loads: readonly Load[]) {
    this.#loads = loads.filter(({ rows }) => rows > 0);
    this.#hadStates = this.#loads.some(({ state }) => state !== '');
    this.#left = this.#hadStates ? this.#loads : this.#loads.slice(0, 1);
  }

  /** To be called when rows are read, which may be long before they are asked for. */
  rowsCame(rows: number): void {
    this.#read += rows;
  }

  /** To be called when a STATE is read. */
  stateCame(state: string): void {
    if (this.isLooking && !this.#isPlaced && this.#loads.some((load) => load.state === state)) {
      this.#states.push({ state, rows: this.#read });
    }
  }

  /** False once nothing more can be found. */
  get isLooking(): boolean {
    return this.#left.length > 0;
  }

  /** When `find` is to be asked next, so many rows having come: it tells nothing new before. */
  next(rows: number): number {
    if (!this.isLooking) return Infinity;
    // Then there is another mark.
    const power = rows === 0 ? 1 : 2 ** Math.floor(Math.log2(rows) + 1);
    return this.#left.reduce((next, load) => (load.rows > rows ? Math.min(next, load.rows) : next), power);
  }

  /**
   * The load whose rows these are; the next rows are asked for without them. Undefined: they are none's, or that is not known yet. To be
   * asked again before more rows are added.
   */
  find(seen: RowsSeen): Load | undefined {
    if (!this.isLooking || seen.rows === 0) return undefined;
    const begin = this.#left.filter((load) => load.rows >= seen.rows && seen.marks.every((mark, i) => load.marks[i] === mark));
    const same = begin.filter((load) => load.rows === seen.rows && load.digest === seen.digest);
    const found = same.findLast((load) => this.#isProven(load));
    if (found === undefined) {
      this.#left = begin.filter((load) => load.rows > seen.rows || same.includes(load));
      return undefined;
    }
    this.#isPlaced = true;
    this.#found += found.rows;
    this.#states = [];
    const after = this.#loads[this.#loads.indexOf(found) + 1];
    this.#left = after === undefined ? [] : [after];
    return found;
  }

  /** True if the rows that have come may be a load, or the beginning of one: more must come before that is known. */
  isUndecided(rows: number): boolean {
    return rows > 0 && this.#left.some((load) => load.rows >= rows);
  }

  /** Rows have come that are none of theirs: nothing more is looked for. */
  end(): void {
    this.#left = [];
    this.#states = [];
  }

  #isProven({ rows, state }: Load): boolean {
    if (this.#isPlaced || !this.#hadStates) return true;
    return state !== '' && this.#states.some((read) => read.state === state && read.rows === this.#found + rows);
  }
}
