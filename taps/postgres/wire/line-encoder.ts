import { type CopyBlock, READ_AHEAD, ROW_GAP } from '../../../clients/postgres/row-frames.ts';
import { type Out, type ReadRequest, stringifyExact, words } from '../../../singer/tap/index.ts';
import type { ColumnPlan } from '../model.ts';
import { putArray } from './array-bytes.ts';
import {
  bytesBefore,
  cell,
  putBase64,
  putDate,
  putDigits,
  putHex,
  putJson,
  putSpecial,
  putTimestamp,
  textStops,
} from './cell-bytes.ts';
import type { Changes } from './changes.ts';
import { cellText } from './copy-text.ts';
import { type ReadValue, valueReader } from './values.ts';
import { isQuoted, Way, wayOf } from './ways.ts';

const TAB = 0x09;
const LF = 0x0a;
const SPACE = 0x20;
const QUOTE = 0x22;
const ONE = 0x31;
const UPPER_N = 0x4e;
const BACKSLASH = 0x5c;
const LOWER_E = 0x65;
const LOWER_T = 0x74;
/** The bytes of `null`, `true` and `fals`, for a little-endian write. */
const NULL = 0x6c6c_756e;
const TRUE = 0x6575_7274;
const FALS = 0x736c_6166;

/** No byte of a cell becomes more bytes than these (`\u00XX`). */
const GROWTH = 6;
/** What a cell may need besides: a quote, `null`, an offset, and what copying whole words writes too far. */
const CELL_ROOM = 16;

/**
 * The fast lane: rows of COPY text to RECORD lines without a value in between, but for cells of arrays, composites and the like. Gives the
 * bytes that the core writes of the general lane's rows.
 */
export class LineEncoder {
  readonly #ways: Uint8Array;
  readonly #readers: readonly ReadValue[];
  /** What stands before each value, the quote included if it has one; the head of the message before the first. */
  readonly #prefixes: ReturnType<typeof words>;
  readonly #envelope: ReadRequest['envelope'];
  #tail = words([]);
  /** Bytes of a row that stand for none of its cells' bytes. */
  #fixed = 0;

  constructor(columns: readonly ColumnPlan[], envelope: ReadRequest['envelope'], changes: Changes) {
    this.#ways = Uint8Array.from(columns, ({ wire }) => wayOf(wire));
    this.#readers = columns.map(({ name, wire }) => valueReader(wire, name, changes));
    this.#envelope = envelope;
    const head = `${envelope().head.toString()}{`;
    const prefixes = columns.map(({ name }, c) => {
      const quote = isQuoted(this.#ways[c]!) ? '"' : '';
      return Buffer.from(`${c === 0 ? head : ','}${JSON.stringify(name)}:${quote}`);
    });
    this.#prefixes = words(columns.length === 0 ? [Buffer.from(head)] : prefixes);
    this.renew();
  }

  /** From now on the lines say that they were read now. */
  renew(): void {
    this.#tail = words([Buffer.concat([Buffer.from('}'), this.#envelope().tail])]);
    const constant = this.#prefixes.bytes.reduce((sum, bytes) => sum + bytes, this.#tail.longest);
    this.#fixed = constant + CELL_ROOM * (this.#ways.length + 1);
  }

  /**
   * Appends the lines of rows `from` to `to` of a block as long as they fit into `out`; gives the first row that is left, for when `out` was
   * taken. Cells behind those of the columns are left out. Throws RecordError for a value that must not be sent.
   */
  encode(block: CopyBlock, from: number, to: number, out: Out): number {
    const row = this.#run(block, from, to, out, false);
    if (row > from || row === to || out.used > 0) return row;
    // Longer than an empty buffer: it gets one that is just as long as it needs.
    out.ensure(longest(block, row) + this.#fixed);
    return this.#run(block, row, row + 1, out, true);
  }

  /** `fits`: there is room for the rows. */
  #run(block: CopyBlock, from: number, to: number, out: Out, fits: boolean): number {
    const { bytes: input, starts } = block;
    const { softEnd } = out;
    const ways = this.#ways;
    const columns = ways.length;
    const fixed = this.#fixed;
    const { flat, from: firstWords, bytes: prefixBytes } = this.#prefixes;
    const { flat: tailFlat, longest: tailBytes } = this.#tail;
    const tailWords = tailFlat.length;
    const inputView = viewOf(input, READ_AHEAD);
    let output = out.bytes;
    let view = viewOf(output);
    let p = out.used;
    let row = from;
    for (; row < to && p < softEnd; row++) {
      let i = starts[row]!;
      const end = starts[row + 1]! - ROW_GAP - 1;
      if (!fits && (end - i) * GROWTH + fixed > output.length - p) break;
      // A record without properties has a head, too.
      let c = 0;
      do {
        for (let w = firstWords[c]!, last = firstWords[c + 1]!, at = p; w < last; w++, at += 4)
          view.setUint32(at, flat[w]!, true);
        p += prefixBytes[c]!;
        if (columns === 0) break;
        const way = ways[c]!;
        let byte = input[i]!;
        if (byte === BACKSLASH && input[i + 1] === UPPER_N) {
          // In place of the opening quote, if there is one.
          if (way >= Way.text) p--;
          view.setUint32(p, NULL, true);
          p += 4;
          i += 3;
          continue;
        }
        let q = p;
        switch (way) {
          case Way.text:
          case Way.trimmed:
            for (;;) {
              // Four bytes at a time, with what stands behind a stop: it is written over.
              let word = inputView.getInt32(i, true);
              view.setInt32(q, word, true);
              let stops = textStops(word);
              while (stops === 0) {
                word = inputView.getInt32((i += 4), true);
                view.setInt32((q += 4), word, true);
                stops = textStops(word);
              }
              const before = bytesBefore(stops);
              q += before;
              byte = input[(i += before)]!;
              if (byte === TAB || byte === LF) break;
              if (byte === QUOTE) {
                output[q++] = BACKSLASH;
                output[q++] = QUOTE;
                i++;
              } else {
                q = putSpecial(input, i, output, q);
                i += byte === BACKSLASH ? 2 : 1;
              }
            }
            if (way === Way.trimmed) while (q > p && output[q - 1] === SPACE) q--;
            output[q] = QUOTE;
            p = q + 1;
            i++;
            continue;
          case Way.number:
          case Way.digits:
            q = putDigits(input, i, output, p);
            break;
          case Way.boolean:
            cell.end = i + 1;
            if (byte === LOWER_T || byte === ONE) {
              view.setUint32(p, TRUE, true);
              q = p + 4;
            } else {
              view.setUint32(p, FALS, true);
              output[p + 4] = LOWER_E;
              q = p + 5;
            }
            break;
          case Way.json:
            q = putJson(input, i, output, p);
            break;
          case Way.numbers:
          case Way.texts:
            q = putArray(input, i, output, p, way === Way.texts);
            break;
          case Way.date:
            q = putDate(input, i, output, p);
            break;
          case Way.timestamp:
          case Way.timestamptz:
            q = putTimestamp(input, i, output, p, way === Way.timestamptz);
            break;
          case Way.hex:
            q = putHex(input, i, output, p);
            break;
          case Way.base64:
            q = putBase64(input, i, output, p);
            break;
          default:
            q = -1;
        }
        if (q < 0) {
          if (way >= Way.text) p--;
          const text = this.#made(c, input, i);
          const rest = (end - cell.end) * GROWTH + fixed;
          const bytes = Buffer.byteLength(text);
          if (bytes + rest > output.length - p) {
            out.grow(p, bytes + rest);
            output = out.bytes;
            view = viewOf(output);
          }
          p += output.write(text, p);
        } else {
          p = q;
          if (way >= Way.text) output[p++] = QUOTE;
        }
        i = cell.end + 1;
      } while (++c < columns);
      for (let w = 0, at = p; w < tailWords; w++, at += 4) view.setUint32(at, tailFlat[w]!, true);
      p += tailBytes;
    }
    out.used = p;
    out.records += row - from;
    return row;
  }

  /** The JSON text of a cell that the general lane must read; its end goes to `cell.end`. */
  #made(column: number, input: Buffer, start: number): string {
    let end = start;
    while (input[end] !== TAB && input[end] !== LF) end++;
    cell.end = end;
    return stringifyExact(this.#readers[column]!(cellText(input.toString('utf8', start, end)) ?? ''));
  }
}

function viewOf(bytes: Buffer, more = 0): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length + more);
}

/** The most that the cells of a long row can become. */
function longest({ bytes, starts }: CopyBlock, row: number): number {
  const end = starts[row + 1]! - ROW_GAP;
  let length = end - starts[row]!;
  for (let i = starts[row]!; i < end; i++) {
    const byte = bytes[i]!;
    if (byte === QUOTE) length++;
    else if (byte < SPACE) length += GROWTH - 1;
    // A vertical tab, perhaps.
    else if (byte === BACKSLASH) length += GROWTH - 2;
  }
  return length;
}
