import { SyntaxFault } from './syntax.ts';
import type { Token } from './tokens.ts';

/** How deep an expression may be nested. */
const MAX_DEPTH = 100;
/** How many operators or calls may stand in a row. */
const MAX_CHAIN = 500;

/** Where a parser stands among tokens. */
export class Cursor {
  readonly #tokens: readonly Token[];
  #at = 0;
  #depth: number;

  /** `depth`: levels that are around these tokens. */
  constructor(tokens: readonly Token[], depth: number) {
    this.#tokens = tokens;
    this.#depth = depth;
  }

  get next(): Token {
    return this.#tokens[this.#at]!;
  }

  /** The token after the next one. */
  get after(): Token | undefined {
    return this.#tokens[this.#at + 1];
  }

  get depth(): number {
    return this.#depth;
  }

  skip(): void {
    this.#at++;
  }

  /** True if the next token is this operator or word. */
  is(text: string): boolean {
    const { next } = this;
    return (next.kind === 'operator' || next.kind === 'name') && next.text === text;
  }

  /** Goes past an operator or word, if it is the next token. */
  take(text: string): boolean {
    if (!this.is(text)) return false;
    this.#at++;
    return true;
  }

  /** Goes past an operator or word. Throws SyntaxFault if another token is the next one. */
  need(text: string): void {
    const { next } = this;
    if (!this.take(text)) throw new SyntaxFault(`has ${shown(next)} where ${text} is expected`, next.at);
  }

  /** Reads something one level deeper. Throws SyntaxFault, with the place `at`, if there are too many levels. */
  deeper<T>(at: number, read: () => T): T {
    if (++this.#depth > MAX_DEPTH) throw new SyntaxFault(`is nested deeper than ${MAX_DEPTH} levels`, at);
    const node = read();
    this.#depth--;
    return node;
  }

  /** Throws SyntaxFault for too many operators or calls in a row. */
  limit(links: number): void {
    if (links > MAX_CHAIN) throw new SyntaxFault(`has more than ${MAX_CHAIN} steps in a row`, this.next.at);
  }
}

/** How messages call a token. */
export function shown(token: Token): string {
  switch (token.kind) {
    case 'end':
      return 'its end';
    case 'number':
      return 'a number';
    case 'string':
    case 'format':
      return 'a text';
    default:
      return token.text;
  }
}
