import { type Log, RecordError } from '../../../singer/tap/index.ts';

/** What can become of a value that JSON, or the announced format, does not have. */
export type Change = 'null' | 'text' | 'clamped';

const SAID: Readonly<Record<Change, string>> = {
  null: 'Values that JSON or the announced format does not have were sent as null',
  text: 'Times outside of the years 1 to 9999 were sent as Postgres writes them, which is not the announced format',
  clamped: 'Times outside of the years 1 to 9999 were sent as the first or last one within',
};

/** Counts the values of a stream that could not be sent as they are, to be told once per column. */
export class Changes {
  readonly #stream: string;
  readonly #counts = new Map<string, Map<Change, number>>();

  constructor(stream: string) {
    this.#stream = stream;
  }

  add(column: string, change: Change): void {
    const counts = this.#counts.get(column) ?? new Map<Change, number>();
    this.#counts.set(column, counts.set(change, (counts.get(change) ?? 0) + 1));
  }

  /** One warning per column and kind of change; they are forgotten then. */
  tell(log: Log): void {
    for (const [property, counts] of this.#counts) {
      for (const [change, values] of counts) log.warn(SAID[change], { stream: this.#stream, property, values });
    }
    this.#counts.clear();
  }

  /** The error for a value that shall end the run. */
  refusal(column: string, what: string, setting: 'special_numbers' | 'temporal_out_of_range'): RecordError {
    return new RecordError(`A value of ${JSON.stringify(column)} in stream ${JSON.stringify(this.#stream)} is ${what}`, {
      code: setting === 'special_numbers' ? 'special-number' : 'time-out-of-range',
      facts: { stream: this.#stream, property: column },
      hint: `Set ${setting} to something else than fail, or mend the value at its source.`,
    });
  }

  /** The error for text that is not what its type has. */
  unreadable(column: string, what: string): RecordError {
    return new RecordError(
      `A value of ${JSON.stringify(column)} in stream ${JSON.stringify(this.#stream)} cannot be read as ${what}`,
      {
        code: 'unreadable-value',
        facts: { stream: this.#stream, property: column },
        hint: 'Deselect the property, or discover anew if its type was changed.',
      },
    );
  }
}
