import { createHash } from 'node:crypto';
import { EXTRACTED_AT } from './metadata.ts';

const NEWLINE = 0x0a;
const QUOTE = 0x22;
const EXTRACTED = Buffer.from(`,"${EXTRACTED_AT}":"`);
/** So many digits of a digest name rows: 160 bits. */
const DIGITS = 40;
/** The same for a mark, which only says early that rows are others. */
const MARK_DIGITS = 12;
/** Bytes that copying whole words may write beyond the rows. */
const SLACK = 8;

/** What is known of rows without having them. */
export interface RowsSeen {
  readonly rows: number;
  /** Digest of them all, in hexadecimal digits; empty where none is wanted. */
  readonly digest: string;
  /** Digests, short, of the first 1, 2, 4, 8 … rows. */
  readonly marks: readonly string[];
}

/**
 * A digest of rows in their order, without the members that tell when they were read: the same records have the same in every run, however
 * they are cut into blocks.
 */
export class RowDigest implements RowsSeen {
  readonly #clockBytes: number | undefined;
  readonly #scratch: Scratch;
  readonly #hash = createHash('sha256');
  readonly #marks: string[] = [];
  rows = 0;

  /** `clockBytes`: so many bytes at the start of each row, its brace included, tell of our clock; undefined: rows are only counted. */
  constructor(clockBytes: number | undefined, scratch: Scratch) {
    this.#clockBytes = clockBytes;
    this.#scratch = scratch;
  }

  /** Adds the rows of whole blocks, which are so many. */
  addAll(blocks: readonly Buffer[], rows: number): void {
    if (this.#clockBytes === undefined) this.rows += rows;
    else for (const block of blocks) this.add(block, 0, Infinity);
  }

  /** Adds the whole rows of a block from `start` on until there are `most` in all. Gives where it has stopped: the end of a row. */
  add(block: Buffer, start: number, most: number): number {
    const clockBytes = this.#clockBytes ?? 0;
    const { bytes, view } = this.#scratch.take(block.length - start);
    const from = new DataView(block.buffer, block.byteOffset, block.length);
    let used = 0;
    let at = start;
    while (at < block.length && this.rows < most) {
      const first = dataStart(block, at, clockBytes);
      const end = block.indexOf(NEWLINE, first) + 1;
      if (end === 0) throw new Error('A block ends within a row');
      // In words: no call is as cheap as that for so few bytes. As doubles these are never NaN, whose bits might change: that takes a byte of
      // 0x7f or more behind one of 0xf0 or more, which UTF-8 does not have.
      let to = used;
      let k = first;
      for (; k + 8 <= end; k += 8, to += 8) view.setFloat64(to, from.getFloat64(k, true), true);
      for (; k < end; k++) bytes[to++] = block[k]!;
      used = to;
      at = end;
      this.rows++;
      if (this.rows !== 2 ** this.#marks.length) continue;
      this.#hash.update(bytes.subarray(0, used));
      used = 0;
      this.#marks.push(this.digest.slice(0, MARK_DIGITS));
    }
    this.#hash.update(bytes.subarray(0, used));
    return at;
  }

  get digest(): string {
    return this.#clockBytes === undefined ? '' : this.#hash.copy().digest('hex').slice(0, DIGITS);
  }

  get marks(): readonly string[] {
    return this.#marks;
  }
}

/** Where a row goes on behind what tells of times. */
function dataStart(block: Buffer, row: number, clockBytes: number): number {
  const at = row + clockBytes;
  if (clockBytes === 0) return at;
  for (let i = 0; i < EXTRACTED.length; i++) if (block[at + i] !== EXTRACTED[i]) return at;
  let end = at + EXTRACTED.length;
  while (block[end] !== QUOTE) end++;
  return end + 1;
}

/** Room for the bytes of a block, shared by the digests of many streams. */
export class Scratch {
  #bytes = Buffer.alloc(0);
  #view = new DataView(new ArrayBuffer(0));

  /** Of use until the next call. */
  take(size: number): { readonly bytes: Buffer; readonly view: DataView } {
    if (this.#bytes.length < size + SLACK) {
      this.#bytes = Buffer.allocUnsafeSlow(size + SLACK);
      this.#view = new DataView(this.#bytes.buffer);
    }
    return { bytes: this.#bytes, view: this.#view };
  }
}
