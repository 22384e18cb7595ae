import type { Bookmarks } from './bookmarks.ts';
import type { ExtractSettings } from './extract-settings.ts';
import { stateLine } from './messages.ts';
import type { Meter } from '../meter.ts';
import type { Output } from '../output.ts';
import { unlessAborted } from './waiting.ts';

/** Up to this length of its text a state is sent as often as the settings say. */
const SHORT_STATE = 64 * 1024;

/** Writes STATE messages: often enough, never the same twice in a row. */
export class StateSender {
  readonly #o: StateSenderOptions;
  #last: string | undefined;
  #records = 0;
  #sentAt = performance.now();

  constructor(options: StateSenderOptions) {
    this.#o = options;
  }

  /**
   * Tells of records written, and says whether it is time for a STATE. By count only if it would be a new one: in the midst of a
   * batch file nothing is. A long state waits for as many more records as it is longer: the states of thousands of files would
   * otherwise outgrow the records between them.
   */
  due(records: number, isNew: boolean): boolean {
    const { stateRecords, stateSeconds } = this.#o.settings;
    this.#records += records;
    const weight = Math.max(1, (this.#last?.length ?? 0) / SHORT_STATE);
    const enough = isNew && this.#records >= stateRecords * weight;
    return enough || performance.now() - this.#sentAt >= stateSeconds * 1000;
  }

  /** Writes the state as it is now; all records that it covers must have been written. */
  async send(): Promise<void> {
    const { bookmarks, output, meter, signal, silent } = this.#o;
    if (silent) return;
    this.#records = 0;
    this.#sentAt = performance.now();
    const text = bookmarks.text();
    if (text === this.#last) return;
    this.#last = text;
    const wait = output.write(stateLine(text));
    meter.state();
    if (wait !== undefined) await unlessAborted(wait, signal);
  }
}

export interface StateSenderOptions {
  readonly bookmarks: Bookmarks;
  readonly output: Output;
  readonly meter: Meter;
  readonly settings: ExtractSettings;
  readonly signal: AbortSignal;
  /** Sends nothing: for `--test`. */
  readonly silent: boolean;
}
