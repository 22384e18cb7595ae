import { costOf } from '../jobs/cost.ts';

/** What became of rows; which of them there are, the method says. And what that was billed for. */
export type Counts = Readonly<
  Partial<
    Record<
      | 'appended'
      | 'appended_before'
      | 'inserted'
      | 'updated'
      | 'unchanged'
      | 'deleted'
      | 'marked'
      | 'replaced'
      | 'refused'
      | 'bytes_billed',
      number
    >
  >
>;

/** Adds up what became of the rows of each stream, and what it costs. */
export class Tally {
  readonly #byStream = new Map<string, Map<keyof Counts, number>>();
  readonly #pricePerTib: number;

  /** @param pricePerTib in US dollars */
  constructor(pricePerTib: number) {
    this.#pricePerTib = pricePerTib;
  }

  add(stream: string, counts: Counts): void {
    const sums = this.#byStream.get(stream) ?? new Map<keyof Counts, number>();
    this.#byStream.set(stream, sums);
    for (const [name, rows] of Object.entries(counts) as [keyof Counts, number][]) sums.set(name, (sums.get(name) ?? 0) + rows);
  }

  /** Nothing of costs where nothing was billed: load jobs are free. */
  of(stream: string): Readonly<Record<string, number>> {
    const { bytes_billed: bytes = 0, ...counts }: Counts = Object.fromEntries(this.#byStream.get(stream) ?? []);
    return bytes === 0 ? counts : { ...counts, ...costOf(bytes, this.#pricePerTib) };
  }
}
