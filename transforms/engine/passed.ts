import { isAt } from './message-line.ts';
import type { SentCount, SentRecords } from './sent.ts';

const NEWLINE = 0x0a;
/**
 * The end of the member's name, as it is searched for: without its first quote, because a search goes from one first byte to the next, and
 * a line of JSON is full of quotes.
 */
const STREAM = Buffer.from('stream"');
/** How a letter of ASCII begins that is spelled with an escape, up to its last digit but one. */
const LETTER = Buffer.from('\\u00');
const SIX = 0x36;
const SEVEN = 0x37;
/** Heads that are remembered; each is compared with the lines that no other fits. */
const MOST_HEADS = 64;

/** The bytes that a RECORD line of a stream begins with, and the count of its records. */
interface Head {
  readonly bytes: Buffer;
  readonly sent: SentCount;
}

/**
 * Streams without rules. Their RECORD lines pass unread: a line is known by its head, the bytes up to and with the stream's name, which
 * are the same from line to line.
 */
export class PassedStreams {
  readonly #names = new Set<string>();
  readonly #heads: Head[] = [];
  #current: Head | undefined;
  readonly #sent: SentRecords;
  /** Where the next letter is in the block that is spelled with an escape; -1: not known. */
  #escape = -1;

  constructor(sent: SentRecords) {
    this.#sent = sent;
  }

  add(name: string): void {
    this.#names.add(name);
  }

  has(name: string): boolean {
    return this.#names.has(name);
  }

  /** A RECORD line passes that was parsed: learns its head. */
  learn(name: string, line: Buffer): void {
    const sent = this.#sent.of(name);
    sent.records++;
    const text = JSON.stringify(name);
    const at = line.indexOf(text);
    const head = line.toString('utf8', 0, at + Buffer.byteLength(text));
    // Only a head that says it all is one: `{"type": "RECORD", "stream": "users"`.
    if (at < 0 || !HEAD.test(head.slice(0, head.length - text.length))) return;
    const bytes = Buffer.from(head);
    const known = this.#heads.find((one) => one.bytes.equals(bytes));
    this.#current = known ?? { bytes, sent };
    if (known === undefined && this.#heads.length < MOST_HEADS) this.#heads.push(this.#current);
  }

  /** Another block of lines comes. */
  start(): void {
    this.#escape = -1;
  }

  /** The end of the run of such lines that begins at `at`, and how many they are. */
  end(bytes: Buffer, at: number, end: number): { readonly end: number; readonly lines: number } {
    let lines = 0;
    for (;;) {
      const head = at < end ? this.#headAt(bytes, at) : undefined;
      if (head === undefined) return { end: at, lines };
      const lineEnd = bytes.indexOf(NEWLINE, at) + 1;
      // The member may stand in the line once more, and then that one counts.
      const again = bytes.indexOf(STREAM, at + head.bytes.length);
      if (again >= 0 && again < lineEnd) return { end: at, lines };
      // So it may with a letter of its name spelled in another way.
      const inner = at + head.bytes.length;
      if (this.#escape < inner) this.#escape = nextLetter(bytes, inner);
      if (this.#escape < lineEnd) return { end: at, lines };
      at = lineEnd;
      lines++;
      head.sent.records++;
    }
  }

  #headAt(bytes: Buffer, at: number): Head | undefined {
    if (this.#current === undefined) return undefined;
    if (isAt(bytes, at, this.#current.bytes)) return this.#current;
    const head = this.#heads.find((head) => isAt(bytes, at, head.bytes));
    if (head !== undefined) this.#current = head;
    return head;
  }
}

/** Where the next letter is that is spelled with an escape; the end if there is none. */
function nextLetter(bytes: Buffer, from: number): number {
  for (let at = bytes.indexOf(LETTER, from); at >= 0; at = bytes.indexOf(LETTER, at + 1)) {
    const digit = bytes[at + LETTER.length];
    if (digit === SIX || digit === SEVEN) return at;
  }
  return bytes.length;
}

const HEAD = /^\s*\{\s*"type"\s*:\s*"RECORD"\s*,\s*"stream"\s*:\s*$/;
