import type { JsonObject } from '../json.ts';
import type { RecordSink } from './record-sink.ts';

/** Knows which bookmark of a stream may be told: the newest whose records the sink has handed on. */
export class CoveredBookmark {
  readonly #sink: RecordSink;
  #records = 0;
  /** Records that the newest bookmark taken covers. */
  #taken = 0;
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

  /** True if some of the records of a bookmark that waits were handed on, and others not. */
  get isCut(): boolean {
    return this.isWaiting && this.#sink.handedOn > this.#taken;
  }

  /** The newest covered bookmark that was not taken yet. */
  take(): JsonObject | undefined {
    const covered = this.#waiting.filter(({ records }) => records <= this.#sink.handedOn);
    this.#waiting = this.#waiting.slice(covered.length);
    this.#taken = covered.at(-1)?.records ?? this.#taken;
    return covered.at(-1)?.bookmark;
  }
}
