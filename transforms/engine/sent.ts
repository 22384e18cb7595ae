/** How many records have left in each stream. */
export class SentRecords {
  readonly #streams = new Map<string, SentCount>();

  of(stream: string): SentCount {
    let count = this.#streams.get(stream);
    if (count === undefined) this.#streams.set(stream, (count = { records: 0 }));
    return count;
  }

  /** Those since it was last asked. */
  *take(): Generator<readonly [stream: string, records: number]> {
    for (const [stream, count] of this.#streams) {
      if (count.records === 0) continue;
      yield [stream, count.records];
      count.records = 0;
    }
  }
}

export interface SentCount {
  records: number;
}
