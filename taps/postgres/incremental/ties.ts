import { hash } from 'node:crypto';

/** More rows than this at one value are not remembered: they are sent again. */
const MOST = 1000;
/** 96 bits of a SHA-256: no two of a thousand rows share them. */
const CHARACTERS = 16;

/** A row as a short text. `row` is its COPY text. */
export function rowHash(row: Buffer): string {
  return hash('sha256', row, 'base64url').slice(0, CHARACTERS);
}

/** Rows that were sent, by hash; one that was sent twice is there twice. */
export class SentRows {
  readonly #counts = new Map<string, number>();
  #left: number;

  constructor(hashes: readonly string[]) {
    for (const each of hashes) this.#counts.set(each, (this.#counts.get(each) ?? 0) + 1);
    this.#left = hashes.length;
  }

  /** True as long as one of them may still come. */
  get expected(): boolean {
    return this.#left > 0;
  }

  /** True if the row is one of them; takes it off. */
  take(row: Buffer): boolean {
    const key = rowHash(row);
    const count = this.#counts.get(key) ?? 0;
    if (count === 0) return false;
    this.#counts.set(key, count - 1);
    this.#left--;
    return true;
  }
}

/** The rows at the last value that was read, by hash. */
export class LastTies {
  #value: string | undefined;
  #hashes: readonly string[] | undefined = [];

  /**
   * Takes the rows from `first` to `end` of a block, which are its last ones and have this value; if `first` is 0, they go on where the last
   * block ended. Gives all rows at the value; undefined if they are too many to remember.
   */
  add(value: string, first: number, end: number, row: (index: number) => Buffer): readonly string[] | undefined {
    const before = first === 0 && value === this.#value ? this.#hashes : [];
    this.#value = value;
    const fits = before !== undefined && before.length + end - first <= MOST;
    this.#hashes = fits ? [...before, ...Array.from({ length: end - first }, (_, n) => rowHash(row(first + n)))] : undefined;
    return this.#hashes;
  }
}
