import {
  BlockPool,
  ByteBlocks,
  type Json,
  type JsonObject,
  NameTable,
  parseExact,
  spaceEnd,
  spellings,
  stringifyExact,
  valueEnd,
} from '../singer/index.ts';
import type { Fields } from './operation.ts';

export { canonicalOf as textOf } from './canonical.ts';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

/** Names that get a number of their own; a stream with more has names made of data, which are looked up one by one. */
const MAX_SLOTS = 4096;

/** What is known of a member's value. */
const RAW = 0;
const READ = 1;
const SET = 2;
const GONE = 3;

/**
 * A record under way. Made of the bytes of its line: a member is read only when somebody asks for it, and written byte for byte as it
 * came unless somebody set it. One view serves all records of a stream in turn.
 *
 * A member is known by its *slot*, the number of its name; members keep their order, new ones come last.
 */
export class RecordView implements Fields {
  readonly #slots = new Map<string, number>();
  readonly #names: string[] = [];
  /** A name as JSON with its colon, by slot. */
  readonly #spelled: Buffer[] = [];
  readonly #table = new NameTable();
  /** The member of a slot in this record; -1 if it has none. */
  #memberOf = new Int32Array(64).fill(-1);

  #bytes: Buffer = EMPTY;
  #start = 0;
  #end = 0;
  /** False while the record is as it came. */
  #touched = false;
  #count = 0;
  /** By member: its slot (-1 if its name has none), where its name begins in the line (-1 if it is not from the line), its value's place, its state. */
  #slotOf = new Int32Array(64);
  #nameStarts = new Int32Array(64);
  #starts = new Int32Array(64);
  #ends = new Int32Array(64);
  #states = new Uint8Array(64);
  #values: (Json | undefined)[] = [];

  /** The slot of a name, for all records to come. */
  slot(name: string): number {
    const known = this.#slots.get(name);
    if (known !== undefined) return known;
    const slot = this.#names.length;
    this.#slots.set(name, slot);
    this.#names.push(name);
    this.#spelled.push(Buffer.from(`${JSON.stringify(name)}:`));
    for (const spelling of spellings(name)) this.#table.add(spelling, slot);
    if (slot >= this.#memberOf.length) {
      const grown = new Int32Array(slot * 2).fill(-1);
      grown.set(this.#memberOf);
      this.#memberOf = grown;
    }
    // The record under way may have it already.
    const member = this.#unnamed(name);
    this.#memberOf[slot] = member;
    if (member >= 0) this.#slotOf[member] = slot;
    return slot;
  }

  /**
   * Takes the record that begins at `bytes[start]`, in a line which ends with a newline. Gives where it ends, or -1 if it is not an
   * object, not valid JSON, or in doubt (a name twice, or spelled with escapes): `load` is for those. The bytes must stay as they are until the
   * record is written.
   */
  read(bytes: Buffer, start: number): number {
    this.#clear();
    this.#bytes = bytes;
    this.#start = start;
    return (this.#end = this.#readMembers(start));
  }

  #readMembers(start: number): number {
    const bytes = this.#bytes;
    let at = start;
    if (bytes[at] !== OPEN_BRACE) return -1;
    const first = spaceEnd(bytes, at + 1);
    if (bytes[first] === CLOSE_BRACE) return first + 1;
    const table = this.#table;
    do {
      const name = spaceEnd(bytes, at + 1);
      if (bytes[name] !== QUOTE) return -1;
      // Records of a stream mostly have the same members in the same order.
      let slot = this.#slotOf[this.#count] ?? -1;
      let value = this.#valueAfter(name, slot);
      if (value < 0) {
        slot = table.read(bytes, name + 1);
        if (table.end < 0) return -1;
        if (slot < 0) {
          if (table.escaped) return -1;
          if (this.#names.length < MAX_SLOTS) slot = this.slot(bytes.toString('utf8', name + 1, table.end));
          else if (this.#unnamed(bytes.toString('utf8', name + 1, table.end)) >= 0) return -1;
        }
        value = spaceEnd(bytes, table.end + 1);
        if (bytes[value] !== COLON) return -1;
        value++;
      }
      if (slot >= 0 && this.#memberOf[slot]! >= 0) return -1;
      value = spaceEnd(bytes, value);
      const end = valueEnd(bytes, value);
      if (end < 0) return -1;
      const member = this.#add(slot, name, RAW);
      this.#starts[member] = value;
      this.#ends[member] = end;
      at = spaceEnd(bytes, end);
    } while (bytes[at] === COMMA);
    return bytes[at] === CLOSE_BRACE ? at + 1 : -1;
  }

  /** Where the value of the member begins whose name begins at `at`, if it is the name of that slot in the usual spelling; else -1. */
  #valueAfter(at: number, slot: number): number {
    const spelled = this.#spelled[slot];
    if (spelled === undefined) return -1;
    const bytes = this.#bytes;
    for (let i = 0; i < spelled.length; i++) if (bytes[at + i] !== spelled[i]) return -1;
    return at + spelled.length;
  }

  /** Takes a record that is a value already. */
  load(record: JsonObject): void {
    this.#clear();
    this.#touched = true;
    for (const [name, value] of Object.entries(record)) if (value !== undefined) this.set(name, value);
  }

  get(name: string): Json | undefined {
    return this.at(this.slot(name));
  }

  /** The value of a slot; undefined if the record has none. */
  at(slot: number): Json | undefined {
    const member = this.#memberOf[slot]!;
    return member < 0 ? undefined : this.#valueOf(member);
  }

  has(name: string): boolean {
    return this.hasAt(this.slot(name));
  }

  hasAt(slot: number): boolean {
    return this.#memberOf[slot]! >= 0;
  }

  set(name: string, value: Json): void {
    this.setAt(this.slot(name), value);
  }

  setAt(slot: number, value: Json): void {
    let member = this.#memberOf[slot]!;
    if (member < 0) member = this.#add(slot, -1, SET);
    this.#states[member] = SET;
    this.#values[member] = value;
    this.#touched = true;
  }

  delete(name: string): void {
    this.deleteAt(this.slot(name));
  }

  deleteAt(slot: number): void {
    const member = this.#memberOf[slot]!;
    if (member < 0) return;
    this.#touched = true;
    this.#states[member] = GONE;
    this.#values[member] = undefined;
    this.#memberOf[slot] = -1;
  }

  /** Takes away all members whose name does not pass. */
  filter(stays: (name: string) => boolean): void {
    for (let member = 0; member < this.#count; member++) {
      if (this.#states[member] === GONE || stays(this.#nameOf(member))) continue;
      this.#touched = true;
      this.#states[member] = GONE;
      this.#values[member] = undefined;
      const slot = this.#slotOf[member]!;
      if (slot >= 0) this.#memberOf[slot] = -1;
    }
  }

  /** Gives members new names at once, so that two may swap theirs. A member that is in the way of a new name and has none itself goes. */
  rename(moves: readonly (readonly [from: number, to: number])[]): void {
    const members = moves.map(([from]) => this.#memberOf[from]!);
    for (const [from] of moves) this.#memberOf[from] = -1;
    this.#touched = true;
    moves.forEach(([, to], i) => {
      const member = members[i]!;
      if (member < 0) return;
      this.deleteAt(to);
      this.#memberOf[to] = member;
      this.#slotOf[member] = to;
      this.#nameStarts[member] = -1;
    });
  }

  /** The names of its members, in order. */
  names(): string[] {
    const names: string[] = [];
    for (let member = 0; member < this.#count; member++) {
      if (this.#states[member] !== GONE) names.push(this.#nameOf(member));
    }
    return names;
  }

  /** The whole record as a value. A member called `__proto__` is a member. */
  toObject(): JsonObject {
    return Object.fromEntries(this.names().map((name) => [name, this.get(name)]));
  }

  /** Its JSON text, as `write` writes it, and a newline. */
  toLine(): Buffer {
    const out = new ByteBlocks(new BlockPool());
    this.write(out);
    out.appendText('\n');
    return Buffer.concat(out.takeAll().blocks);
  }

  /** Writes it as JSON. What nobody set is written as it came. */
  write(out: ByteBlocks): void {
    const count = this.#count;
    const bytes = this.#bytes;
    if (!this.#touched) return out.append(bytes, this.#start, this.#end);
    out.reserve(1);
    out.bytes[out.used++] = OPEN_BRACE;
    let first = true;
    for (let member = 0; member < count; member++) {
      const state = this.#states[member]!;
      if (state === GONE) continue;
      if (!first) {
        out.reserve(1);
        out.bytes[out.used++] = COMMA;
      }
      first = false;
      const nameStart = this.#nameStarts[member]!;
      if (state !== SET && nameStart >= 0) {
        // Neighbours that nobody touched go together, with what stands between them.
        let last = member;
        while (last + 1 < count && this.#states[last + 1]! <= READ && this.#nameStarts[last + 1]! >= 0) last++;
        out.append(bytes, nameStart, this.#ends[last]!);
        member = last;
        continue;
      }
      const spelled = this.#spelled[this.#slotOf[member]!]!;
      out.append(spelled, 0, spelled.length);
      if (state === SET) writeValue(this.#values[member]!, out);
      else out.append(bytes, this.#starts[member]!, this.#ends[member]!);
    }
    out.reserve(1);
    out.bytes[out.used++] = CLOSE_BRACE;
  }

  #valueOf(member: number): Json | undefined {
    if (this.#states[member] !== RAW) return this.#values[member];
    const value = decoded(this.#bytes, this.#starts[member]!, this.#ends[member]!);
    this.#states[member] = READ;
    return (this.#values[member] = value);
  }

  #nameOf(member: number): string {
    const slot = this.#slotOf[member]!;
    if (slot >= 0) return this.#names[slot]!;
    const start = this.#nameStarts[member]! + 1;
    return this.#bytes.toString('utf8', start, this.#bytes.indexOf(QUOTE, start));
  }

  /** The member without a slot that has this name; -1 if there is none. */
  #unnamed(name: string): number {
    for (let member = 0; member < this.#count; member++) {
      if (this.#slotOf[member] === -1 && this.#states[member] !== GONE && this.#nameOf(member) === name) return member;
    }
    return -1;
  }

  #add(slot: number, nameStart: number, state: number): number {
    const member = this.#count++;
    if (member >= this.#starts.length) this.#grow();
    this.#slotOf[member] = slot;
    this.#nameStarts[member] = nameStart;
    this.#states[member] = state;
    this.#values[member] = undefined;
    if (slot >= 0) this.#memberOf[slot] = member;
    return member;
  }

  #clear(): void {
    for (let member = 0; member < this.#count; member++) {
      const slot = this.#slotOf[member]!;
      if (slot >= 0) this.#memberOf[slot] = -1;
    }
    this.#count = 0;
    this.#touched = false;
  }

  #grow(): void {
    const grown = <T extends Int32Array | Uint8Array>(old: T, array: T): T => {
      array.set(old);
      return array;
    };
    const length = this.#starts.length * 2;
    this.#slotOf = grown(this.#slotOf, new Int32Array(length));
    this.#nameStarts = grown(this.#nameStarts, new Int32Array(length));
    this.#starts = grown(this.#starts, new Int32Array(length));
    this.#ends = grown(this.#ends, new Int32Array(length));
    this.#states = grown(this.#states, new Uint8Array(length));
  }
}

function writeValue(value: Json, out: ByteBlocks): void {
  if (typeof value === 'string') out.appendJsonText(value);
  else out.appendText(stringifyExact(value));
}

/** The value of JSON text that a scanner has accepted. */
function decoded(bytes: Buffer, start: number, end: number): Json {
  if (bytes[start] === QUOTE && !hasBackslash(bytes, start, end)) return bytes.toString('utf8', start + 1, end - 1);
  return parseExact(bytes.toString('utf8', start, end));
}

function hasBackslash(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if (bytes[at] === BACKSLASH) return true;
  return false;
}

const EMPTY = Buffer.alloc(0);
