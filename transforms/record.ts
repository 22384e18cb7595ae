import { BlockPool, ByteBlocks, type Json, type JsonObject, parseExact, stringifyExact } from '../singer/index.ts';
import { Members } from './members.ts';
import type { ByteStep, Fields } from './operation.ts';

export { canonicalOf as textOf } from './canonical.ts';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

/** What is known of a member's value. Up to `READ` it is as it came. */
const RAW = 0;
const READ = 1;
const SET = 2;
/** Rewritten: its JSON text stands in `#made`. */
const MADE = 3;
/** Room for rewritten values, to begin with. */
const MADE_BYTES = 1024;

/**
 * A record under way. Made of the bytes of its line: a member is read only when somebody asks for it, and written byte for byte as it
 * came unless somebody set it. One view serves all records of a stream in turn.
 *
 * A member is known by its *slot*, the number of its name; members keep their order, new ones come last.
 */
export class RecordView implements Fields {
  readonly #members: Members;
  #bytes: Buffer = EMPTY;
  #start = 0;
  #end = 0;
  /** False while the record is as it came. */
  #touched = false;
  /** By member: what is known of its value, the value if it was read or set, and its place in `#made` if it was rewritten. */
  #states = new Uint8Array(64);
  #values: (Json | undefined)[] = [];
  #madeStarts = new Int32Array(64);
  #madeEnds = new Int32Array(64);
  /** The texts of values that were rewritten. */
  #made = Buffer.allocUnsafeSlow(MADE_BYTES);
  #madeBytes = 0;

  /** `compileAfter`: see Members; only tests need another number. */
  constructor(compileAfter?: number) {
    this.#members = new Members(compileAfter);
  }

  /** The slot of a name, for all records to come. */
  slot(name: string): number {
    return this.#members.slot(name);
  }

  /**
   * Takes the record that begins at `bytes[start]`, in a line which ends with a newline. Gives where it ends, or -1 if it is not an
   * object, not valid JSON, or in doubt (a name twice, or spelled with escapes): `load` is for those. The bytes must stay as they are until the
   * record is written.
   */
  read(bytes: Buffer, start: number): number {
    this.#bytes = bytes;
    this.#start = start;
    this.#end = this.#members.read(bytes, start);
    this.#touched = false;
    this.#madeBytes = 0;
    const { count } = this.#members;
    if (count > this.#states.length) this.#grow();
    for (let member = 0; member < count; member++) this.#states[member] = RAW;
    return this.#end;
  }

  /** Takes a record that is a value already. */
  load(record: JsonObject): void {
    this.#members.clear();
    this.#members.changed = true;
    this.#touched = true;
    for (const [name, value] of Object.entries(record)) if (value !== undefined) this.set(name, value);
  }

  get(name: string): Json | undefined {
    return this.at(this.slot(name));
  }

  /** The value of a slot; undefined if the record has none. */
  at(slot: number): Json | undefined {
    const member = this.#members.at(slot);
    return member < 0 ? undefined : this.#valueOf(member);
  }

  has(name: string): boolean {
    return this.hasAt(this.slot(name));
  }

  hasAt(slot: number): boolean {
    return this.#members.at(slot) >= 0;
  }

  set(name: string, value: Json): void {
    this.setAt(this.slot(name), value);
  }

  setAt(slot: number, value: Json): void {
    let member = this.#members.at(slot);
    if (member < 0) {
      member = this.#members.add(slot);
      if (member >= this.#states.length) this.#grow();
    }
    this.#states[member] = SET;
    this.#values[member] = value;
    this.#touched = true;
  }

  /**
   * Rewrites the value of a slot from bytes to bytes. Gives false, and does nothing, if it is not a text as it came, spelled without
   * escapes.
   */
  rewrite(slot: number, step: ByteStep): boolean {
    const member = this.#members.at(slot);
    if (member < 0 || this.#states[member]! > READ) return false;
    const bytes = this.#bytes;
    const start = this.#members.starts[member]!;
    const end = this.#members.ends[member]!;
    if (bytes[start] !== QUOTE || hasBackslash(bytes, start, end)) return false;
    const at = this.#madeBytes;
    this.#makeRoom(step.most(end - start - 2));
    const after = step.write(bytes, start + 1, end - 1, this.#made, at);
    if (after === at) return true;
    this.#madeBytes = after;
    this.#madeStarts[member] = at;
    this.#madeEnds[member] = after;
    this.#states[member] = MADE;
    this.#touched = true;
    return true;
  }

  delete(name: string): void {
    this.deleteAt(this.slot(name));
  }

  deleteAt(slot: number): void {
    const member = this.#members.at(slot);
    if (member >= 0) this.#remove(member);
  }

  /** Takes away all members whose name does not pass. */
  filter(stays: (name: string) => boolean): void {
    const members = this.#members;
    for (let member = 0; member < members.count; member++) {
      if (!members.isRemoved(member) && !stays(members.nameOf(member))) this.#remove(member);
    }
  }

  /** Gives members new names at once, so that two may swap theirs. A member that is in the way of a new name and has none itself goes. */
  rename(moves: readonly (readonly [from: number, to: number])[]): void {
    this.#members.rename(moves);
    this.#touched = true;
  }

  /** The names of its members, in order. */
  names(): string[] {
    const members = this.#members;
    const names: string[] = [];
    for (let member = 0; member < members.count; member++) {
      if (!members.isRemoved(member)) names.push(members.nameOf(member));
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
    if (!this.#touched) out.append(this.#bytes, this.#start, this.#end);
    else if (this.#members.changed) this.#writeMembers(out);
    else this.#writeSpliced(out);
  }

  /** The record as it came, with other values in the places of those that were set. */
  #writeSpliced(out: ByteBlocks): void {
    const bytes = this.#bytes;
    const { count, ends, starts } = this.#members;
    let from = this.#start;
    for (let member = 0; member < count; member++) {
      if (this.#states[member]! <= READ) continue;
      out.append(bytes, from, starts[member]!);
      this.#writeValue(member, out);
      from = ends[member]!;
    }
    out.append(bytes, from, this.#end);
  }

  #writeMembers(out: ByteBlocks): void {
    const members = this.#members;
    const { count, ends, nameStarts } = members;
    out.reserve(1);
    out.bytes[out.used++] = OPEN_BRACE;
    let first = true;
    for (let member = 0; member < count; member++) {
      if (members.isRemoved(member)) continue;
      if (!first) {
        out.reserve(1);
        out.bytes[out.used++] = COMMA;
      }
      first = false;
      if (this.#isAsItCame(member)) {
        // Neighbours that nobody touched go together, with what stands between them.
        const start = nameStarts[member]!;
        while (member + 1 < count && this.#isAsItCame(member + 1)) member++;
        out.append(this.#bytes, start, ends[member]!);
        continue;
      }
      const spelled = members.spelledNameOf(member);
      out.append(spelled, 0, spelled.length);
      this.#writeValue(member, out);
    }
    out.reserve(1);
    out.bytes[out.used++] = CLOSE_BRACE;
  }

  #isAsItCame(member: number): boolean {
    const members = this.#members;
    return this.#states[member]! <= READ && members.nameStarts[member]! >= 0 && !members.isRemoved(member);
  }

  #writeValue(member: number, out: ByteBlocks): void {
    const state = this.#states[member]!;
    if (state === MADE) return out.append(this.#made, this.#madeStarts[member]!, this.#madeEnds[member]!);
    if (state <= READ) return out.append(this.#bytes, this.#members.starts[member]!, this.#members.ends[member]!);
    const value = this.#values[member]!;
    if (typeof value === 'string') out.appendJsonText(value);
    else out.appendText(stringifyExact(value));
  }

  #valueOf(member: number): Json | undefined {
    const state = this.#states[member];
    if (state === MADE) return decoded(this.#made, this.#madeStarts[member]!, this.#madeEnds[member]!);
    if (state !== RAW) return this.#values[member];
    const value = decoded(this.#bytes, this.#members.starts[member]!, this.#members.ends[member]!);
    this.#states[member] = READ;
    return (this.#values[member] = value);
  }

  #remove(member: number): void {
    this.#members.remove(member);
    this.#values[member] = undefined;
    this.#touched = true;
  }

  #makeRoom(count: number): void {
    if (this.#made.length - this.#madeBytes >= count) return;
    const longer = Buffer.allocUnsafeSlow((this.#madeBytes + count) * 2);
    longer.set(this.#made.subarray(0, this.#madeBytes));
    this.#made = longer;
  }

  /** As many as the members have room for. */
  #grow(): void {
    const { length } = this.#members.starts;
    const longer = <T extends Int32Array | Uint8Array>(list: T, array: T): T => {
      array.set(list);
      return array;
    };
    this.#states = longer(this.#states, new Uint8Array(length));
    this.#madeStarts = longer(this.#madeStarts, new Int32Array(length));
    this.#madeEnds = longer(this.#madeEnds, new Int32Array(length));
  }
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
