import { isUtf8 } from 'node:buffer';
import type { Dialect } from './dialect.ts';

/** Why a row is malformed. The texts stand in messages and in the reject file. */
export const REASONS = {
  'text-after-quote': 'text after a closing quote',
  'bare-quote': 'a quote inside an unquoted cell',
  'unclosed-quote': 'a quoted cell that is never closed',
  'dangling-escape': 'an escape character at the end of the file',
  'field-too-long': 'a cell longer than max_field_bytes',
  'nul-byte': 'a NUL byte',
  'bad-byte': 'a byte that is not valid UTF-8',
  'too-few-cells': 'fewer cells than the header',
  'too-many-cells': 'more cells than the header',
} as const;

export type Reason = keyof typeof REASONS;

const LF = 0x0a;
const CR = 0x0d;
const SPACE = 0x20;

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
  /** An empty line: no row. */
  blank = false;
  /** The first thing wrong with the row, and the cell it is in, counted from 1. */
  problem: Reason | undefined;
  problemCell = 0;
  /** Offset in the input of the byte the problem is about, or -1. */
  problemAt = -1;
  hasNul = false;
  /** With `field-too-long`: `next` is inside the row, which must be passed over with `skipRest`. */
  unfinished = false;
  #inQuotes = false;
  #atCellStart = false;

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
    const { delimiter, quote, escape, doublequote, skipInitialSpace, strict } = this.#dialect;
    const d0 = delimiter[0]!;
    const q0 = quote === undefined ? -1 : quote[0]!;
    const e0 = escape === undefined ? -1 : escape[0]!;
    const delimiterLength = delimiter.length;
    const quoteLength = quote === undefined ? 0 : quote.length;
    const escapeLength = escape === undefined ? 0 : escape.length;
    const max = this.#maxFieldBytes;
    // Content is never longer than its source.
    if (this.bytes.length < end - start) this.bytes = Buffer.allocUnsafeSlow(end - start);
    const out = this.bytes;
    let o = 0;
    let i = start;
    this.#reset();

    for (;;) {
      const from = o;
      let wasQuoted = false;
      if (skipInitialSpace) while (i < end && input[i] === SPACE) i++;
      if (i < end && input[i] === q0 && matches(input, i, end, quote!)) {
        wasQuoted = true;
        i += quoteLength;
        for (;;) {
          if (i >= end) {
            if (o - from > max) return this.#tooLong(i, true);
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
        if (o - from > max) return this.#tooLong(i, false);
      }
      let after = wasQuoted;
      let terminator = 0;
      for (;;) {
        if (i >= end) {
          if (o - from > max) return this.#tooLong(i, false);
          if (!eof) return false;
          this.terminated = false;
          terminator = -1;
          break;
        }
        const byte = input[i]!;
        if (byte === d0 && matches(input, i, end, delimiter)) break;
        if (byte === LF) {
          terminator = 1;
          break;
        }
        if (byte === CR) {
          if (i + 1 >= end && !eof) return false;
          terminator = i + 1 < end && input[i + 1] === LF ? 2 : 1;
          break;
        }
        if (after) {
          after = false;
          if (strict) this.#note('text-after-quote', i);
        }
        if (byte === e0 && matches(input, i, end, escape!)) {
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
      if (o - from > max) return this.#tooLong(i, false);
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

  /**
   * Passes over the rest of a row whose cell is too long, from `next`. Gives false when it needs more bytes; then `next`
   * says up to where the input is done with. At the end of the file inside quotes the problem becomes `unclosed-quote`.
   */
  skipRest(input: Buffer, from: number, end: number, eof: boolean): boolean {
    const { delimiter, quote, escape, doublequote } = this.#dialect;
    const longest = Math.max(delimiter.length, (quote?.length ?? 0) * 2, (escape?.length ?? 0) + 1, 2);
    let i = from;
    while (i < end) {
      // A mark may be cut in two by the end of the input.
      if (!eof && end - i < longest) break;
      if (escape !== undefined && matches(input, i, end, escape)) {
        i += escape.length;
        if (input[i] === LF) this.innerLines++;
        i++;
      } else if (quote !== undefined && this.#inQuotes && matches(input, i, end, quote)) {
        i += quote.length;
        if (doublequote && i < end && matches(input, i, end, quote)) i += quote.length;
        else this.#inQuotes = false;
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
      } else if (input[i] === LF || input[i] === CR) {
        this.next = i + (input[i] === CR && i + 1 < end && input[i + 1] === LF ? 2 : 1);
        this.unfinished = false;
        return true;
      } else if (this.#atCellStart && this.#dialect.skipInitialSpace && input[i] === SPACE) {
        i++;
        continue;
      } else {
        i++;
      }
      this.#atCellStart = false;
    }
    this.next = Math.min(i, end);
    if (!eof) return false;
    this.next = end;
    this.terminated = false;
    this.unfinished = false;
    if (this.#inQuotes) this.problem = 'unclosed-quote';
    return true;
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

  #tooLong(at: number, inQuotes: boolean): true {
    this.problem = undefined;
    this.#note('field-too-long', -1);
    this.next = at;
    this.unfinished = true;
    this.#inQuotes = inQuotes;
    this.#atCellStart = false;
    return true;
  }

  /** Only the row's first line is given up: the lines that the open quote swallowed are read as rows again. */
  #unclosed(input: Buffer, start: number, end: number): true {
    this.problem = undefined;
    this.#note('unclosed-quote', -1);
    const newline = input.indexOf(LF, start);
    this.terminated = newline >= 0 && newline < end;
    this.next = this.terminated ? newline + 1 : end;
    this.innerLines = 0;
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

/** Offset of the first byte of `bytes[start..end)` that is not part of a valid UTF-8 character; `end` if there is none. */
export function badByte(bytes: Uint8Array, start: number, end: number): number {
  let at = start;
  for (const step of [65_536, 2_048, 64]) {
    while (at + step < end) {
      let cut = at + step;
      // Not inside a character: continuation bytes begin with the bits 10.
      while (cut > at && (bytes[cut]! & 0xc0) === 0x80) cut--;
      if (cut === at || !isUtf8(bytes.subarray(at, cut))) break;
      at = cut;
    }
  }
  while (at < end) {
    let length = 1;
    while (length <= 4 && at + length <= end && !isUtf8(bytes.subarray(at, at + length))) length++;
    if (length > 4 || at + length > end) return at;
    at += length;
  }
  return end;
}

function matches(input: Uint8Array, at: number, end: number, mark: Uint8Array): boolean {
  if (mark.length === 1) return input[at] === mark[0];
  if (at + mark.length > end) return false;
  for (let k = 0; k < mark.length; k++) if (input[at + k] !== mark[k]) return false;
  return true;
}
