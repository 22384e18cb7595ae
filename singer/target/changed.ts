import type { Log } from '../log.ts';

/** Counts values that are stored otherwise than they came: one warning at the first, the sums at the end. */
export class Changed {
  readonly #log: Log;
  readonly #counts = new Map<
    string,
    { readonly stream: string; readonly column: string; readonly reason: string; values: number }
  >();

  constructor(log: Log) {
    this.#log = log;
  }

  add(stream: string, column: string, reason: string): void {
    const key = `${stream}\0${column}\0${reason}`;
    const count = this.#counts.get(key);
    if (count !== undefined) {
      count.values++;
      return;
    }
    this.#counts.set(key, { stream, column, reason, values: 1 });
    this.#log.warn('A value is stored otherwise than it came; all of these are counted', { stream, column, reason });
  }

  report(): void {
    for (const count of this.#counts.values()) this.#log.warn('Values stored otherwise than they came', count);
    this.#counts.clear();
  }
}
