import { putControl, words } from '../../singer/tap/index.ts';
import type { Dialect } from './dialect.ts';
import { putInteger } from './json-text.ts';
import type { Layout } from './layout.ts';
import { finishCell, ROOM } from './types/cell-writer.ts';

const LF = 0x0a;
const CR = 0x0d;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** Why the fast lane stopped. */
export type Stop =
  /** The bytes end inside a row, or between rows. */
  | 'more'
  /** The output has reached its size. */
  | 'full'
  /** The next row is not plain: the general lane must read it. */
  | 'odd';

/** What becomes of a cell: it is not sent, sent as text, or its writer makes something of it. */
const UNSENT = 0;
const TEXT = 1;
const MADE = 2;

/** Positions going in and coming out of the fast lane. */
export interface FastState {
  /** First byte of the next row in the input. */
  at: number;
  /** Bytes used in the output. */
  used: number;
  /** Physical line of the next row. */
  line: number;
  /** Rows still wanted. */
  rowsLeft: number;
}

export interface FastOptions {
  readonly dialect: Dialect;
  readonly layout: Layout;
  readonly emptyAsNull: boolean;
  readonly maxFieldBytes: number;
}

export type FastLane = (state: FastState, input: Buffer, end: number, output: Buffer, softEnd: number) => Stop;

/**
 * Makes the fast lane for one file: it copies cells from `input[at..end)` straight into RECORD lines, as long as rows are plain
 * (as many cells as the header, quotes only around cells, no NUL). Needs `isFastDialect`, no row hash, and valid UTF-8 up to `end`.
 * Writes a line feed to `input[end]`. Output past the buffer's end is ignored and the row given back.
 */
export function makeFastLane(options: FastOptions): FastLane {
  const { layout, dialect, maxFieldBytes } = options;
  const delimiter = dialect.delimiter[0]!;
  const quote = dialect.quote === undefined ? -1 : dialect.quote[0]!;
  const emptyAsNull = options.emptyAsNull;
  const columns = layout.prefixes.length;
  const lastColumn = columns - 1;
  const hasLine = layout.hasLine;
  const rowHead = words([layout.rowHead]);
  const prefixes = words(layout.prefixes.map((prefix) => prefix ?? Buffer.alloc(0)));
  const { cells } = layout;
  const fates = Uint8Array.from(layout.prefixes, (prefix, c) =>
    prefix === undefined ? UNSENT : cells[c] === undefined ? TEXT : MADE,
  );
  const lists = [layout.extra, layout.misfits].flatMap((list) => (list === undefined ? [] : [list, Buffer.from('null')]));
  const rowEnd = words([Buffer.concat([layout.nulls, ...lists, layout.rowEnd])]);
  const guard = Math.max(rowHead.longest + 20, prefixes.longest, rowEnd.longest, ROOM) + 8;
  // 1: a byte with which no row begins that this lane reads: an empty line, perhaps a comment.
  const noStart = new Uint8Array(256);
  for (const first of [LF, CR, dialect.comment?.[0]]) if (first !== undefined) noStart[first] = 1;
  // 1: a byte the cell loop must look at.
  const bareStops = stops([delimiter, quote, QUOTE, BACKSLASH]);
  const quotedStops = stops([quote, QUOTE, BACKSLASH]);

  return function run(state, input, end, output, softEnd) {
    const view = new DataView(output.buffer, output.byteOffset, output.length);
    const { flat, from, bytes: prefixBytes } = prefixes;
    const headFlat = rowHead.flat;
    const headWords = headFlat.length;
    const headBytes = rowHead.bytes[0]!;
    const endFlat = rowEnd.flat;
    const endWords = endFlat.length;
    const endBytes = rowEnd.bytes[0]!;
    const hardEnd = output.length - guard;
    const rowLimit = Math.min(softEnd, hardEnd);
    let i = state.at;
    let p = state.used;
    let line = state.line;
    // A small integer, whatever was asked for: one call never writes this many.
    const maxRows = Math.min(state.rowsLeft, 0x3fff_ffff);
    let rows = 0;
    let stop: Stop = 'more';
    // Stops the cell loops without a test of the position for each byte.
    input[end] = LF;

    while (i < end && rows < maxRows) {
      if (p >= rowLimit) {
        stop = p === 0 ? 'odd' : 'full';
        break;
      }
      const rowStart = i;
      const rowUsed = p;
      const rowLine = line;
      let byte = input[i]!;
      row: {
        if (noStart[byte] === 1) {
          stop = 'odd';
          break row;
        }
        for (let w = 0, q = p; w < headWords; w++, q += 4) view.setUint32(q, headFlat[w]!, true);
        p += headBytes;
        if (hasLine) p = putInteger(output, p, line);

        for (let c = 0; c < columns; c++) {
          if (p > hardEnd) {
            // The row does not fit. In an empty buffer it never will: the general lane makes room.
            stop = rowUsed === 0 ? 'odd' : 'full';
            break row;
          }
          const cellUsed = p;
          for (let w = from[c]!, to = from[c + 1]!, q = p; w < to; w++, q += 4) view.setUint32(q, flat[w]!, true);
          p += prefixBytes[c]!;
          byte = input[i]!;
          const contentStart = p;
          const fate = fates[c]!;
          const inQuotes = byte === quote;
          if (inQuotes) {
            byte = input[++i]!;
            for (;;) {
              while (quotedStops[byte] === 0) {
                output[p++] = byte;
                byte = input[++i]!;
              }
              if (byte === quote) {
                byte = input[++i]!;
                if (byte !== quote) break;
                if (quote === QUOTE || quote === BACKSLASH) output[p++] = BACKSLASH;
                output[p++] = quote;
              } else if (byte >= 32) {
                output[p++] = BACKSLASH;
                output[p++] = byte;
              } else if (byte === LF) {
                if (i >= end) break row;
                line++;
                output[p++] = BACKSLASH;
                output[p++] = 0x6e;
              } else if (byte === 0) {
                stop = 'odd';
                break row;
              } else p = putControl(output, p, byte);
              byte = input[++i]!;
            }
            if (fate !== MADE) output[p++] = QUOTE;
          } else {
            for (;;) {
              while (bareStops[byte] === 0) {
                output[p++] = byte;
                byte = input[++i]!;
              }
              if (byte === delimiter || byte === LF || byte === CR) break;
              if (byte === quote || byte === 0) {
                stop = 'odd';
                break row;
              }
              if (byte < 32) p = putControl(output, p, byte);
              else {
                output[p++] = BACKSLASH;
                output[p++] = byte;
              }
              byte = input[++i]!;
            }
            if (fate === TEXT) {
              if (emptyAsNull && p === contentStart) {
                // In place of the opening quote.
                view.setUint32(p - 1, NULL, true);
                p += 3;
              } else output[p++] = QUOTE;
            }
          }
          if (fate !== TEXT) {
            if (fate === UNSENT) p = cellUsed;
            else {
              if (p > hardEnd) {
                stop = rowUsed === 0 ? 'odd' : 'full';
                break row;
              }
              p = finishCell(cells[c]!, output, contentStart, p, inQuotes);
              if (p < 0) {
                stop = 'odd';
                break row;
              }
            }
          }
          if (c < lastColumn) {
            if (byte !== delimiter) {
              if (i >= end || (byte === CR && i + 1 >= end)) stop = 'more';
              else stop = 'odd';
              break row;
            }
            i++;
            continue;
          }
          if (byte === CR) byte = input[++i]!;
          if (i >= end || byte !== LF) {
            if (i < end) stop = 'odd';
            break row;
          }
          i++;
        }
        if (p > hardEnd) {
          stop = rowUsed === 0 ? 'odd' : 'full';
          break row;
        }
        // A cell cannot be too long in a row that is not.
        if (i - rowStart > maxFieldBytes) {
          stop = 'odd';
          break row;
        }
        for (let w = 0, q = p; w < endWords; w++, q += 4) view.setUint32(q, endFlat[w]!, true);
        p += endBytes;
        line++;
        rows++;
        continue;
      }
      // Given back: the next row begins where this one did.
      i = rowStart;
      p = rowUsed;
      line = rowLine;
      break;
    }
    state.at = i;
    state.used = p;
    state.line = line;
    state.rowsLeft -= rows;
    return stop;
  };
}

/** The bytes of `null`, for a little-endian write. */
const NULL = 0x6c6c_756e;

function stops(bytes: readonly number[]): Uint8Array {
  const table = new Uint8Array(256);
  table.fill(1, 0, 32);
  for (const byte of bytes) if (byte >= 0) table[byte] = 1;
  return table;
}
