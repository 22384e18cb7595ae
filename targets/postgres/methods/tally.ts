/** What became of a stream's records. */
export interface Counts {
  /** Rows written by append or overwrite. */
  appended?: number;
  inserted?: number;
  updated?: number;
  /** Records that changed nothing: equal to the row that is there, or superseded by a later one of the same batch. */
  unchanged?: number;
  /** Rows taken away by their deletion mark, or by a version that was activated. */
  deleted?: number;
  /** Rows that a version which was activated has marked as deleted. */
  marked?: number;
  /** Rows of a window that made room for those that replaced them. */
  removed?: number;
  /** Records that replaced the content of the table, or of its window. */
  replaced?: number;
  /** Records that lost a property to a policy. */
  cut?: number;
  /** Records that the server refused, which are in the quarantine. */
  refused?: number;
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
    for (const [stream, counts] of this.#pending) this.#committed.set(stream, sumOf(this.#committed.get(stream) ?? {}, counts));
    this.#pending = [];
  }

  /** What is not committed yet. */
  pendingOf(stream: string): Counts {
    return this.#pending.filter(([of]) => of === stream).reduce((total, [, counts]) => sumOf(total, counts), {} as Counts);
  }

  /** Records of all streams that the server has refused, those of the open transaction too. */
  get refused(): number {
    const counts = [...this.#committed.values(), ...this.#pending.map(([, pending]) => pending)];
    return counts.reduce((total, { refused = 0 }) => total + refused, 0);
  }

  of(stream: string): Readonly<Record<string, number>> {
    return { ...this.#committed.get(stream) };
  }
}

/** Both together. */
export function sumOf(a: Counts, b: Counts): Counts {
  const total = { ...a };
  for (const [name, count] of Object.entries(b) as [keyof Counts, number][]) total[name] = (total[name] ?? 0) + count;
  return total;
}
