import { hash } from 'node:crypto';
import type { Json } from '../singer/index.ts';
import { canonicalOf } from './canonical.ts';

/** Bytes of a hash that tell values apart: two of a billion values agree in these with a chance of 10^-20. */
const HASH_BYTES = 16;
const WORDS = HASH_BYTES / 4;
/** An entry: the hash and how often it came. */
const ENTRY_BYTES = HASH_BYTES + 4;
/** Parts of a table; a fingerprint's first byte says which. */
const SHARES = 64;
const FEWEST_ENTRIES = 16;
const MOST_LOAD = 0.8;

/**
 * The text that is hashed for some values: each as its canonical text with its length in bytes before it, `-` for null or absent. No two
 * lists of different values have one text.
 */
export function hashedText(values: readonly (Json | undefined)[]): string {
  let text = '';
  for (const value of values) {
    if (value === undefined || value === null) text += '-';
    else {
      const own = canonicalOf(value);
      text += `${Buffer.byteLength(own)}:${own}`;
    }
  }
  return text;
}

/** SHA-256 of a text, its first 128 bits, one character for each byte (the fastest form). The same in every run and on every machine. */
export function fingerprintOf(text: string): string {
  return hash('sha256', text, 'binary').slice(0, HASH_BYTES);
}

/** A fingerprint in hexadecimal digits. */
export function fingerprintHex(fingerprint: string): string {
  return Buffer.from(fingerprint, 'latin1').toString('hex');
}

/** A table from fingerprints to whole numbers that are not 0, in 25 to 40 bytes each, no object per entry. */
export class Fingerprints {
  readonly #shares: readonly Share[];

  /** `mostBytes`: what the table may take. `growth`: how much larger a part of it becomes when it is full. */
  constructor(mostBytes: number, growth = 1.5) {
    const room = { entries: Math.floor(mostBytes / ENTRY_BYTES) - SHARES * FEWEST_ENTRIES };
    this.#shares = Array.from({ length: SHARES }, () => new Share(room, growth));
  }

  /** The number of a fingerprint; 0 if it is not here. */
  get(fingerprint: string): number {
    return this.#shareOf(fingerprint).get(fingerprint);
  }

  /** Gives false if it is new and there is no room. */
  set(fingerprint: string, value: number): boolean {
    return this.#shareOf(fingerprint).set(fingerprint, value);
  }

  /** Counts one more; gives how often it has come with this time. 0 if it is new and there is no room. */
  count(fingerprint: string): number {
    const count = this.get(fingerprint) + 1;
    return this.set(fingerprint, count) ? count : 0;
  }

  clear(): void {
    for (const share of this.#shares) share.clear();
  }

  #shareOf(fingerprint: string): Share {
    return this.#shares[fingerprint.charCodeAt(0) % SHARES]!;
  }
}

/** The entries of the fingerprints that begin alike. While one grows, its old entries stand beside the new ones: of the whole a small part. */
class Share {
  /** What all may still grow by. */
  readonly #room: { entries: number };
  readonly #growth: number;
  #size = FEWEST_ENTRIES;
  #used = 0;
  #words = new Uint32Array(FEWEST_ENTRIES * WORDS);
  #values = new Uint32Array(FEWEST_ENTRIES);

  constructor(room: { entries: number }, growth: number) {
    this.#room = room;
    this.#growth = growth;
  }

  get(fingerprint: string): number {
    return this.#values[this.#findText(fingerprint)]!;
  }

  set(fingerprint: string, value: number): boolean {
    let at = this.#findText(fingerprint);
    if (this.#values[at] === 0) {
      if (this.#used >= this.#size * MOST_LOAD) {
        const more = Math.min(Math.ceil(this.#size * (this.#growth - 1)), this.#room.entries);
        if (more <= 0) return false;
        this.#room.entries -= more;
        this.#grow(this.#size + more);
        at = this.#findText(fingerprint);
      }
      this.#used++;
      for (let i = 0; i < WORDS; i++) this.#words[at * WORDS + i] = wordAt(fingerprint, i * 4);
    }
    this.#values[at] = value;
    return true;
  }

  clear(): void {
    this.#values.fill(0);
    this.#used = 0;
  }

  #findText(text: string): number {
    return this.#find(wordAt(text, 0), wordAt(text, 4), wordAt(text, 8), wordAt(text, 12));
  }

  /** The place of a hash, or the free one where it belongs. */
  #find(a: number, b: number, c: number, d: number): number {
    const words = this.#words;
    const size = this.#size;
    for (let at = Math.floor((b * size) / 0x1_0000_0000); ; at = at + 1 === size ? 0 : at + 1) {
      if (this.#values[at] === 0) return at;
      const word = at * WORDS;
      if (words[word] === a && words[word + 1] === b && words[word + 2] === c && words[word + 3] === d) return at;
    }
  }

  #grow(size: number): void {
    const words = this.#words;
    const values = this.#values;
    this.#size = size;
    this.#words = new Uint32Array(size * WORDS);
    this.#values = new Uint32Array(size);
    for (let at = 0; at < values.length; at++) {
      if (values[at] === 0) continue;
      const word = at * WORDS;
      // No list and no view per entry: they would be as large as the table.
      const to = this.#find(words[word]!, words[word + 1]!, words[word + 2]!, words[word + 3]!);
      for (let i = 0; i < WORDS; i++) this.#words[to * WORDS + i] = words[word + i]!;
      this.#values[to] = values[at]!;
    }
  }
}

function wordAt(text: string, at: number): number {
  return (
    (text.charCodeAt(at) | (text.charCodeAt(at + 1) << 8) | (text.charCodeAt(at + 2) << 16) | (text.charCodeAt(at + 3) << 24)) >>>
    0
  );
}
