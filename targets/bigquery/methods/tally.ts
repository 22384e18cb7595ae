/** What became of rows; which of them there are, the method says. */
export type Counts = Readonly<
  Partial<
    Record<
      'appended' | 'appended_before' | 'inserted' | 'updated' | 'unchanged' | 'deleted' | 'marked' | 'replaced' | 'refused',
      number
    >
  >
>;

/** Adds up what became of the rows of each stream. */
export class Tally {
  readonly #byStream = new Map<string, Map<keyof Counts, number>>();

  add(stream: string, counts: Counts): void {
    const sums = this.#byStream.get(stream) ?? new Map<keyof Counts, number>();
    this.#byStream.set(stream, sums);
    for (const [name, rows] of Object.entries(counts) as [keyof Counts, number][]) sums.set(name, (sums.get(name) ?? 0) + rows);
  }

  of(stream: string): Counts {
    return Object.fromEntries(this.#byStream.get(stream) ?? []);
  }
}
