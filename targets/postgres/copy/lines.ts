import {
  type ByteBlocks,
  CompactJson,
  createRecordScanner,
  isDateTime,
  Kind,
  KINDS,
  type LogicalType,
  type RecordScanner,
  type TargetRun,
} from '../../../singer/index.ts';
import { ClockWatch, DELETED_AT, type MetadataPiece, metadataPieces } from './metadata.ts';
import type { CopyColumn, CopyOptions, CopyPlan } from './plan.ts';
import { decodeToCopy } from './text.ts';
import { DATE_TIME_BYTES, fits, hasShortExponent, hasZone, isKept } from './tokens.ts';
import type { PgType } from '../types/types.ts';

const TAB = 0x09;
const BACKSLASH = 0x5c;
const UPPER_N = 0x4e;
const UPPER_Z = 0x5a;
const MINUS = 0x2d;

/** How a value gets from the line to COPY text. */
const Way = {
  /** Not here: the line is left to the general lane. */
  leave: 0,
  null: 1,
  /** The bytes between a string's quotes, as they are. */
  text: 2,
  /** The token, as it is. */
  token: 3,
  /** A string with escapes. */
  escaped: 4,
  bigint: 5,
  /** A number without an exponent. */
  number: 6,
  exponent: 12,
  /** A number in a string. */
  decimal: 7,
  true: 8,
  false: 9,
  time: 10,
  timestamp: 13,
  json: 11,
} as const;
type Way = (typeof Way)[keyof typeof Way];
type Ways = Readonly<Partial<Record<keyof typeof Kind, Way>>>;

const AS_TEXT: Ways = { string: Way.text };
const AS_NUMBER: Ways = { integer: Way.number, decimal: Way.number, exponent: Way.exponent };
const AS_JSON: Ways = { ...AS_NUMBER, string: Way.token, escaped: Way.json, true: Way.token, false: Way.token, nested: Way.json };
const AS_ANY_TEXT: Ways = {
  string: Way.text, escaped: Way.escaped, integer: Way.token, decimal: Way.token, exponent: Way.token, true: Way.token, false: Way.token, nested: Way.json,
}; // prettier-ignore

/** The ways by column type and logical type; the scanner has checked the value by the latter. Nulls always go. */
const WAYS: Readonly<Record<PgType, Readonly<Partial<Record<LogicalType, Ways>>>>> = {
  text: {
    string: AS_ANY_TEXT, duration: AS_ANY_TEXT, date: AS_TEXT, time: AS_TEXT, datetime: AS_TEXT, uuid: AS_TEXT, decimal: AS_TEXT,
    integer: AS_ANY_TEXT, number: AS_ANY_TEXT, boolean: AS_ANY_TEXT, object: AS_ANY_TEXT, array: AS_ANY_TEXT, json: AS_ANY_TEXT,
  },
  bigint: { integer: { integer: Way.bigint } },
  numeric: { integer: AS_NUMBER, number: AS_NUMBER, decimal: { string: Way.decimal } },
  boolean: { boolean: { true: Way.true, false: Way.false } },
  date: { date: AS_TEXT },
  time: { time: { string: Way.time } },
  timestamptz: { datetime: { string: Way.timestamp } },
  uuid: { uuid: AS_TEXT },
  bytea: {},
  jsonb: { object: AS_JSON, array: AS_JSON, json: AS_JSON },
}; // prettier-ignore

/** Longest integer that is sure to fit bigint. */
const BIGINT_BYTES = 18;
/** Longest version that the general lane, which knows it as a JavaScript number, prints the same. */
const VERSION_BYTES = 15;
/** Longest number that is sure to fit numeric, with an exponent of three digits too. */
const NUMBER_BYTES = 1000;
/** Where the fraction stands in a time. */
const TIME_BYTES = 8;
/** Strings from this length on are copied by the runtime, whose call costs about as much as this many bytes copied here. */
const LONG = 128;
/** Bytes that copying whole words may write beyond the row. */
const SLACK = 8;

/**
 * The fast lane: RECORD lines to COPY text without a value in between, for the lines that a RecordScanner accepts and whose
 * values Postgres is sure to hold as they are. Undefined for a stream whose records ask for more checks.
 */
export function createLineEncoder(
  plan: CopyPlan,
  run: Pick<TargetRun, 'clock' | 'startedAt'>,
  options: CopyOptions,
): LineEncoder | undefined {
  const { validated, learnAfter } = options;
  const watched = plan.metadata.filter((name) => name === DELETED_AT);
  const scanner = createRecordScanner(plan.header, { validated, learnAfter, watched });
  return scanner === undefined ? undefined : new LineEncoder(plan, run, scanner, options);
}

export class LineEncoder {
  readonly #scanner: RecordScanner;
  readonly #plan: CopyPlan;
  readonly #run: Pick<TargetRun, 'clock' | 'startedAt'>;
  readonly #json = new CompactJson({ forCopy: true });
  /** The slot of each column, and its ways by kind: `ways[column * KINDS + kind]`. */
  readonly #slots: Int32Array;
  readonly #ways: Uint8Array;
  /** The slot of the deletion time; -1 if none is wanted. */
  readonly #deletedAt: number;
  /** Date-times without a zone are in another one than UTC. */
  readonly #needsZone: boolean;
  /** Bytes of a row that stand for no bytes of its line: tabs, nulls of missing names, metadata. */
  #overhead = 0;
  #pieces: readonly MetadataPiece[] = [];
  readonly #watch = new ClockWatch();

  constructor(plan: CopyPlan, run: Pick<TargetRun, 'clock' | 'startedAt'>, scanner: RecordScanner, { timeZone }: CopyOptions) {
    this.#needsZone = timeZone !== undefined && timeZone !== 'UTC';
    const { columns, metadata } = plan;
    this.#scanner = scanner;
    this.#plan = plan;
    this.#run = run;
    this.#slots = Int32Array.from(columns, ({ name }) => scanner.slotOf(name));
    this.#ways = Uint8Array.from(columns.flatMap(waysOf));
    this.#deletedAt = metadata.includes(DELETED_AT) ? scanner.slotOf(DELETED_AT) : -1;
  }

  /** See Encoder.encodeLines. */
  encodeLines(chunk: Buffer, start: number, end: number, out: ByteBlocks): number {
    const scanner = this.#scanner;
    this.#lookAtClock();
    let at = start;
    while (at < end && scanner.scan(chunk, at, end)) {
      // No value grows to more than twice its bytes (a backslash each).
      out.reserve((scanner.lineEnd - at) * 2 + this.#overhead);
      const used = this.#row(chunk, out.bytes, out.view, out.used);
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

  #lookAtClock(): void {
    if (!this.#watch.moved(this.#run.clock)) return;
    const { columns, metadata } = this.#plan;
    this.#pieces = metadataPieces(metadata, columns.length === 0, this.#run);
    const constant = this.#pieces.reduce((bytes, { size }) => bytes + size, 0);
    this.#overhead = constant + 3 * (columns.length + metadata.length) + SLACK;
  }

  /** Writes the scanned line's row from `length` on; gives the new length, -1 to leave the line. */
  #row(chunk: Buffer, out: Buffer, outView: DataView, length: number): number {
    const { kinds, starts, ends, view } = this.#scanner;
    const slots = this.#slots;
    const ways = this.#ways;
    const count = slots.length;
    for (let i = 0; i < count; i++) {
      if (i > 0) out[length++] = TAB;
      const slot = slots[i]!;
      let start = starts[slot]!;
      let end = ends[slot]!;
      switch (ways[i * KINDS + kinds[slot]!]) {
        case Way.null:
          out[length++] = BACKSLASH;
          out[length++] = UPPER_N;
          continue;
        case Way.true:
          out[length++] = 0x74;
          continue;
        case Way.false:
          out[length++] = 0x66;
          continue;
        case Way.escaped:
          length = decodeToCopy(chunk, start + 1, end - 1, out, length);
          if (length < 0) return -1;
          continue;
        case Way.json:
          length = this.#json.write(chunk, start, end, out, length);
          if (length < 0) return -1;
          continue;
        case Way.text:
          start++;
          end--;
          break;
        case Way.token:
          break;
        case Way.bigint:
          if (end - start > BIGINT_BYTES) return -1;
          break;
        case Way.exponent:
          if (end - start > NUMBER_BYTES || !hasShortExponent(chunk, end)) return -1;
          break;
        case Way.number:
          if (end - start > NUMBER_BYTES) return -1;
          break;
        case Way.decimal:
          start++;
          end--;
          if (end - start > NUMBER_BYTES || !fits(chunk, start, end, this.#plan.columns[i]!.column)) return -1;
          break;
        case Way.time:
          start++;
          end--;
          if (!isKept(chunk, start + TIME_BYTES, end)) return -1;
          if (chunk[end - 1] === UPPER_Z) end--;
          break;
        case Way.timestamp:
          start++;
          end--;
          if (!isKept(chunk, start + DATE_TIME_BYTES, end) || (this.#needsZone && !hasZone(chunk, start, end))) return -1;
          break;
        default:
          return -1;
      }
      const size = end - start;
      if (size < LONG) for (let k = 0; k < size; k += 4) outView.setInt32(length + k, view.getInt32(start + k, true), true);
      else chunk.copy(out, length, start, end);
      length += size;
    }
    return this.#metadata(chunk, out, outView, length);
  }

  #metadata(chunk: Buffer, out: Buffer, outView: DataView, length: number): number {
    const scanner = this.#scanner;
    if (this.#deletedAt >= 0 && scanner.kinds[this.#deletedAt]! > Kind.null) return -1;
    const { view } = scanner;
    for (const { words, size, then } of this.#pieces) {
      for (let k = 0; k < words.length; k++) outView.setInt32(length + 4 * k, words[k]!, true);
      length += size;
      if (then === undefined) break;
      const slot = then === '_sdc_extracted_at' ? scanner.timeExtractedSlot : scanner.versionSlot;
      const kind = scanner.kinds[slot]!;
      let start = scanner.starts[slot]!;
      let end = scanner.ends[slot]!;
      if (kind <= Kind.null) {
        out[length++] = BACKSLASH;
        out[length++] = UPPER_N;
        continue;
      }
      if (then === '_sdc_extracted_at') {
        start++;
        end--;
        if (kind !== Kind.string || !isDateTime(chunk, start, end) || !isKept(chunk, start + DATE_TIME_BYTES, end)) return -1;
        for (let k = 0; k < end - start; k += 4) outView.setInt32(length + k, view.getInt32(start + k, true), true);
      } else {
        if (kind !== Kind.integer || end - start > VERSION_BYTES || chunk[start] === MINUS) return -1;
        // Two bytes may be all that follow a version: too few to read whole words.
        for (let k = 0; k < end - start; k++) out[length + k] = chunk[start + k]!;
      }
      length += end - start;
    }
    return length;
  }
}

/** The way of each kind of value of a column. */
function waysOf({ pgType, column }: CopyColumn): number[] {
  const byKind = { ...WAYS[pgType][column.type], absent: Way.null, null: Way.null };
  // A string that may hold JSON text must be parsed.
  if (pgType === 'jsonb' && column.schema['contentMediaType'] !== undefined) byKind.string = byKind.escaped = Way.leave;
  const ways = Array.from({ length: KINDS }, () => Way.leave as number);
  for (const [kind, way] of Object.entries(byKind)) ways[Kind[kind as keyof typeof Kind]] = way;
  return ways;
}
