import { NameTable, spellings } from '../scan/name-table.ts';

/** Bytes of a line in which its stream's name is looked for. */
const HEAD_BYTES = 256;
/** How writers begin a RECORD message, up to the stream's name. */
const RECORD_HEAD = /^\s*\{\s*"type"\s*:\s*"RECORD"\s*,\s*"stream"\s*:\s*"/;

/**
 * Tells of a RECORD line which stream it is of, by its first bytes alone: for lines of many streams in turns. Knows the line
 * by how the last one began, so that nothing is made for it.
 */
export class StreamHeads<T> {
  readonly #names = new NameTable();
  readonly #numbers = new Map<string, number>();
  readonly #values: T[] = [];
  /** What stood before the name in the last line that began in another way than the one before it. */
  #head: Buffer = Buffer.alloc(0);

  set(stream: string, value: T): void {
    const known = this.#numbers.get(stream);
    const number = known ?? this.#values.length;
    this.#values[number] = value;
    if (known !== undefined) return;
    this.#numbers.set(stream, number);
    for (const spelling of spellings(stream)) this.#names.add(spelling, number);
  }

  /** What was set for the stream of the line at `at`; undefined if that cannot be told. `bytes[end - 1]` is a newline. */
  find(bytes: Buffer, at: number, end: number): T | undefined {
    if (!this.#beginsAt(bytes, at, end) && !this.#learn(bytes, at, end)) return undefined;
    const number = this.#names.read(bytes, at + this.#head.length);
    return number < 0 ? undefined : this.#values[number];
  }

  #beginsAt(bytes: Buffer, at: number, end: number): boolean {
    const head = this.#head;
    if (head.length === 0 || at + head.length >= end) return false;
    for (let i = 0; i < head.length; i++) if (bytes[at + i] !== head[i]) return false;
    return true;
  }

  #learn(bytes: Buffer, at: number, end: number): boolean {
    const found = RECORD_HEAD.exec(bytes.toString('latin1', at, Math.min(end, at + HEAD_BYTES)));
    if (found !== null) this.#head = Buffer.from(found[0], 'latin1');
    return found !== null;
  }
}
