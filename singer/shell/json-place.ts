/**
 * Where a text stops being JSON, as line and column (both from 1). The engine's own message quotes the text around the
 * fault, which may hold a secret, and gives no offset for short texts.
 */
export function jsonFault(text: string): { readonly line: number; readonly column: number } {
  const before = text.slice(0, new Scanner(text).fault());
  const line = before.split('\n').length;
  return { line, column: before.length - before.lastIndexOf('\n') };
}

const SPACE = /[ \t\r\n]*/y;
// Unrolled, so that a long string that never ends costs no more than its length.
const STRING = /"[ !#-[\]-\uffff]*(?:\\(?:["\\/bfnrt]|u[\da-fA-F]{4})[ !#-[\]-\uffff]*)*"/y;
const SCALAR = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y;

/** Thrown inside, to leave all levels of nesting at once. */
class Fault extends Error {}

class Scanner {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  fault(): number {
    try {
      this.#value();
      this.#skip(SPACE);
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
    }
    return this.#at;
  }

  #value(): void {
    this.#skip(SPACE);
    const first = this.#text[this.#at];
    if (first === '{') this.#list('}', () => this.#member());
    else if (first === '[') this.#list(']', () => this.#value());
    else if (!this.#skip(STRING) && !this.#skip(SCALAR)) throw new Fault();
    this.#skip(SPACE);
  }

  #member(): void {
    this.#skip(SPACE);
    if (!this.#skip(STRING)) throw new Fault();
    this.#skip(SPACE);
    this.#expect(':');
    this.#value();
  }

  #list(end: string, item: () => void): void {
    this.#at++;
    this.#skip(SPACE);
    if (this.#text[this.#at] === end) {
      this.#at++;
      return;
    }
    for (;;) {
      item();
      if (this.#text[this.#at] === end) break;
      this.#expect(',');
    }
    this.#at++;
  }

  #expect(character: string): void {
    if (this.#text[this.#at] !== character) throw new Fault();
    this.#at++;
  }

  #skip(token: RegExp): boolean {
    token.lastIndex = this.#at;
    if (!token.test(this.#text)) return false;
    this.#at = token.lastIndex;
    return true;
  }
}
