import type { BigQueryType } from '../types/types.ts';
import { eachRow, MemberFinder } from './row-scan.ts';

/** Types of which equal values are always written as the same bytes. */
const CANONICAL: ReadonlySet<BigQueryType> = new Set(['INT64', 'STRING', 'BOOL', 'DATE']);

/** Keys that all proofs of a run may remember: eight bytes for each, and twice as many places. */
export const KEYS_REMEMBERED = 1_000_000;

/** How many keys may still be remembered, by all tables together. */
export interface KeyRoom {
  left: number;
}

const FIRST_PLACES = 1024;

/**
 * Proves that no two rows have the same key, by remembering a hash of each. Two keys with one hash look like a repeated key: that costs
 * time and is never wrong.
 */
export class KeyProof {
  readonly #finder: MemberFinder;
  readonly #keys: number;
  readonly #room: KeyRoom;
  /** Two halves of a hash for each place; both 0: it is free. */
  #places = new Uint32Array(FIRST_PLACES * 2);
  #remembered = 0;
  #unique = true;

  constructor(keys: readonly string[], room: KeyRoom) {
    this.#finder = new MemberFinder(keys);
    this.#keys = keys.length;
    this.#room = room;
  }

  /** True if keys of these types can be told apart by their bytes. */
  static canTell(types: readonly BigQueryType[]): boolean {
    return types.every((type) => CANONICAL.has(type));
  }

  /** Adds the rows of a part. False: one has a key that was there before, or there is no room; it stays false. */
  add(blocks: readonly Buffer[]): boolean {
    if (this.#unique)
      eachRow(blocks, (bytes, start) => {
        if (!this.#unique) return;
        this.#finder.look(bytes, start);
        if (!this.#addKey(bytes)) this.end();
      });
    return this.#unique;
  }

  /** Gives back its room; nothing is proven any more. */
  end(): void {
    this.#unique = false;
    this.#room.left += this.#remembered;
    this.#remembered = 0;
    this.#places = new Uint32Array(0);
  }

  #addKey(bytes: Buffer): boolean {
    const { from, to } = this.#finder;
    let high = 0x811c9dc5;
    let low = 0x9747b28c;
    for (let key = 0; key < this.#keys; key++) {
      const start = from[key]!;
      // Each value has its end, and null is none of them.
      for (let at = start; at >= 0 && at < to[key]!; at++) {
        high = Math.imul(high ^ bytes[at]!, 0x01000193);
        low = Math.imul(low ^ bytes[at]!, 0x5bd1e995);
        low ^= low >>> 15;
      }
      high = Math.imul(high ^ (start < 0 ? 0x101 : 0x100), 0x01000193);
      low = Math.imul(low ^ (start < 0 ? 0x101 : 0x100), 0x5bd1e995);
    }
    high ^= high >>> 16;
    low ^= low >>> 13;
    return this.#remember(high >>> 0, low >>> 0 || 1);
  }

  /** False: it is there, or there is no room. */
  #remember(high: number, low: number): boolean {
    if (this.#room.left === 0) return false;
    if (this.#remembered * 4 >= this.#places.length) this.#grow();
    if (!place(this.#places, high, low)) return false;
    this.#remembered++;
    this.#room.left--;
    return true;
  }

  #grow(): void {
    const old = this.#places;
    const larger = new Uint32Array(old.length * 2);
    for (let at = 0; at < old.length; at += 2) if (old[at + 1] !== 0) place(larger, old[at]!, old[at + 1]!);
    this.#places = larger;
  }
}

/** Puts a hash where it belongs; false: it is there. */
function place(places: Uint32Array, high: number, low: number): boolean {
  const mask = places.length / 2 - 1;
  for (let at = (high ^ low) & mask; ; at = (at + 1) & mask) {
    const there = places[at * 2 + 1]!;
    if (there === 0) {
      places[at * 2] = high;
      places[at * 2 + 1] = low;
      return true;
    }
    if (there === low && places[at * 2] === high) return false;
  }
}
