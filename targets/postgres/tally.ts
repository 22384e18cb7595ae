/** What became of a stream's records. */
export interface Counts {
  /** Rows written by append or overwrite. */
  appended?: number;
  inserted?: number;
  updated?: number;
  /** Records that changed nothing: equal to the row that is there, or superseded by a later one of the same batch. */
  unchanged?: number;
  /** Records that replaced the content of the table. */
  replaced?: number;
}

/** Counts per stream that count only once their transaction is committed. */
export class Tally {
  readonly #committed = new Map<string, Counts>();
  #pending: (readonly [stream: string, counts: Counts])[] = [];

  add(stream: string, counts: Counts): void {
    this.#pending.push([stream, counts]);
  }

  /** The place to come back to with `undo` when the work is tried again. */
  get mark(): number {
    return this.#pending.length;
  }

  undo(mark: number): void {
    this.#pending.length = mark;
  }

  commit(): void {
    for (const [stream, counts] of this.#pending) {
      const total: Counts = this.#committed.get(stream) ?? {};
      for (const [name, count] of Object.entries(counts) as [keyof Counts, number][]) total[name] = (total[name] ?? 0) + count;
      this.#committed.set(stream, total);
    }
    this.#pending = [];
  }

  of(stream: string): Readonly<Record<string, number>> {
    return { ...this.#committed.get(stream) };
  }
}
