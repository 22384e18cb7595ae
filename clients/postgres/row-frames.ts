/** Some rows of a COPY, in the server's order. Its memory is used again for the block after the next one. */
export interface CopyBlock {
  readonly bytes: Buffer;
  /** Row `r`, with its newline, is `bytes[starts[r] .. starts[r + 1] - ROW_GAP)`: there is one start more than rows. */
  readonly starts: Int32Array;
  readonly rows: number;
}

/** So many bytes can be read behind the end of a block's memory: for those who read whole words. */
export const READ_AHEAD = 4;
/** Type and length of a message: what stands before each row (Message Formats in the manual). */
export const ROW_GAP = 5;

/** The text of a row, without its newline. */
export function rowBytes({ bytes, starts }: CopyBlock, row: number): Buffer {
  return bytes.subarray(starts[row], starts[row + 1]! - ROW_GAP - 1);
}

const COPY_DATA = 0x64;
const COPY_OUT_RESPONSE = 0x48;

/** Longest message that the server makes (MaxAllocSize), and the shortest. */
const LONGEST_MESSAGE = 0x3fff_ffff + ROW_GAP;
const SHORTEST_MESSAGE = 4;

/** Room of a buffer; a longer row gets one of its own. */
const BUFFER_BYTES = 384 * 1024;
const FIRST_STARTS = 4096;

interface Filling {
  bytes: Buffer;
  starts: Int32Array;
}

/**
 * Takes the server's messages apart. The server sends one CopyData message a row (Message Flow, COPY Operations, in the manual). Rows stay
 * where they lie, with the heads of their messages between them; of other messages only the beginning of the COPY is dropped.
 */
export class RowFrames {
  readonly #other: (message: Buffer) => void;
  #now: Filling = filling(BUFFER_BYTES);
  /** The last block, which its reader has done with when it takes the next. */
  #last: Filling | undefined;
  /** See `release`. */
  #large: Buffer | undefined;
  #used = 0;
  /** Where the message that comes next begins: all before it are whole. */
  #next = 0;
  #rows = 0;
  /** What has come and has no room. */
  #rest: Buffer[] = [];

  /** `other` gets each message that is not a row, whole; its bytes are valid during the call only. */
  constructor(other: (message: Buffer) => void) {
    this.#other = other;
  }

  /** Bytes of the rows that are whole; if there is one, what comes in pieces after it may wait outside. */
  get bytes(): number {
    return this.#rows === 0 ? 0 : Math.max(this.#used, this.#rest.length > 0 ? BUFFER_BYTES : 0);
  }

  /** Takes what the server sent. Throws for what is no message of the protocol. */
  push(chunk: Buffer): void {
    if (this.#rest.length > 0) {
      this.#rest.push(chunk);
      return;
    }
    for (let at = 0; at < chunk.length;) {
      if (this.#used === this.#now.bytes.length) {
        if (this.#rows > 0) {
          this.#rest.push(chunk.subarray(at));
          return;
        }
        this.#grow();
      }
      const copied = chunk.copy(this.#now.bytes, this.#used, at);
      this.#used += copied;
      at += copied;
      this.#walk();
    }
  }

  /** The whole rows so far; undefined if there are none. */
  take(): CopyBlock | undefined {
    const rows = this.#rows;
    if (rows === 0) return undefined;
    const { bytes, starts } = this.#now;
    const end = this.#next;
    starts[rows] = end + ROW_GAP;
    const tail = bytes.subarray(end, this.#used);
    const spare = this.#last;
    if (bytes.length === BUFFER_BYTES) this.#large = undefined;
    this.#last = this.#now;
    this.#now = spare?.bytes.length === BUFFER_BYTES ? spare : filling(BUFFER_BYTES);
    this.#used = tail.copy(this.#now.bytes);
    this.#next = 0;
    this.#rows = 0;
    const rest = this.#rest;
    this.#rest = [];
    for (const chunk of rest) this.push(chunk);
    return { bytes: bytes.subarray(0, end), starts: starts.subarray(0, rows + 1), rows };
  }

  /** The reader has done with the last block: a large buffer is kept for a long row that comes at once, no longer. */
  release(): void {
    if (this.#last === undefined || this.#last.bytes.length === BUFFER_BYTES) return;
    this.#large = this.#last.bytes;
    this.#last = undefined;
  }

  /** Steps over the messages that are whole by now. */
  #walk(): void {
    const { bytes } = this.#now;
    let { starts } = this.#now;
    while (this.#used - this.#next >= ROW_GAP) {
      const start = this.#next;
      const type = bytes[start]!;
      const end = start + 1 + this.#lengthAt(start + 1);
      if (end > this.#used) return;
      if (type === COPY_DATA) {
        // One more than rows.
        if (this.#rows + 2 > starts.length) starts = this.#moreStarts();
        starts[this.#rows++] = start + ROW_GAP;
        this.#next = end;
        continue;
      }
      if (type !== COPY_OUT_RESPONSE) this.#other(bytes.subarray(start, end));
      bytes.copyWithin(start, end, this.#used);
      this.#used -= end - start;
    }
  }

  #lengthAt(at: number): number {
    const length = this.#now.bytes.readUInt32BE(at);
    if (length < SHORTEST_MESSAGE || length > LONGEST_MESSAGE)
      throw new Error('Connection terminated: the server sent no message');
    return length;
  }

  #moreStarts(): Int32Array {
    const starts = new Int32Array(this.#now.starts.length * 2);
    starts.set(this.#now.starts);
    this.#now.starts = starts;
    return starts;
  }

  /** Makes room for the whole message that comes, which is longer than a buffer. */
  #grow(): void {
    const { bytes, starts } = this.#now;
    const length = 1 + this.#lengthAt(this.#next + 1);
    const larger = this.#large !== undefined && this.#large.length >= length ? this.#large : room(length);
    this.#large = undefined;
    this.#used = bytes.copy(larger, 0, this.#next, this.#used);
    this.#next = 0;
    this.#now = { bytes: larger, starts };
  }
}

function filling(bytes: number): Filling {
  return { bytes: room(bytes), starts: new Int32Array(FIRST_STARTS) };
}

function room(bytes: number): Buffer {
  return Buffer.allocUnsafeSlow(bytes + READ_AHEAD).subarray(0, bytes);
}
