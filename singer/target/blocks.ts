/** Size of one block: large enough that a socket write is cheap, small enough to be reused often. */
const BLOCK_BYTES = 256 * 1024;
/** Blocks kept for reuse; more than a unit in flight and one being filled need is given back to the collector. */
const POOL_BLOCKS = 128;

/** Up to so many bytes, a loop costs less than a call out of JavaScript. */
const SHORT = 96;
/** A text of more characters is measured before it is written. */
const COUNTED = 64 * 1024;
const EMPTY = Buffer.alloc(0);
const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/**
 * Bytes under construction: a list of blocks, the last one open. Encoders call `reserve(n)` and then write into `bytes`
 * from `used` on. Rows may span blocks. Blocks come from a pool so that memory stays flat.
 */
export class ByteBlocks {
  /** The open block, and a view of it. They change at `reserve`. */
  bytes: Buffer = EMPTY;
  view: DataView = viewOf(EMPTY);
  /** Bytes used in the open block. */
  used = 0;
  rows = 0;
  readonly #pool: BlockPool;
  #sealed: Buffer[] = [];
  #sealedBytes = 0;

  constructor(pool: BlockPool) {
    this.#pool = pool;
  }

  /** Makes sure that `count` more bytes fit at `used`. */
  reserve(count: number): void {
    if (this.bytes.length - this.used >= count) return;
    this.#seal();
    this.bytes = this.#pool.take(count);
    this.view = viewOf(this.bytes);
  }

  /** Appends a copy of `source[start..end)`. */
  append(source: Uint8Array, start: number, end: number): void {
    const length = end - start;
    this.reserve(length);
    const { bytes, used } = this;
    if (length > SHORT) bytes.set(source.subarray(start, end), used);
    else for (let i = 0; i < length; i++) bytes[used + i] = source[start + i]!;
    this.used = used + length;
  }

  /** Appends text as UTF-8. */
  appendText(text: string): void {
    // The worst case is three bytes for each character; of a long text they are counted.
    this.reserve(text.length <= COUNTED ? text.length * 3 : Buffer.byteLength(text));
    const { bytes, used } = this;
    if (text.length <= SHORT) {
      let i = 0;
      for (let unit = text.charCodeAt(0); unit < 0x80; unit = text.charCodeAt(i)) bytes[used + i++] = unit;
      if (i === text.length) {
        this.used = used + i;
        return;
      }
    }
    this.used = used + bytes.write(text, used, 'utf8');
  }

  /** Appends text as a JSON string. */
  appendJsonText(text: string): void {
    if (text.length > SHORT) return this.appendText(JSON.stringify(text));
    this.reserve(text.length + 2);
    const { bytes, used } = this;
    bytes[used] = QUOTE;
    let at = used + 1;
    for (let i = 0; i < text.length; i++) {
      const unit = text.charCodeAt(i);
      // What JSON escapes, and what is more than one byte.
      if (unit < 0x20 || unit > 0x7e || unit === QUOTE || unit === BACKSLASH) return this.appendText(JSON.stringify(text));
      bytes[at++] = unit;
    }
    bytes[at++] = QUOTE;
    this.used = at;
  }

  get size(): number {
    return this.#sealedBytes + this.used;
  }

  /** A place that `splitAt` can cut at later. */
  mark(): Mark {
    return { sealed: this.#sealed.length, used: this.used, rows: this.rows, size: this.size };
  }

  /** Takes everything before `mark` away; what came after it stays. Marks made before this call are void. */
  splitAt(mark: Mark): Taken {
    const rows = this.rows - mark.rows;
    this.#seal();
    const first = this.#sealed.slice(0, mark.sealed);
    const rest = this.#sealed.slice(mark.sealed);
    this.#sealed = [];
    this.#sealedBytes = 0;
    const cut = rest.shift();
    if (cut !== undefined) {
      if (mark.used > 0) first.push(cut.subarray(0, mark.used));
      // The cut block's memory goes away with the first half, so the second half is moved out of it.
      if (mark.used === 0) this.#push(cut);
      else if (mark.used < cut.length) this.append(cut, mark.used, cut.length);
      this.#seal();
      for (const block of rest) this.#push(block);
    }
    this.rows = rows;
    return { blocks: first, rows: mark.rows, bytes: mark.size };
  }

  /** Takes everything away. */
  takeAll(): Taken {
    this.#seal();
    const taken = { blocks: this.#sealed, rows: this.rows, bytes: this.#sealedBytes };
    this.#sealed = [];
    this.#sealedBytes = 0;
    this.bytes = EMPTY;
    this.used = 0;
    this.rows = 0;
    return taken;
  }

  #seal(): void {
    if (this.used > 0) this.#push(this.bytes.subarray(0, this.used));
    this.bytes = EMPTY;
    this.used = 0;
  }

  #push(block: Buffer): void {
    this.#sealed.push(block);
    this.#sealedBytes += block.length;
  }
}

/** Where nothing was written yet. */
export const START: Mark = { sealed: 0, used: 0, rows: 0, size: 0 };

/** A place in a ByteBlocks. */
export interface Mark {
  readonly sealed: number;
  readonly used: number;
  readonly rows: number;
  readonly size: number;
}

export interface Taken {
  readonly blocks: readonly Buffer[];
  readonly rows: number;
  readonly bytes: number;
}

/** Gives out blocks and takes them back once their unit is durable. */
export class BlockPool {
  readonly #free: ArrayBufferLike[] = [];

  take(least: number): Buffer {
    if (least > BLOCK_BYTES) return Buffer.allocUnsafeSlow(least);
    const free = this.#free.pop();
    return free === undefined ? Buffer.allocUnsafeSlow(BLOCK_BYTES) : Buffer.from(free);
  }

  /** Only for blocks nobody reads any more. Oversized ones are left to the collector. */
  give(blocks: readonly Buffer[]): void {
    for (const block of blocks) {
      if (block.buffer.byteLength === BLOCK_BYTES && this.#free.length < POOL_BLOCKS) this.#free.push(block.buffer);
    }
  }
}

function viewOf(bytes: Buffer): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}
