import { spaceEnd, valueEnd } from './json-scan.ts';
import { keepsLimit, type Limit } from './limits.ts';
import { type LineTexts, textsOf } from './line-texts.ts';
import { NameTable, spellings } from './name-table.ts';
import type { Rule } from './nested-limits.ts';
import type { StreamHeader } from '../target/destination.ts';
import { type Patience, ShapeLearner } from './shape-learner.ts';
import type { Shape } from './shape.ts';
import { requiredOf, rulesOf } from './record-rules.ts';
import { checkedEnd, Kind } from './slot-checks.ts';
import type { TableShape } from './table-shape.ts';

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const NEWLINE = 0x0a;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

/** Names outside the schema that are remembered; a stream with more has names made of data. */
const MAX_UNKNOWN_NAMES = 64;

export interface ScannerOptions extends Patience {
  /** True when records must be valid by their schema; false: only the types that columns need are checked. */
  readonly validated: boolean;
  /** Properties whose place is wanted though the schema may not have them: those get the slots after `versionSlot`. */
  readonly watched?: readonly string[];
  /** True when each line is a record by itself, without a message around it. */
  readonly bare?: boolean;
}

/** The scanner of a stream's lines; undefined if its schema asks for more than a scanner can check. */
export function createRecordScanner(header: StreamHeader, options: ScannerOptions): RecordScanner | undefined {
  const rules = rulesOf(header, options.validated);
  return rules === undefined ? undefined : new RecordScanner(header, rules, options);
}

/**
 * Checks RECORD lines of one stream (or bare records, one a line) without making values, and tells where each value stands. It
 * accepts a line only if that is a valid message, the stream's, with every key and required property, no name twice, and each value
 * valid by its column's schema. It refuses what it is not sure of.
 *
 * Lines are compared with the shape of earlier lines first: the bytes between the values are the same from line to line. A
 * line of another shape is read name by name.
 */
export class RecordScanner {
  /** Where the record's `{…}` stands in the accepted line, and where the line ends (after its newline). */
  recordStart = 0;
  recordEnd = 0;
  lineEnd = 0;
  /**
   * The values of the accepted line by slot: the header's columns, then `timeExtractedSlot`, `versionSlot` and the watched
   * properties. `starts` and `ends` are offsets in the chunk, quotes of strings included; meaningless for `Kind.absent`.
   */
  readonly kinds: Uint8Array;
  readonly starts: Int32Array;
  readonly ends: Int32Array;
  readonly timeExtractedSlot: number;
  readonly versionSlot: number;
  /** Of the chunk that was scanned last. */
  view: DataView = new DataView(EMPTY.buffer);

  readonly #checks: Uint8Array;
  /** Of the header's columns; undefined where the check is all. */
  readonly #limits: readonly (Limit | undefined)[];
  /** 1 where the value must be present. */
  readonly #required: Uint8Array;
  readonly #slots = new Map<string, number>();
  readonly #names = new NameTable();
  readonly #fields = new NameTable();
  readonly #stream: readonly Buffer[];
  readonly #bare: boolean;
  /** Names outside the schema of lines just refused, and the slots for those that are accepted by now. */
  #unknown: Buffer[] = [];
  #nextSlot: number;

  #chunk: Buffer = EMPTY;
  #shape: Shape | undefined;
  /** The shape in use, if that is not compiled. */
  #table: TableShape | undefined;
  readonly #learner: ShapeLearner;
  /** True when slots that the shape does not have may hold values of another line. */
  #stale = false;
  /** True once values of the line that is read name by name are noted. */
  #begun = false;
  /** Slots of a line read name by name, in its order. */
  #order: number[] = [];

  constructor(header: StreamHeader, rules: readonly Rule[], options: ScannerOptions) {
    const { columns, keys, schema, stream } = header;
    this.#limits = rules.map(({ limit }) => limit);
    const watched = (options.watched ?? []).filter((name) => columns.every((column) => column.name !== name));
    this.#bare = options.bare ?? false;
    this.timeExtractedSlot = columns.length;
    this.versionSlot = columns.length + 1;
    this.#nextSlot = columns.length + 2 + watched.length;
    const slots = this.#nextSlot + MAX_UNKNOWN_NAMES;
    this.kinds = new Uint8Array(slots);
    this.starts = new Int32Array(slots);
    this.ends = new Int32Array(slots);
    this.#checks = new Uint8Array(slots);
    this.#required = new Uint8Array(slots);
    this.#stream = spellings(stream).map((name) => Buffer.from(`"${name.toString()}"`));
    FIELDS.forEach((name, field) => this.#fields.add(Buffer.from(name), field));
    const required = new Set([...keys, ...(options.validated ? requiredOf(schema) : [])]);
    columns.forEach((column, slot) => {
      this.#checks[slot] = rules[slot]!.check;
      // A name that JavaScript objects inherit (constructor) is never missing to a validator: absent, it is for the general lane.
      this.#required[slot] = required.has(column.name) || column.name in Object.prototype ? 1 : 0;
    });
    columns.forEach(({ name }, slot) => this.#slots.set(name, slot));
    watched.forEach((name, i) => this.#slots.set(name, this.versionSlot + 1 + i));
    this.#slots.forEach((slot, name) => {
      for (const spelling of spellings(name)) this.#names.add(spelling, slot);
    });
    const { kinds, starts, ends } = this;
    const tables = { kinds, starts, ends, checks: this.#checks, limits: this.#limits, required: this.#required };
    this.#learner = new ShapeLearner(tables, options);
  }

  /** The slot of a property of the schema, or of a watched one; -1 if it has none. */
  slotOf(name: string): number {
    return this.#slots.get(name) ?? -1;
  }

  /**
   * Looks at the line that begins at `chunk[start]`. `chunk[end - 1]` is a newline, and all bytes are valid UTF-8. Gives
   * true if the line is accepted; then the members tell what stands where.
   */
  scan(chunk: Buffer, start: number, end: number): boolean {
    if (chunk !== this.#chunk) {
      this.#chunk = chunk;
      this.view = new DataView(chunk.buffer, chunk.byteOffset, chunk.length);
    }
    const shape = this.#shape;
    if (shape !== undefined) {
      if (this.#stale) this.kinds.fill(Kind.absent);
      this.#stale = false;
      const lineEnd = shape.scan(chunk, this.view, start, end);
      if (lineEnd >= 0) {
        this.lineEnd = lineEnd;
        this.recordStart = shape.recordStart(lineEnd);
        this.recordEnd = shape.recordEnd(lineEnd);
        if (shape === this.#table) this.#compileIfUsed(this.#table);
        return true;
      }
    }
    if (!this.#scanNames(start)) return false;
    this.#learn(start);
    return true;
  }

  /**
   * To be called when a refused line has been dealt with in another way: names outside the schema that it had are no news
   * any more, and lines with them are accepted from now on.
   */
  acceptUnknown(): void {
    for (const name of this.#unknown) {
      if (this.#nextSlot < this.kinds.length && this.#names.read(Buffer.concat([name, CLOSING_QUOTE]), 0) < 0) {
        this.#names.add(name, this.#nextSlot++);
      }
    }
    this.#unknown = [];
  }

  /** A line of any shape, name by name. */
  #scanNames(start: number): boolean {
    const bytes = this.#chunk;
    this.#begun = false;
    const first = spaceEnd(bytes, start);
    let at = this.#bare ? this.#scanField(RECORD_FIELD, first) : this.#scanMessage(first);
    if (at < 0) return false;
    at = spaceEnd(bytes, at);
    if (bytes[at] !== NEWLINE) return false;
    this.lineEnd = at + 1;
    for (let slot = 0; slot < this.timeExtractedSlot; slot++) {
      if (this.#required[slot] === 1 && this.kinds[slot] === Kind.absent) return false;
    }
    return true;
  }

  #scanMessage(at: number): number {
    const bytes = this.#chunk;
    const fields = this.#fields;
    if (bytes[at] !== OPEN_BRACE) return -1;
    let seen = 0;
    do {
      const name = spaceEnd(bytes, at + 1);
      if (bytes[name] !== QUOTE) return -1;
      const field = fields.read(bytes, name + 1);
      if (fields.end < 0 || (field < 0 ? fields.escaped : ((seen >> field) & 1) === 1)) return -1;
      if (field >= 0) seen |= 1 << field;
      const value = afterColon(bytes, fields.end + 1);
      if (value < 0) return -1;
      at = spaceEnd(bytes, this.#scanField(field, value));
      if (at < 0) return -1;
    } while (bytes[at] === COMMA);
    return bytes[at] === CLOSE_BRACE && (seen & NEEDED) === NEEDED ? at + 1 : -1;
  }

  /** The value of a message's member (by its place in FIELDS). */
  #scanField(field: number, at: number): number {
    const bytes = this.#chunk;
    switch (field) {
      case 0:
        return startsWith(bytes, at, RECORD) ? at + RECORD.length : -1;
      case 1: {
        const name = this.#stream.find((name) => startsWith(bytes, at, name));
        return name === undefined ? -1 : at + name.length;
      }
      case RECORD_FIELD:
        this.#begin();
        this.recordStart = at;
        return (this.recordEnd = this.#scanRecord(at));
      case 3:
        this.#begin();
        return this.#take(this.timeExtractedSlot, at);
      case 4:
        this.#begin();
        return this.#take(this.versionSlot, at);
      default:
        return valueEnd(bytes, at);
    }
  }

  /** Not at the line's start: most lines that come here are of another stream, which their first members tell. */
  #begin(): void {
    if (this.#begun) return;
    this.#begun = true;
    this.#stale = true;
    this.#order = [];
    this.kinds.fill(Kind.absent);
  }

  #scanRecord(at: number): number {
    const bytes = this.#chunk;
    const names = this.#names;
    if (bytes[at] !== OPEN_BRACE) return -1;
    const first = spaceEnd(bytes, at + 1);
    if (bytes[first] === CLOSE_BRACE) return first + 1;
    do {
      const name = spaceEnd(bytes, at + 1);
      if (bytes[name] !== QUOTE) return -1;
      const slot = names.read(bytes, name + 1);
      if (slot < 0) {
        if (names.end >= 0 && !names.escaped) this.#noteUnknown(bytes.subarray(name + 1, names.end));
        return -1;
      }
      const value = afterColon(bytes, names.end + 1);
      if (value < 0) return -1;
      if (this.kinds[slot] !== Kind.absent) return -1;
      at = spaceEnd(bytes, this.#take(slot, value));
      if (at < 0) return -1;
    } while (bytes[at] === COMMA);
    return bytes[at] === CLOSE_BRACE ? at + 1 : -1;
  }

  /** Of those that nobody asks for no more than could be accepted are kept. */
  #noteUnknown(name: Buffer): void {
    if (this.#unknown.length < MAX_UNKNOWN_NAMES) this.#unknown.push(Buffer.from(name));
  }

  /** Notes the value at `at` for a slot, if it is valid there. */
  #take(slot: number, at: number): number {
    const bytes = this.#chunk;
    const end = checkedEnd(this.#checks[slot]!, bytes, at, this.kinds, slot);
    if (end < 0 || !keepsLimit(this.#limits[slot], bytes, at, end, this.kinds[slot]!)) return -1;
    this.starts[slot] = at;
    this.ends[slot] = end;
    this.#order.push(slot);
    return end;
  }

  #learn(lineStart: number): void {
    const table = this.#learner.learn(this.#order, () => this.#textsOf(lineStart));
    if (table !== undefined) this.#shape = this.#table = table;
  }

  #compileIfUsed(table: TableShape): void {
    const compiled = this.#learner.used(table);
    if (compiled === undefined) return;
    this.#shape = compiled;
    this.#table = undefined;
  }

  #textsOf(lineStart: number): LineTexts {
    const slots = this.#order;
    const { lineEnd, recordStart, recordEnd } = this;
    return textsOf(this.#chunk, {
      slots,
      starts: slots.map((slot) => this.starts[slot]!),
      ends: slots.map((slot) => this.ends[slot]!),
      lineStart,
      lineEnd,
      recordStart,
      recordEnd,
    });
  }
}

/** From after a member's name to its value; -1 if there is no colon between. */
function afterColon(bytes: Uint8Array, at: number): number {
  if (bytes[at] !== COLON) {
    at = spaceEnd(bytes, at);
    if (bytes[at] !== COLON) return -1;
  }
  return spaceEnd(bytes, at + 1);
}

function startsWith(bytes: Uint8Array, at: number, text: Buffer): boolean {
  for (let i = 0; i < text.length; i++) if (bytes[at + i] !== text[i]) return false;
  return true;
}

const EMPTY = Buffer.alloc(0);
const CLOSING_QUOTE = Buffer.from('"');
const RECORD = Buffer.from('"RECORD"');
/** The members of a RECORD message that are read; the first three must be there. */
const FIELDS = ['type', 'stream', 'record', 'time_extracted', 'version'] as const;
const NEEDED = 0b111;
const RECORD_FIELD = 2;
