import { hash } from 'node:crypto';
import { Counts } from './counts.ts';
import type { RowParser } from './parser.ts';

/**
 * Makes the key of rows that have none: SHA-256 of the file's name, the column names and the cells, by name so that the order of
 * columns does not matter; for the second and later identical rows of a file also of their number. The same file read again gives
 * the same keys. Costs about 32 bytes for each different row of the file in hand.
 */
export class RowHasher {
  readonly #order: readonly number[];
  /** Cells of the header. */
  readonly #width: number;
  readonly #prefixBytes: number;
  readonly #counts = new Counts();
  /** The text that is hashed: the prefix, then each cell with its length before it. */
  #text: Buffer;

  constructor(key: string, columns: readonly (string | undefined)[]) {
    const named = columns.map((name, cell) => ({ name, cell })).filter((column) => column.name !== undefined);
    named.sort((a, b) => (a.name! < b.name! ? -1 : 1));
    this.#order = named.map((column) => column.cell);
    this.#width = columns.length;
    this.#text = Buffer.from(`${JSON.stringify([key, ...named.map((column) => column.name)])}\n`);
    this.#prefixBytes = this.#text.length;
  }

  /** The key of the next row of the file; rows must come in file order. */
  next(row: RowParser): string {
    const longest = this.#prefixBytes + (row.cells === 0 ? 0 : row.ends[row.cells - 1]!) + 4 * (this.#width + row.cells);
    if (this.#text.length < longest) this.#text = Buffer.concat([this.#text.subarray(0, this.#prefixBytes)], longest * 2);
    const text = this.#text;
    let end = this.#prefixBytes;
    for (const cell of this.#order) end = putCell(text, end, row, cell);
    for (let cell = this.#width; cell < row.cells; cell++) end = putCell(text, end, row, cell);
    const digest = hash('sha256', text.subarray(0, end), 'buffer');
    const occurrence = this.#counts.add(digest.readUInt32LE(0), digest.readUInt32LE(4));
    if (occurrence === 1) return digest.toString('hex');
    return hash('sha256', Buffer.concat([digest, Buffer.from(String(occurrence))]), 'hex');
  }
}

/** A cell with its length before it, so that no two rows give the same text; a cell that is not there has a length none can have. */
function putCell(text: Buffer, at: number, row: RowParser, cell: number): number {
  if (cell >= row.cells) return text.writeUInt32LE(0xffff_ffff, at);
  const start = cell === 0 ? 0 : row.ends[cell - 1]!;
  const from = text.writeUInt32LE(row.ends[cell]! - start, at);
  for (let i = start, to = from; i < row.ends[cell]!; i++, to++) text[to] = row.bytes[i]!;
  return from + row.ends[cell]! - start;
}
