import {
  type ByteBlocks,
  CompactJson,
  createRecordScanner,
  isDateTime,
  Kind,
  KINDS,
  type RecordScanner,
  respell,
} from '../../../singer/index.ts';
import { DELETED_AT, type MetadataColumn } from '../types/types.ts';
import { clockMembers, EXTRACTED_AT, type Times } from './metadata.ts';
import { digitsOf } from './numbers.ts';
import { MAX_ROW_BYTES, type RowOptions, type RowPlan } from './row-plan.ts';
import {
  hasKeptFraction,
  isCanonicalBase64,
  isDoubleText,
  isOddTimestamp,
  isTidyTimestamp,
  putDecimal,
  putTimestamp,
} from './tokens.ts';
import { Way, waysOf } from './ways.ts';

const QUOTE = 0x22;
const MINUS = 0x2d;
const ZERO = 0x30;
const UPPER_Z = 0x5a;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const NEWLINE = 0x0a;

/** Longest integer that is the same to every reader of JSON. */
const SAFE_BYTES = 15;
/** Longest integer that is sure to fit INT64. */
const INT64_BYTES = 18;
/** Longest decimal that any double keeps: a point and 15 digits. */
const EXACT_BYTES = 16;
/** Where the fraction stands in a time. */
const TIME_BYTES = 8;
/** From this length on the runtime copies, whose call costs about as much as this many bytes copied here. */
const LONG = 128;
/** Bytes by which a value may grow: quotes, a time of day, a zone. */
const GROWTH = 16;
/** Bytes that copying whole words may write beyond the row. */
const SLACK = 8;

/**
 * The fast lane: RECORD lines to rows without a value in between, for the lines that a RecordScanner accepts and whose values BigQuery is
 * sure to keep as they are. Neighbours that stand in the line as they must stand in the row are copied at once. Undefined for a stream
 * whose records ask for more checks.
 */
export function createLineEncoder(plan: RowPlan, run: Times, options: RowOptions): LineEncoder | undefined {
  const { validated, learnAfter } = options;
  const watched = plan.metadata.filter((name) => name === DELETED_AT);
  const scanner = createRecordScanner(plan.header, { validated, learnAfter, watched });
  return scanner === undefined ? undefined : new LineEncoder(plan, run, scanner);
}

export class LineEncoder {
  readonly #scanner: RecordScanner;
  readonly #json = new CompactJson({ forCopy: false });
  /** The slot of each column, its ways by kind (`ways[column * KINDS + kind]`), and its member's name as it stands in a row: `,"id":`. */
  readonly #slots: Int32Array;
  readonly #ways: Uint8Array;
  readonly #names: readonly Buffer[];
  /** Bytes of that name between two values of a line in which it is spelled the same; -1 if no line has it so. */
  readonly #gaps: Int32Array;
  /** Most digits of decimals, by column. */
  readonly #digits: readonly { readonly whole: number; readonly fraction: number }[];
  readonly #whole: Buffer | undefined;
  readonly #extractedAt: Buffer | undefined;
  readonly #version: Buffer | undefined;
  /** The slot of the deletion time; -1 if none is wanted. */
  readonly #deletedAt: number;
  readonly #clockText: () => string;
  #clockSeen = '';
  /** The clock's members in words of eight bytes, the last one filled up. */
  #clock: readonly number[] = [];
  /** Most bytes of a row that stand for no bytes of its line, the clock aside. */
  readonly #overhead: number;
  /** Of the block that the row is written into. */
  #outView: DataView = new DataView(new ArrayBuffer(0));

  constructor(plan: RowPlan, run: Times, scanner: RecordScanner) {
    const { columns, metadata, whole } = plan;
    this.#digits = columns.map(({ type }) => digitsOf(type));
    this.#scanner = scanner;
    this.#slots = Int32Array.from(columns, ({ name }) => scanner.slotOf(name));
    this.#ways = Uint8Array.from(columns.flatMap(waysOf));
    this.#names = columns.map(({ target }) => nameOf(target));
    this.#gaps = Int32Array.from(columns, ({ name, target }, i) =>
      name === target && PLAIN_NAME.test(name) ? this.#names[i]!.length : -1,
    );
    this.#whole = whole === undefined ? undefined : nameOf(whole);
    const own = (name: MetadataColumn): Buffer | undefined => (metadata.includes(name) ? nameOf(name) : undefined);
    this.#extractedAt = own(EXTRACTED_AT);
    this.#version = own('_sdc_table_version');
    this.#deletedAt = metadata.includes(DELETED_AT) ? scanner.slotOf(DELETED_AT) : -1;
    this.#clockText = clockMembers(plan, run);
    const names = [...this.#names, this.#whole, this.#extractedAt, this.#version];
    this.#overhead = names.reduce((bytes, name) => bytes + GROWTH + (name?.length ?? 0), SLACK);
  }

  /** See Encoder.encodeLines. */
  encodeLines(chunk: Buffer, start: number, end: number, out: ByteBlocks): number {
    const scanner = this.#scanner;
    const clock = this.#clockText();
    if (clock !== this.#clockSeen) {
      this.#clockSeen = clock;
      this.#clock = wordsOf(clock);
    }
    const overhead = this.#overhead + clock.length;
    // A record that is kept whole stands in its row beside its key.
    const copies = this.#whole === undefined ? 1 : 2;
    let at = start;
    while (at < end && scanner.scan(chunk, at, end)) {
      out.reserve((scanner.lineEnd - at) * copies + overhead);
      this.#outView = out.view;
      const used = this.#row(chunk, out.bytes, out.used);
      if (used < 0) break;
      out.used = used;
      out.rows++;
      at = scanner.lineEnd;
    }
    return at;
  }

  /** To be called for every record of the general lane. */
  general(): void {
    this.#scanner.acceptUnknown();
  }

  /** Writes the scanned line's row from `first` on; gives the new length, -1 to leave the line. */
  #row(chunk: Buffer, out: Buffer, first: number): number {
    const clock = this.#clock;
    const outView = this.#outView;
    for (let k = 0; k < clock.length; k++) outView.setFloat64(first + 8 * k, clock[k]!, true);
    let length = first + this.#clockSeen.length;
    length = this.#extraction(chunk, out, length);
    if (length >= 0) length = this.#columns(chunk, out, length);
    if (length < 0) return -1;
    const whole = this.#whole;
    if (whole !== undefined) {
      const { recordStart, recordEnd } = this.#scanner;
      length += whole.copy(out, length);
      length += chunk.copy(out, length, recordStart, recordEnd);
    }
    length = this.#own(chunk, out, length);
    if (length < 0 || length - first > MAX_ROW_BYTES) return -1;
    // Each member begins with a comma; the first one's makes room for the brace.
    if (length === first) length++;
    out[first] = OPEN_BRACE;
    out[length++] = CLOSE_BRACE;
    out[length++] = NEWLINE;
    return length;
  }

  #columns(chunk: Buffer, out: Buffer, length: number): number {
    const { kinds, starts, ends } = this.#scanner;
    const slots = this.#slots;
    const ways = this.#ways;
    const names = this.#names;
    const gaps = this.#gaps;
    const count = slots.length;
    // What is copied next: values of neighbours, with the names between them.
    let from = 0;
    let to = -1;
    for (let i = 0; i < count; i++) {
      const slot = slots[i]!;
      const start = starts[slot]!;
      const end = ends[slot]!;
      const way = ways[i * KINDS + kinds[slot]!]!;
      if (way === Way.null) continue;
      if (isVerbatim(way, chunk, start, end)) {
        // Only the very name, and nothing else, has so few bytes.
        if (start - to === gaps[i]) {
          to = end;
          continue;
        }
        if (to >= 0) length = this.#copy(chunk, from, to, out, length);
        length = putBytes(names[i]!, out, length);
        from = start;
        to = end;
        continue;
      }
      if (to >= 0) length = this.#copy(chunk, from, to, out, length);
      to = -1;
      length = putBytes(names[i]!, out, length);
      length = this.#value(way, i, chunk, start, end, out, length);
      if (length < 0) return -1;
    }
    return to >= 0 ? this.#copy(chunk, from, to, out, length) : length;
  }

  /** A value that must be written otherwise than it stands in the line; -1 to leave the line. */
  #value(way: number, i: number, chunk: Buffer, start: number, end: number, out: Buffer, length: number): number {
    switch (way) {
      case Way.respell: {
        out[length++] = QUOTE;
        length = respell(chunk, start + 1, end - 1, out, length, false);
        if (length < 0) return -1;
        out[length++] = QUOTE;
        return length;
      }
      case Way.json:
        return this.#json.write(chunk, start, end, out, length);
      case Way.int64:
        // Longer than what each reader keeps.
        if (end - start > INT64_BYTES || chunk[start + (chunk[start] === MINUS ? 1 : 0)] === ZERO) return -1;
        return this.#quoted(chunk, start, end, out, length);
      case Way.quote:
        return this.#quoted(chunk, start, end, out, length);
      case Way.decimal:
        return putDecimal(chunk, start, end, this.#digits[i]!, out, length);
      case Way.decimalText:
        return putDecimal(chunk, start + 1, end - 1, this.#digits[i]!, out, length);
      case Way.time: {
        start++;
        end--;
        if (!hasKeptFraction(chunk, start + TIME_BYTES, end)) return -1;
        return this.#quoted(chunk, start, chunk[end - 1] === UPPER_Z ? end - 1 : end, out, length);
      }
      case Way.timestamp:
        return isOddTimestamp(chunk, start + 1, end - 1) ? -1 : putTimestamp(chunk, start + 1, end - 1, out, length);
      default:
        return -1;
    }
  }

  #quoted(chunk: Buffer, start: number, end: number, out: Buffer, length: number): number {
    out[length++] = QUOTE;
    length = this.#copy(chunk, start, end, out, length);
    out[length++] = QUOTE;
    return length;
  }

  #copy(chunk: Buffer, start: number, end: number, out: Buffer, length: number): number {
    const size = end - start;
    if (size < LONG) {
      const { view } = this.#scanner;
      const outView = this.#outView;
      for (let k = 0; k < size; k += 4) outView.setInt32(length + k, view.getInt32(start + k, true), true);
    } else chunk.copy(out, length, start, end);
    return length + size;
  }

  /** When the record was read. */
  #extraction(chunk: Buffer, out: Buffer, length: number): number {
    const { kinds, starts, ends, timeExtractedSlot: slot } = this.#scanner;
    if (this.#extractedAt === undefined || kinds[slot]! <= Kind.null) return length;
    const start = starts[slot]! + 1;
    const end = ends[slot]! - 1;
    if (kinds[slot] !== Kind.string || !isDateTime(chunk, start, end) || isOddTimestamp(chunk, start, end)) return -1;
    return putTimestamp(chunk, start, end, out, putBytes(this.#extractedAt, out, length));
  }

  /** What else is known of the record beside its properties. */
  #own(chunk: Buffer, out: Buffer, length: number): number {
    const { kinds, starts, ends, versionSlot: slot } = this.#scanner;
    if (this.#deletedAt >= 0 && kinds[this.#deletedAt]! > Kind.null) return -1;
    if (this.#version === undefined || kinds[slot]! <= Kind.null) return length;
    const start = starts[slot]!;
    const end = ends[slot]!;
    if (kinds[slot] !== Kind.integer || end - start > SAFE_BYTES || chunk[start] === MINUS) return -1;
    length = putBytes(this.#version, out, length);
    // Two bytes may be all that follow a version: too few to read whole words.
    for (let k = start; k < end; k++) out[length++] = chunk[k]!;
    return length;
  }
}

/** Names that have one spelling of the fewest bytes: their own. */
const PLAIN_NAME = /^\w+$/;

function nameOf(name: string): Buffer {
  return Buffer.from(`,${JSON.stringify(name)}:`);
}

/** True if a value stands in the line as it must stand in the row. */
function isVerbatim(way: number, chunk: Buffer, start: number, end: number): boolean {
  switch (way) {
    case Way.verbatim:
      return true;
    case Way.int64:
      return end - start <= SAFE_BYTES && (chunk[start] !== MINUS || chunk[start + 1] !== ZERO);
    case Way.float64:
      return end - start <= EXACT_BYTES || isDoubleText(chunk, start, end);
    case Way.exponent:
      return isDoubleText(chunk, start, end);
    case Way.timestamp:
      return isTidyTimestamp(chunk, start + 1, end - 1) && !isOddTimestamp(chunk, start + 1, end - 1);
    case Way.base64:
      return isCanonicalBase64(chunk, start + 1, end - 1);
    default:
      return false;
  }
}

/** ASCII, so that no word is NaN, whose bits might change. */
function wordsOf(text: string): number[] {
  const bytes = Buffer.alloc(Math.ceil(text.length / 8) * 8);
  bytes.write(text, 'latin1');
  return Array.from({ length: bytes.length / 8 }, (_, i) => bytes.readDoubleLE(8 * i));
}

function putBytes(bytes: Buffer, out: Buffer, length: number): number {
  for (let k = 0; k < bytes.length; k++) out[length + k] = bytes[k]!;
  return length + bytes.length;
}
