import type { Dialect } from './dialect.ts';
import { breakLength, isBlank, matches } from './marks.ts';

const LF = 0x0a;
const SPACE = 0x20;

/**
 * Passes over the rest of a row, cell by cell, without keeping it: for a row with a cell that is too long. Unlike the parser it
 * goes on where it stopped, so the row may be of any length.
 */
export class RowSkipper {
  /** Up to where the input is done with. */
  next = 0;
  /** Line breaks inside the row. */
  innerLines = 0;
  /** False once the file has ended instead of the row. */
  terminated = true;
  /** True once the file has ended inside quotes. */
  unclosed = false;
  readonly #dialect: Dialect;
  #inQuotes = false;
  #atCellStart = true;
  /** True right after a closing quote: an escape character there is itself. */
  #afterQuote = false;

  constructor(dialect: Dialect) {
    this.#dialect = dialect;
  }

  /** Goes on at `from`, at first the beginning of a cell. Gives false when it needs the bytes after `end`. */
  skip(input: Buffer, from: number, end: number, eof: boolean): boolean {
    const { delimiter, quote, escape, doublequote, skipInitialSpace, trim, rowBreak } = this.#dialect;
    const longest = Math.max(delimiter.length, rowBreak?.length ?? 0, (quote?.length ?? 0) * 2, (escape?.length ?? 0) + 1, 2);
    let i = from;
    while (i < end) {
      // A mark may be cut in two by the end of the input.
      if (!eof && end - i < longest) break;
      const isLiteral = this.#afterQuote;
      this.#afterQuote = false;
      if (escape !== undefined && !isLiteral && matches(input, i, end, escape)) {
        i += escape.length;
        if (input[i] === LF) this.innerLines++;
        i++;
      } else if (this.#inQuotes && quote !== undefined && matches(input, i, end, quote)) {
        i += quote.length;
        if (doublequote && i < end && matches(input, i, end, quote)) i += quote.length;
        else {
          this.#inQuotes = false;
          this.#afterQuote = doublequote;
        }
      } else if (this.#inQuotes) {
        if (input[i] === LF) this.innerLines++;
        i++;
      } else if (matches(input, i, end, delimiter)) {
        i += delimiter.length;
        this.#atCellStart = true;
        continue;
      } else if (this.#atCellStart && quote !== undefined && matches(input, i, end, quote)) {
        i += quote.length;
        this.#inQuotes = true;
      } else if (breakLength(input, i, end, rowBreak) > 0) {
        this.next = i + breakLength(input, i, end, rowBreak);
        return true;
      } else if (this.#atCellStart && ((skipInitialSpace && input[i] === SPACE) || (trim && isBlank(input[i]!)))) {
        i++;
        continue;
      } else {
        if (input[i] === LF) this.innerLines++;
        i++;
      }
      this.#atCellStart = false;
    }
    this.next = Math.min(i, end);
    this.terminated = !eof;
    this.unclosed = eof && this.#inQuotes;
    return eof;
  }
}
