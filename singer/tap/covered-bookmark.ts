import type { JsonObject } from '../json.ts';
import type { RecordSink } from './record-sink.ts';

/** Knows which bookmark of a stream may be told: the newest whose records the sink has handed on. */
export class CoveredBookmark {
  readonly #sink: RecordSink;
  #records = 0;
  #waiting: { readonly records: number; readonly bookmark: JsonObject }[] = [];

  constructor(sink: RecordSink) {
    this.#sink = sink;
  }

  /** Records were given to the sink; `bookmark`, if any, says that they are read. */
  add(records: number, bookmark: JsonObject | undefined): void {
    this.#records += records;
    if (bookmark !== undefined) this.#waiting.push({ records: this.#records, bookmark });
  }

  /** True if a bookmark waits for its records to be handed on. */
  get isWaiting(): boolean {
    return this.#waiting.length > 0;
  }

  /** The newest covered bookmark that was not taken yet. */
  take(): JsonObject | undefined {
    const covered = this.#waiting.filter(({ records }) => records <= this.#sink.handedOn);
    this.#waiting = this.#waiting.slice(covered.length);
    return covered.at(-1)?.bookmark;
  }
}
