import type { RecordCount } from './bad-records.ts';
import type { Checkpoint } from './checkpoint.ts';
import type { Meter } from '../meter.ts';
import type { OpenStream } from './open-stream.ts';
import type { Place } from './place.ts';
import { StreamHeads } from './stream-heads.ts';

const NEWLINE = 0x0a;

export interface FastLaneOptions {
  readonly checkpoint: Checkpoint;
  readonly count: RecordCount;
  readonly meter: Meter;
  readonly place: Place;
}

/** Hands whole lines to the encoder of their stream, if it takes any. */
export class FastLane {
  /** The stream whose lines are expected next. */
  current: OpenStream | undefined;
  /** The stream that was asked last. */
  #last: OpenStream | undefined;
  readonly #o: FastLaneOptions;
  readonly #heads = new StreamHeads<OpenStream>();

  constructor(options: FastLaneOptions) {
    this.#o = options;
  }

  /** The stream is (or has become) this one. */
  open(stream: OpenStream): void {
    this.#heads.set(stream.header.stream, stream);
    this.current = stream;
  }

  /** Takes lines from `bytes[at..end)`; gives the offset of the first that it leaves, `at` if it takes none. `now` in ms. */
  take(bytes: Buffer, at: number, end: number, now: number): number {
    // By the head first: the stream of the line before would look at much of this line to find out that it is another's.
    const stream = this.#heads.find(bytes, at, end) ?? this.current;
    if (stream === undefined) return at;
    // Where streams take turns, the line after this one is another's, too.
    const stop = stream === this.#last ? end : bytes.indexOf(NEWLINE, at) + 1;
    this.#last = stream;
    return this.#encodeLines(stream, bytes, at, stop, now);
  }

  #encodeLines(stream: OpenStream, bytes: Buffer, at: number, end: number, now: number): number {
    const { part, life, encodeLines } = stream;
    if (part === undefined || encodeLines === undefined) return at;
    const { checkpoint, count, meter, place } = this.#o;
    const { blocks, header } = part;
    const before = blocks.rows;
    checkpoint.touch(part, now);
    const taken = encodeLines(bytes, at, end, blocks);
    const rows = blocks.rows - before;
    if (rows > 0) {
      place.line += rows;
      count.came(rows);
      meter.records(header.stream, rows, taken - at);
      if (stream.watchesVersions && life.versions.looks) life.versions.lines(bytes, at, taken);
    }
    return taken;
  }
}
