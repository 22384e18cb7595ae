import { isUtf8 } from 'node:buffer';
import type { Dialect } from './dialect.ts';
import { breakLength, isBlank, matches } from './marks.ts';
import { badByte } from './utf8.ts';

/** Why a row is malformed. The texts stand in messages and in the reject file. */
export const REASONS = {
  'text-after-quote': 'text after a closing quote',
  'bare-quote': 'a quote inside an unquoted cell',
  'unclosed-quote': 'a quoted cell that is never closed',
  'dangling-escape': 'an escape character at the end of the file',
  'field-too-long': 'a cell longer than max_field_bytes',
  'nul-byte': 'a NUL byte',
  'bad-byte': 'a byte that is not valid UTF-8',
  'type-mismatch': 'a value that does not fit the type of its column',
  'null-key': 'no value in a key column',
  'too-few-cells': 'fewer cells than the header',
  'too-many-cells': 'more cells than the header',
  'not-json': 'a line that is no JSON object',
  'name-twice': 'a JSON object with two members of the same name',
  'extra-property': 'a property that the stream does not have',
} as const;

export type Reason = keyof typeof REASONS;

const LF = 0x0a;
const CR = 0x0d;
const SPACE = 0x20;
const LINE_FEED = Buffer.of(LF);

/**
 * The general lane's reader of one row, for every dialect; the meaning is that of Python's csv module. It works on UTF-8
 * bytes and starts anew at the row's first byte when more bytes are needed, so that no state outlives a call.
 */
export class RowParser {
  /** Content of the cells, one after the other, quotes and escapes taken off. */
  bytes: Buffer = Buffer.alloc(0);
  /** Where each cell ends in `bytes`; it begins where the one before ends. */
  ends: Int32Array = new Int32Array(64);
  /** 1 for a cell that was quoted. */
  quoted: Uint8Array = new Uint8Array(64);
  cells = 0;
  /** First byte after the row and its line break. */
  next = 0;
  /** False for a row that ends with the file instead of a line break. */
  terminated = true;
  /** Line breaks inside quotes. */
  innerLines = 0;
  /** An empty line or a comment: no row. */
  blank = false;
  /** The first thing wrong with the row, and the cell it is in, counted from 1. */
  problem: Reason | undefined;
  problemCell = 0;
  /** Offset in the input of the byte the problem is about, or -1. */
  problemAt = -1;
  hasNul = false;
  /** With `field-too-long`: `next` is the cell's beginning, and the rest of the row must be passed over with a `RowSkipper`. */
  unfinished = false;
  /** `innerLines` at the beginning of the cell in hand. */
  #linesBefore = 0;

  readonly #dialect: Dialect;
  readonly #maxFieldBytes: number;

  constructor(dialect: Dialect, maxFieldBytes: number) {
    this.#dialect = dialect;
    this.#maxFieldBytes = maxFieldBytes;
  }

  /**
   * Reads the row that begins at `start`; `end` > `start`. Gives false if the row may go on after `end` and `eof` is false.
   */
  parse(input: Buffer, start: number, end: number, eof: boolean): boolean {
    const { delimiter, quote, escape, doublequote, skipInitialSpace, strict, trim, rowBreak, comment } = this.#dialect;
    const r0 = rowBreak === undefined ? -1 : rowBreak[0]!;
    const d0 = delimiter[0]!;
    const q0 = quote === undefined ? -1 : quote[0]!;
    const e0 = escape === undefined ? -1 : escape[0]!;
    const delimiterLength = delimiter.length;
    const quoteLength = quote === undefined ? 0 : quote.length;
    const escapeLength = escape === undefined ? 0 : escape.length;
    const max = this.#maxFieldBytes;
    // At the end of the input a mark that is cut in two looks like content.
    const maxSoFar = eof ? max : max + delimiterLength + 8;
    // Content is never longer than its source.
    if (this.bytes.length < end - start) this.bytes = Buffer.allocUnsafeSlow(end - start);
    const out = this.bytes;
    let o = 0;
    let i = start;
    this.#reset();
    if (comment !== undefined) {
      if (!eof && end - start < comment.length) return false;
      if (matches(input, start, end, comment)) return this.#passComment(input, start, end, eof);
    }

    for (;;) {
      const from = o;
      const cellStart = i;
      this.#linesBefore = this.innerLines;
      let wasQuoted = false;
      if (trim) while (i < end && isBlank(input[i]!)) i++;
      else if (skipInitialSpace) while (i < end && input[i] === SPACE) i++;
      if (i < end && input[i] === q0 && matches(input, i, end, quote!)) {
        wasQuoted = true;
        i += quoteLength;
        for (;;) {
          if (i >= end) {
            if (o - from > maxSoFar) return this.#tooLong(cellStart);
            if (!eof) return false;
            return this.#unclosed(input, start, end);
          }
          const byte = input[i]!;
          if (byte === e0 && matches(input, i, end, escape!)) {
            i += escapeLength;
            if (i >= end) continue;
            if (input[i] === LF) this.innerLines++;
            else if (input[i] === 0) this.hasNul = true;
            out[o++] = input[i++]!;
            continue;
          }
          if (byte === q0 && matches(input, i, end, quote!)) {
            i += quoteLength;
            if (doublequote && i < end && input[i] === q0 && matches(input, i, end, quote!)) {
              for (let k = 0; k < quoteLength; k++) out[o++] = input[i++]!;
              continue;
            }
            break;
          }
          if (byte === LF) this.innerLines++;
          else if (byte === 0) this.hasNul = true;
          out[o++] = byte;
          i++;
        }
      }
      if (trim && wasQuoted) while (i < end && isBlank(input[i]!)) i++;
      let after = wasQuoted;
      let terminator = 0;
      for (;;) {
        if (i >= end) {
          if (o - from > maxSoFar) return this.#tooLong(cellStart);
          if (!eof) return false;
          this.terminated = false;
          terminator = -1;
          break;
        }
        const byte = input[i]!;
        if (byte === d0 && matches(input, i, end, delimiter)) break;
        if (r0 >= 0) {
          if (byte === r0 && matches(input, i, end, rowBreak!)) {
            terminator = rowBreak!.length;
            break;
          }
          if (byte === LF) this.innerLines++;
        } else if (byte === LF) {
          terminator = 1;
          break;
        } else if (byte === CR) {
          if (i + 1 >= end && !eof) return false;
          terminator = i + 1 < end && input[i + 1] === LF ? 2 : 1;
          break;
        }
        const isFirstAfterQuote = after;
        if (after) {
          after = false;
          if (strict) this.#note('text-after-quote', i);
        }
        // As in Python: the one after a closing quote is itself, where quotes are doubled.
        if (byte === e0 && !(isFirstAfterQuote && doublequote) && matches(input, i, end, escape!)) {
          i += escapeLength;
          if (i >= end) {
            if (!eof) return false;
            this.#note('dangling-escape', i - escapeLength);
            continue;
          }
          if (input[i] === LF) this.innerLines++;
          else if (input[i] === 0) this.hasNul = true;
          out[o++] = input[i++]!;
          continue;
        }
        if (byte === q0 && strict && matches(input, i, end, quote!)) this.#note('bare-quote', i);
        if (byte === 0) this.hasNul = true;
        out[o++] = byte;
        i++;
      }
      if (trim && !wasQuoted) while (o > from && isBlank(out[o - 1]!)) o--;
      if (o - from > max) return this.#tooLong(cellStart);
      this.#endCell(o, wasQuoted);
      if (terminator === 0) {
        i += delimiterLength;
        continue;
      }
      this.next = terminator < 0 ? end : i + terminator;
      this.blank = terminator > 0 && i === start;
      return true;
    }
  }

  #reset(): void {
    this.cells = 0;
    this.terminated = true;
    this.innerLines = 0;
    this.blank = false;
    this.problem = undefined;
    this.problemCell = 0;
    this.problemAt = -1;
    this.hasNul = false;
    this.unfinished = false;
  }

  #note(reason: Reason, at: number): void {
    if (this.problem !== undefined) return;
    this.problem = reason;
    this.problemCell = this.cells + 1;
    this.problemAt = at;
  }

  #endCell(end: number, quoted: boolean): void {
    if (this.cells === this.ends.length) {
      const ends = new Int32Array(this.cells * 2);
      ends.set(this.ends);
      this.ends = ends;
      const flags = new Uint8Array(this.cells * 2);
      flags.set(this.quoted);
      this.quoted = flags;
    }
    this.ends[this.cells] = end;
    this.quoted[this.cells] = quoted ? 1 : 0;
    this.cells++;
  }

  /** The cell is looked through again by a `RowSkipper`, which knows of marks that are cut in two. */
  #tooLong(cellStart: number): true {
    this.problem = undefined;
    this.#note('field-too-long', -1);
    this.next = cellStart;
    this.innerLines = this.#linesBefore;
    this.unfinished = true;
    return true;
  }

  /** Only the row's first line is given up: the lines that the open quote swallowed are read as rows again. */
  #unclosed(input: Buffer, start: number, end: number): true {
    this.problem = undefined;
    this.#note('unclosed-quote', -1);
    const rowBreak = this.#dialect.rowBreak ?? LINE_FEED;
    const newline = input.indexOf(rowBreak, start);
    this.terminated = newline >= 0 && newline + rowBreak.length <= end;
    this.next = this.terminated ? newline + rowBreak.length : end;
    this.innerLines = 0;
    return true;
  }

  #passComment(input: Buffer, start: number, end: number, eof: boolean): boolean {
    const { rowBreak } = this.#dialect;
    let i = start;
    while (i < end && breakLength(input, i, end, rowBreak) === 0) i++;
    // A CR at the end may be half a line break.
    if (!eof && (i >= end || (input[i] === CR && i + 1 >= end))) return false;
    this.terminated = i < end;
    this.next = i < end ? i + breakLength(input, i, end, rowBreak) : end;
    this.blank = true;
    return true;
  }

  /** Notes the first byte of the row just parsed that is not valid UTF-8. */
  checkText(input: Buffer, start: number): void {
    if (this.problem === 'unclosed-quote' || isUtf8(input.subarray(start, this.next))) return;
    this.problem = undefined;
    this.#note('bad-byte', badByte(input, start, this.next));
    this.problemCell = 0;
  }
}
