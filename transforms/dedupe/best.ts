import { BlockPool, ByteBlocks } from '../../singer/index.ts';
import { Fingerprints, fingerprintHex } from '../fingerprints.ts';
import type { RecordView } from '../record.ts';
import { type Beats, type Held, heldOf, KEY_END, KEY_START, type Line, lineHead } from './held-lines.ts';
import { Runs } from './runs.ts';

/**
 * The best record of each key, in bounded memory: lines in one buffer, no object per record. What does not fit goes to disk.
 */
export class Best {
  readonly #beats: Beats;
  readonly #runs: Runs;
  readonly #most: number;
  /** From a key to the number of its entry, counted from 1. */
  readonly #entries = new Fingerprints(Number.POSITIVE_INFINITY);
  /** By entry, in the order in which their keys came: where its line is, and the first 32 bits of its key (most comparisons need no more). */
  #starts = new Uint32Array(1024);
  #ends = new Uint32Array(1024);
  #heads = new Uint32Array(1024);
  #count = 0;
  #lines = Buffer.alloc(0);
  #used = 0;
  /** Bytes of lines that others have taken the place of. */
  #dead = 0;
  readonly #pool = new BlockPool();
  readonly #out = new ByteBlocks(this.#pool);
  /** The number of the first record since it was empty; undefined if it is. */
  first: number | undefined;

  /** `mostBytes`: what the lines in memory may take. */
  constructor(beats: Beats, mostBytes: number) {
    this.#beats = beats;
    this.#runs = new Runs(beats);
    this.#most = mostBytes;
  }

  /** Takes a record whose key has this fingerprint. */
  add(fingerprint: string, held: Held, record: RecordView, rest: string): void {
    this.first ??= held.number;
    const known = this.#entries.get(fingerprint);
    if (known > 0 && !this.#beats(held, heldOf(this.#lineOf(known - 1)))) return;
    const out = this.#out;
    out.appendText(lineHead(fingerprintHex(fingerprint), held, rest));
    record.write(out);
    out.appendText('}\n');
    // Room is made first: it may move or take away what is here.
    this.#makeRoom(out.size);
    const entry = this.#entries.get(fingerprint);
    const start = this.#used;
    const { blocks } = out.takeAll();
    for (const block of blocks) {
      this.#lines.set(block, this.#used);
      this.#used += block.length;
    }
    this.#pool.give(blocks);
    if (entry > 0) this.#dead += this.#ends[entry - 1]! - this.#starts[entry - 1]!;
    else this.#entries.set(fingerprint, this.#count + 1);
    const at = entry > 0 ? entry - 1 : this.#count++;
    if (at === this.#starts.length) this.#growEntries();
    this.#starts[at] = start;
    this.#ends[at] = this.#used;
    this.#heads[at] = headOf(fingerprint);
  }

  /** Gives all out, the best of each key: in the order in which the keys came, or in no order that means anything if some were on disk. Each is there until the next one is asked for. */
  *drain(): Generator<Line> {
    if (this.#runs.isEmpty) for (let entry = 0; entry < this.#count; entry++) yield this.#lineOf(entry);
    else {
      this.#spill();
      yield* this.#runs.drain();
    }
    this.#clear();
    this.first = undefined;
  }

  close(): void {
    this.#runs.close();
  }

  #lineOf(entry: number): Line {
    return { bytes: this.#lines, start: this.#starts[entry]!, end: this.#ends[entry]! };
  }

  #makeRoom(size: number): void {
    if (this.#used + size <= this.#lines.length) return;
    if (this.#used + size > this.#most && this.#used > 0) {
      if (this.#dead * 2 > this.#used) this.#compact();
      else this.#spill();
      return this.#makeRoom(size);
    }
    // All of it at once: what is not used yet takes no memory, and growing would copy.
    const grown = Buffer.allocUnsafe(Math.max(this.#used + size, this.#most));
    grown.set(this.#lines.subarray(0, this.#used));
    this.#lines = grown;
  }

  #growEntries(): void {
    const grown = (array: Uint32Array<ArrayBuffer>): Uint32Array<ArrayBuffer> => {
      const larger = new Uint32Array(array.length * 2);
      larger.set(array);
      return larger;
    };
    this.#starts = grown(this.#starts);
    this.#ends = grown(this.#ends);
    this.#heads = grown(this.#heads);
  }

  /** Moves the lines together. */
  #compact(): void {
    let used = 0;
    for (const entry of this.#sorted((a, b) => this.#starts[a]! - this.#starts[b]!)) {
      const [start, end] = [this.#starts[entry]!, this.#ends[entry]!];
      this.#lines.copyWithin(used, start, end);
      this.#starts[entry] = used;
      used += end - start;
      this.#ends[entry] = used;
    }
    this.#used = used;
    this.#dead = 0;
  }

  #spill(): void {
    if (this.#count === 0) return;
    const lines = this.#lines;
    const heads = this.#heads;
    const order = this.#sorted((a, b) => {
      if (heads[a] !== heads[b]) return heads[a]! - heads[b]!;
      const [x, y] = [this.#starts[a]!, this.#starts[b]!];
      return lines.compare(lines, y + KEY_START, y + KEY_END, x + KEY_START, x + KEY_END);
    });
    this.#runs.add(this.#linesIn(order));
    this.#clear();
  }

  *#linesIn(order: Uint32Array): Generator<Line> {
    for (const entry of order) yield this.#lineOf(entry);
  }

  #sorted(compare: (a: number, b: number) => number): Uint32Array {
    const order = new Uint32Array(this.#count);
    for (let entry = 0; entry < order.length; entry++) order[entry] = entry;
    return order.sort(compare);
  }

  #clear(): void {
    this.#entries.clear();
    this.#count = 0;
    this.#used = 0;
    this.#dead = 0;
  }
}

/** The first 32 bits of a fingerprint, in the order of its digits. */
function headOf(fingerprint: string): number {
  const byte = (at: number): number => fingerprint.charCodeAt(at);
  return ((byte(0) << 24) | (byte(1) << 16) | (byte(2) << 8) | byte(3)) >>> 0;
}
