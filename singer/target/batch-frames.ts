import type { BatchFiles } from './batch-message.ts';
import type { Lines } from './lines.ts';

const NEWLINE = 0x0a;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const SPACE = 0x20;
/** Bytes of bare lines framed at a time, if one line alone is not longer; few enough to stay in the processor's cache. */
const BARE_BYTES = 64 * 1024;

/**
 * Writes bare records, one a line, as RECORD lines into a buffer of its own: they are then read as if they had come on the
 * input, fast lane included. A line that is not one JSON object, however it may look in its frame, gets a head that only the
 * general lane, which looks at the bare line, does not mind.
 *
 * Lines move within one buffer, from its end to its beginning, because a view of each line would be garbage dearer than the
 * copy. The buffer: head, framed lines, free room, bare lines, gap (what stands between two bare lines).
 */
export class BatchFrames {
  readonly #headBytes: number;
  readonly #gap: Buffer;
  #buffer: Buffer = Buffer.alloc(0);

  constructor({ head, tail }: Pick<BatchFiles, 'head' | 'tail'>) {
    this.#headBytes = head.length;
    this.#gap = Buffer.concat([tail, head]);
    this.#make(BARE_BYTES);
  }

  /** The lines framed, in pieces; each is valid until the next one is asked for. */
  *pieces({ bytes, start, end }: Lines): Generator<Lines> {
    for (let at = start; at < end;) {
      const stop = wholeLinesEnd(bytes, at, end);
      yield* this.#frame(bytes, at, stop);
      at = stop;
    }
  }

  /** A buffer with room for so many bare bytes, and for frames of as many. */
  #make(bareBytes: number): void {
    const gap = this.#gap;
    const buffer = Buffer.allocUnsafeSlow(2 * (bareBytes + gap.length + this.#headBytes));
    buffer.set(gap, buffer.length - gap.length);
    buffer.set(gap.subarray(gap.length - this.#headBytes));
    this.#buffer = buffer;
  }

  *#frame(bytes: Buffer, start: number, end: number): Generator<Lines> {
    if (2 * (end - start) > this.#buffer.length) this.#make(end - start);
    const buffer = this.#buffer;
    const head = this.#headBytes;
    const gap = this.#gap.length;
    const gapAt = buffer.length - gap;
    let from = gapAt - (end - start);
    buffer.set(bytes.subarray(start, end), from);
    // Always after a head.
    let to = head;
    while (from < gapAt) {
      if (to + gap > from) {
        yield { bytes: buffer, start: 0, end: to - head };
        buffer.copyWithin(0, gapAt + gap - head);
        to = head;
      }
      const stop = buffer.indexOf(NEWLINE, from);
      if (!isObject(buffer, from, stop)) buffer[to - head] = SPACE;
      buffer.copyWithin(to, from, stop);
      to += stop - from;
      buffer.copyWithin(to, gapAt);
      to += gap;
      from = stop + 1;
    }
    yield { bytes: buffer, start: 0, end: to - head };
    buffer.copyWithin(0, gapAt + gap - head);
  }
}

/** How many of the lines are framed at a time. */
function wholeLinesEnd(bytes: Buffer, start: number, end: number): number {
  if (end - start <= BARE_BYTES) return end;
  const last = bytes.lastIndexOf(NEWLINE, start + BARE_BYTES - 1) + 1;
  return last > start ? last : bytes.indexOf(NEWLINE, start) + 1;
}

/**
 * True if the line cannot be more than one object, given that it is valid in its frame, which whoever reads that finds out; false
 * also for some that are one. The newline stands at `stop`.
 */
function isObject(bytes: Buffer, start: number, stop: number): boolean {
  if (bytes[start] !== OPEN_BRACE || bytes[stop - 1] !== CLOSE_BRACE) return false;
  // Mostly there is only one brace: nothing can follow the object.
  return bytes.indexOf(CLOSE_BRACE, start) === stop - 1 || objectEnd(bytes, start, stop) === stop;
}

/** Where the object ends that begins at `at`, by its braces alone. */
function objectEnd(bytes: Buffer, at: number, stop: number): number {
  for (let depth = 0; at < stop; at++) {
    const byte = bytes[at]!;
    if (byte === QUOTE) {
      for (at++; at < stop && bytes[at] !== QUOTE; at++) if (bytes[at] === BACKSLASH) at++;
    } else if (byte === OPEN_BRACE) depth++;
    else if (byte === CLOSE_BRACE && --depth === 0) return at + 1;
  }
  return -1;
}
