import { hash } from 'node:crypto';
import { Counts } from '../counts.ts';
import type { RowParser } from '../parser.ts';
import type { Offsets } from '../types/convert.ts';
import { ColumnEvidence } from '../types/infer.ts';
import type { KeyFacts } from './facts.ts';

/** What the cells of one column come to. */
export class ColumnTally {
  readonly evidence = new ColumnEvidence();
  cells = 0;
  nulls = 0;
  empties = 0;

  add(bytes: Buffer, start: number, end: number, reading: CellReading, inQuotes: boolean): void {
    this.cells++;
    if (start === end) {
      if (reading.emptyIsNull && !(reading.isText && inQuotes)) this.nulls++;
      else if (reading.nullValues.has('')) this.nulls++;
      else this.empties++;
    } else if (reading.nullValues.size > 0 && reading.nullValues.has(bytes.toString('utf8', start, end))) this.nulls++;
    else this.evidence.add(bytes, start, end, reading.offsets);
  }

  /** Rows that have no cell of this column. */
  absent(rows: number): void {
    this.cells += rows;
    this.nulls += rows;
  }
}

/** How a file's cells of one column are read. */
export interface CellReading {
  readonly isText: boolean;
  readonly emptyIsNull: boolean;
  readonly nullValues: ReadonlySet<string>;
  readonly offsets: Offsets | undefined;
}

/** Part of all, to six digits after the point. */
export function rateOf(part: number, all: number): number {
  return all === 0 ? 0 : Math.round((part / all) * 1e6) / 1e6;
}

/** Places of duplicates that are named. */
const PLACES = 5;
/** Different keys that are remembered: about 200 MB. */
const MOST_KEYS = 10_000_000;

/** Finds rows with the same key, by 64 bits of a SHA-256 of its texts: 12 to 24 bytes of memory for each different key. */
export class KeyTally {
  readonly #columns: readonly string[];
  readonly #most: number;
  readonly #counts = new Counts();
  readonly #first: { file: string; line: number }[] = [];
  #compared = 0;
  #duplicates = 0;
  #text: Buffer = Buffer.alloc(256);
  nulls = 0;

  constructor(columns: readonly string[], most: number = MOST_KEYS) {
    this.#columns = columns;
    this.#most = most;
  }

  /** The next row; `cells` are those of the key, `made` the text of what the tap itself adds to it. */
  add(row: RowParser, cells: readonly number[], file: string, line: number, made: Buffer): void {
    if (this.#counts.size >= this.#most) return;
    const longest = (row.cells === 0 ? 0 : row.ends[row.cells - 1]!) + 4 * cells.length + made.length;
    if (this.#text.length < longest) this.#text = Buffer.alloc(longest * 2);
    let end = made.copy(this.#text);
    for (const cell of cells) {
      const start = cell === 0 ? 0 : row.ends[cell - 1]!;
      const stop = cell < row.cells ? row.ends[cell]! : start;
      // With its length before it, so that no two keys give the same text.
      end = this.#text.writeUInt32LE(stop - start, end);
      end += row.bytes.copy(this.#text, end, start, stop);
    }
    this.addText(this.#text.subarray(0, end), file, line);
  }

  /** The next row, by a text that no other key has. */
  addText(text: Buffer, file: string, line: number): void {
    if (this.#counts.size >= this.#most) return;
    const digest = hash('sha256', text, 'buffer');
    this.#compared++;
    if (this.#counts.add(digest.readUInt32LE(0), digest.readUInt32LE(4)) === 1) return;
    this.#duplicates++;
    if (this.#first.length < PLACES) this.#first.push({ file, line });
  }

  get facts(): KeyFacts {
    return {
      columns: this.#columns,
      duplicates: this.#duplicates,
      first: this.#first,
      compared: this.#compared,
      nulls: this.nulls,
    };
  }
}
