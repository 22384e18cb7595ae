import type { Log } from '../../../singer/tap/index.ts';
import type { RecordLayout, RecordNotes } from './record-writer.ts';

/** More names than this are made of data; the others are counted together. */
const MAX_NAMES = 50;

/** Counts, by property, what could not be sent in its place. */
export class PropertyCounts {
  readonly #layout: Pick<RecordLayout, 'keepsExtra' | 'keepsMisfits'>;
  readonly #counts = new Map<string, { message: string; property: string; rows: number; firstLine: number }>();

  constructor(layout: Pick<RecordLayout, 'keepsExtra' | 'keepsMisfits'>) {
    this.#layout = layout;
  }

  add({ unknown, misfits }: RecordNotes, line: number): void {
    const { keepsExtra, keepsMisfits } = this.#layout;
    for (const name of unknown) {
      this.#count(`A property that the stream does not have ${keepsExtra ? 'went to _sdc_extra' : 'was left out'}`, name, line);
    }
    for (const name of misfits) {
      const fate = keepsMisfits ? 'sent as null and kept in _sdc_misfits' : 'sent as null';
      this.#count(`Values that do not fit the type of their property were ${fate}`, name, line);
    }
  }

  nullKey(name: string, line: number): void {
    this.#count('Rows have no value in a key column', name, line);
  }

  /** Warns of each, with the number of records. */
  report(log: Log, file: string): void {
    for (const { message, property, rows, firstLine } of this.#counts.values()) {
      log.warn(message, { file, property, rows, first_line: firstLine });
    }
    this.#counts.clear();
  }

  #count(message: string, name: string, line: number): void {
    const property = this.#counts.size < MAX_NAMES || this.#counts.has(`${message}\n${name}`) ? name : '(others)';
    const count = this.#counts.get(`${message}\n${property}`);
    if (count === undefined) this.#counts.set(`${message}\n${property}`, { message, property, rows: 1, firstLine: line });
    else count.rows++;
  }
}
