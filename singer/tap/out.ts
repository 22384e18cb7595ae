/** A batch is handed on when it has reached this size. */
export const BATCH_BYTES = 256 * 1024;
/** Room for the row that crosses the line. A longer one gets a buffer of its own. */
export const SLACK_BYTES = 256 * 1024;
/** The reader of a batch may still be sending it, and the one before it, while the next is filled. */
const BUFFERS = 4;

/** RECORD lines under construction. The buffers are used in turn. */
export class Out {
  bytes: Buffer;
  used = 0;
  records = 0;
  /** Size of a batch: no row is begun beyond it. */
  readonly softEnd: number;
  readonly #bufferBytes: number;
  readonly #ring: Buffer[] = [];
  #turn = 0;

  constructor(batchBytes: number, slackBytes: number) {
    this.softEnd = batchBytes;
    this.#bufferBytes = batchBytes + slackBytes;
    this.bytes = this.#nextBuffer();
  }

  get full(): boolean {
    return this.used >= this.softEnd;
  }

  /** Makes sure that `count` more bytes fit. */
  ensure(count: number): void {
    if (this.bytes.length - this.used >= count) return;
    const bytes = Buffer.allocUnsafeSlow(this.used + Math.max(count, this.used));
    this.bytes.copy(bytes, 0, 0, this.used);
    this.bytes = bytes;
  }

  /** The same after `used` bytes, which are kept, for a line that is not at its end. */
  grow(used: number, count: number): void {
    const before = this.used;
    this.used = used;
    this.ensure(count);
    this.used = before;
  }

  append(bytes: Uint8Array): void {
    this.ensure(bytes.length);
    this.bytes.set(bytes, this.used);
    this.used += bytes.length;
  }

  /** The lines so far; the next ones go to another buffer. */
  take(): { readonly bytes: Buffer; readonly records: number } {
    const taken = { bytes: this.bytes.subarray(0, this.used), records: this.records };
    this.bytes = this.#nextBuffer();
    this.used = 0;
    this.records = 0;
    return taken;
  }

  #nextBuffer(): Buffer {
    this.#turn = (this.#turn + 1) % BUFFERS;
    return (this.#ring[this.#turn] ??= Buffer.allocUnsafeSlow(this.#bufferBytes));
  }
}
