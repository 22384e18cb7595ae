import type { ByteSource } from './source.ts';

/** Bits of a source, the highest of each byte first. */
export class BitReader {
  readonly #source: ByteSource;
  readonly #atEnd: () => Error;
  readonly #bytes = Buffer.allocUnsafe(BUFFER_BYTES);
  #at = 0;
  #end = 0;
  #eof = false;
  #held = 0;
  #count = 0;

  /** `atEnd` makes the error for bits that are not there. */
  constructor(source: ByteSource, atEnd: () => Error) {
    this.#source = source;
    this.#atEnd = atEnd;
  }

  /** Fills up, so that the next `READY_BYTES` can be read; fewer are at hand only at the end. */
  async ready(): Promise<void> {
    if (this.#end - this.#at >= READY_BYTES || this.#eof) return;
    this.#bytes.copyWithin(0, this.#at, this.#end);
    this.#end -= this.#at;
    this.#at = 0;
    while (this.#end < BUFFER_BYTES && !this.#eof) {
      const got = await this.#source.read(this.#bytes, this.#end, BUFFER_BYTES - this.#end);
      if (got === 0) this.#eof = true;
      this.#end += got;
    }
  }

  /** True if no whole byte is left. */
  get done(): boolean {
    return this.#eof && this.#at === this.#end;
  }

  /** The next bits, at most 24. Throws what `atEnd` makes. */
  read(bits: number): number {
    while (this.#count < bits) {
      if (this.#at === this.#end) throw this.#atEnd();
      this.#held = (this.#held << 8) | this.#bytes[this.#at++]!;
      this.#count += 8;
    }
    this.#count -= bits;
    return (this.#held >>> this.#count) & ((1 << bits) - 1);
  }

  /** Drops the bits up to the next whole byte. */
  align(): void {
    this.#count = 0;
  }
}

/** More than the longest block of bzip2: 900,000 symbols of 20 bits, and its tables. */
const READY_BYTES = 2_300_000;
const BUFFER_BYTES = READY_BYTES + 256 * 1024;
