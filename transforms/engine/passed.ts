import { isAt } from './message-line.ts';

const NEWLINE = 0x0a;
/**
 * The end of the member's name, as it is searched for: without its first quote, because a search goes from one first byte to the next, and
 * a line of JSON is full of quotes.
 */
const STREAM = Buffer.from('stream"');
/** Heads that are remembered; each is compared with the lines that no other fits. */
const MOST_HEADS = 64;

/**
 * Streams without rules. Their RECORD lines pass unread: a line is known by its head, the bytes up to and with the stream's name, which
 * are the same from line to line.
 */
export class PassedStreams {
  readonly #names = new Set<string>();
  readonly #heads: Buffer[] = [];
  #current: Buffer | undefined;

  add(name: string): void {
    this.#names.add(name);
  }

  has(name: string): boolean {
    return this.#names.has(name);
  }

  /** Learns the head of a RECORD line that was parsed. */
  learn(name: string, line: Buffer): void {
    const text = JSON.stringify(name);
    const at = line.indexOf(text);
    const head = line.toString('utf8', 0, at + Buffer.byteLength(text));
    // Only a head that says it all is one: `{"type": "RECORD", "stream": "users"`.
    if (at < 0 || !HEAD.test(head.slice(0, head.length - text.length))) return;
    const bytes = Buffer.from(head);
    if (this.#heads.length < MOST_HEADS && !this.#heads.some((known) => known.equals(bytes))) this.#heads.push(bytes);
    this.#current = bytes;
  }

  /** The end of the run of such lines that begins at `at`, and how many they are. */
  end(bytes: Buffer, at: number, end: number): { readonly end: number; readonly lines: number } {
    let lines = 0;
    for (;;) {
      const head = at < end ? this.#headAt(bytes, at) : undefined;
      if (head === undefined) return { end: at, lines };
      const lineEnd = bytes.indexOf(NEWLINE, at) + 1;
      // The member may stand in the line once more, and then that one counts.
      const again = bytes.indexOf(STREAM, at + head.length);
      if (again >= 0 && again < lineEnd) return { end: at, lines };
      at = lineEnd;
      lines++;
    }
  }

  #headAt(bytes: Buffer, at: number): Buffer | undefined {
    if (this.#current === undefined) return undefined;
    if (isAt(bytes, at, this.#current)) return this.#current;
    const head = this.#heads.find((head) => isAt(bytes, at, head));
    if (head !== undefined) this.#current = head;
    return head;
  }
}

const HEAD = /^\s*\{\s*"type"\s*:\s*"RECORD"\s*,\s*"stream"\s*:\s*$/;
