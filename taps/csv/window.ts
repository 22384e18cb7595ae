import type { Hash } from 'node:crypto';
import { createHash } from 'node:crypto';
import { isUtf8 } from 'node:buffer';
import type { ByteSource } from './source.ts';
import { badByte } from './utf8.ts';

/** Bytes asked for at once: few system calls, and still inside a processor's second-level cache. */
export const WINDOW_BYTES = 256 * 1024;
const LF = 0x0a;

/**
 * The part of a file that is in memory: `bytes[start..end)` is unread. It moves along the file, grows for a row that does not
 * fit, and hashes what was read. The byte at `end` may be written by scanners as a sentinel.
 */
export class Window {
  bytes: Buffer;
  start = 0;
  end = 0;
  /** `bytes[start..valid)` is known to be whole characters of valid UTF-8. */
  valid = 0;
  /** Where the last whole line of the valid bytes ends, after its line feed; not after `start` if there is none. */
  linesEnd = 0;
  eof = false;
  readonly #source: ByteSource;
  readonly #usual: number;
  readonly #hash: Hash = createHash('sha256');
  /** Offset in the file of `bytes[0]`. */
  #base = 0;
  /** Up to here `bytes` is in the hash. */
  #hashed = 0;
  /** The byte before `start`, -1 at the beginning. */
  #last = -1;

  constructor(source: ByteSource, windowBytes: number) {
    this.#source = source;
    this.#usual = windowBytes;
    this.bytes = Buffer.allocUnsafeSlow(windowBytes + 1);
  }

  /** Offset in the file of the first unread byte. */
  get offset(): number {
    return this.#base + this.start;
  }

  /** The byte before the first unread one, -1 at the beginning of the file. */
  get previous(): number {
    return this.start > 0 ? this.bytes[this.start - 1]! : this.#last;
  }

  /** SHA-256 of everything read so far, in hexadecimal: what `head -c OFFSET FILE | sha256sum` prints for a plain file. */
  digest(): string {
    this.#hashUpTo(this.start);
    return this.#hash.copy().digest('hex');
  }

  /**
   * Reads on. A row in hand is at least doubled before it is looked at again, so that a long one is not scanned too often.
   */
  async fill(): Promise<void> {
    if (this.eof) return;
    const pending = this.end - this.start;
    this.#makeRoom(pending);
    const wanted = pending * 2;
    do {
      const got = await this.#source.read(this.bytes, this.end, this.bytes.length - 1 - this.end);
      if (got === 0) this.eof = true;
      this.end += got;
    } while (!this.eof && this.end < wanted);
  }

  /** Makes `valid` as large as the bytes in the window allow. */
  validate(): void {
    if (this.valid < this.start) this.valid = this.start;
    const rest = this.bytes.subarray(this.valid, this.end);
    if (isUtf8(rest)) this.valid = this.end;
    else this.valid = badByte(this.bytes, this.valid, this.end);
    this.linesEnd = this.valid === this.start ? this.start : this.bytes.lastIndexOf(LF, this.valid - 1) + 1;
  }

  /** Reads and hashes up to `offset` of the file without looking at it. False if the file ends before. */
  async skipTo(offset: number): Promise<boolean> {
    for (;;) {
      const step = Math.min(offset - this.offset, this.end - this.start);
      this.start += step;
      if (this.offset === offset) return true;
      if (this.eof) return false;
      await this.fill();
    }
  }

  #makeRoom(pending: number): void {
    this.#hashUpTo(this.start);
    if (this.start > 0) this.#last = this.bytes[this.start - 1]!;
    const capacity = this.bytes.length - 1;
    if (pending * 2 > capacity || (capacity > this.#usual && pending * 4 < this.#usual)) {
      const bytes = Buffer.allocUnsafeSlow(Math.max(this.#usual, pending * 2) + 1);
      this.bytes.copy(bytes, 0, this.start, this.end);
      this.bytes = bytes;
    } else this.bytes.copyWithin(0, this.start, this.end);
    this.#base += this.start;
    this.valid = Math.max(0, this.valid - this.start);
    this.linesEnd = Math.max(0, this.linesEnd - this.start);
    this.start = 0;
    this.end = pending;
    this.#hashed = 0;
  }

  #hashUpTo(end: number): void {
    if (end > this.#hashed) this.#hash.update(this.bytes.subarray(this.#hashed, end));
    this.#hashed = Math.max(this.#hashed, end);
  }
}
