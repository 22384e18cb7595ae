import { type Log, RecordError } from '../../singer/index.ts';
import type { QuarantineOptions } from './rule-set.ts';

/** Records from which on a share of them says something. */
const SHARE_FROM = 100;

/** What happened to the records of each stream. */
export class StreamCounts {
  readonly #streams = new Map<string, StreamCount>();
  #records = 0;
  #quarantined = 0;

  of(stream: string): StreamCount {
    let count = this.#streams.get(stream);
    if (count === undefined) this.#streams.set(stream, (count = new StreamCount()));
    return count;
  }

  /** Throws RecordError `too-many-quarantined`. */
  checkQuarantined(most: QuarantineOptions['most']): void {
    this.#sum();
    if (most === undefined) return;
    const tooMany =
      'count' in most
        ? this.#quarantined > most.count
        : this.#records >= SHARE_FROM && this.#quarantined > most.share * this.#records;
    if (!tooMany) return;
    throw new RecordError(`${this.#quarantined} of ${this.#records} records were put aside: more than the run may have`, {
      code: 'too-many-quarantined',
      facts: { quarantined: this.#quarantined, records: this.#records },
      hint: 'See the quarantine for the reasons; mend the source or the rules, or raise quarantine.max.',
    });
  }

  #sum(): void {
    this.#records = 0;
    this.#quarantined = 0;
    for (const { records, putAside } of this.#streams.values()) {
      this.#records += records;
      this.#quarantined += putAside;
    }
  }

  all(): [string, StreamCount][] {
    return [...this.#streams];
  }

  /** One line per stream. */
  tell(log: Log): void {
    for (const [stream, count] of this.#streams) log.info('Transformed', { stream, ...count.facts() });
  }
}

/** The counts of one stream. */
export class StreamCount {
  readonly started = new Date();
  ended = this.started;
  records = 0;
  written = 0;
  putAside = 0;
  #dropped = 0;
  readonly #notes = new Map<string, number>();

  came(): void {
    this.records++;
  }

  left(): void {
    this.written++;
  }

  dropped(): void {
    this.#dropped++;
  }

  quarantined(): void {
    this.putAside++;
  }

  /** Something that users are told at the end. */
  note(what: string, by: number): void {
    this.#notes.set(what, (this.#notes.get(what) ?? 0) + by);
  }

  /** Records that rules have left out, for whatever reason but quarantine. */
  get leftOut(): number {
    return this.#dropped + (this.#notes.get('filtered') ?? 0);
  }

  facts(): Record<string, number> {
    return {
      records: this.records,
      written: this.written,
      ...(this.#dropped > 0 ? { dropped: this.#dropped } : {}),
      ...(this.putAside > 0 ? { quarantined: this.putAside } : {}),
      ...Object.fromEntries(this.#notes),
    };
  }
}
