import type { Batch } from './source.ts';

/** What may wait of a stream before its turn. */
const MOST_BYTES = 1024 * 1024;
/** What a row counts whose size nobody knows. */
const ROW_BYTES = 1024;

/**
 * Reads a stream before its turn, as far as a little memory goes, and stops there. Its turn has come with the first `next`: then what waits is
 * given, without copies what follows, and an error only where it stands in the order.
 */
export class ReadAhead implements AsyncIterator<Batch, void> {
  readonly #batches: AsyncIterator<Batch, void>;
  readonly #waiting: IteratorResult<Batch, void>[] = [];
  readonly #reading: Promise<void>;
  #failure: { readonly error: unknown } | undefined;
  #stopped = false;

  constructor(batches: AsyncIterator<Batch, void>) {
    this.#batches = batches;
    this.#reading = this.#read().catch((error: unknown) => {
      this.#failure = { error };
    });
  }

  async next(): Promise<IteratorResult<Batch, void>> {
    this.#stopped = true;
    await this.#reading;
    const waiting = this.#waiting.shift();
    if (waiting !== undefined) return waiting;
    if (this.#failure !== undefined) throw this.#failure.error;
    return this.#batches.next();
  }

  /** Ends the reading. */
  async return(): Promise<IteratorResult<Batch, void>> {
    this.#stopped = true;
    await this.#reading;
    this.#waiting.length = 0;
    await this.#batches.return?.();
    return { done: true, value: undefined };
  }

  async #read(): Promise<void> {
    for (let bytes = 0; bytes < MOST_BYTES && !this.#stopped;) {
      const next = await this.#batches.next();
      this.#waiting.push(next.done === true ? next : { value: kept(next.value) });
      if (next.done === true) return;
      bytes += sizeOf(next.value);
    }
  }
}

/** A batch whose bytes stay what they are when the next one is read. */
function kept(batch: Batch): Batch {
  const { lines } = batch;
  return lines === undefined ? batch : { ...batch, lines: { ...lines, bytes: Buffer.from(lines.bytes) } };
}

function sizeOf({ lines, rows }: Batch): number {
  return (lines?.bytes.length ?? 0) + (rows?.length ?? 0) * ROW_BYTES;
}
