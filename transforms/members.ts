import { NameTable, spaceEnd, spellings, valueEnd } from '../singer/index.ts';
import { AlikeRecords } from './alike.ts';

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

/** Names that get a number of their own; a stream with more has names made of data, which are looked up one by one. */
const MAX_SLOTS = 4096;
/**
 * Records one after the other with the same members, after which code is made for them; twice as many each time that another one has come
 * since.
 */
const COMPILE_AFTER = 32_768;

/** Slots of members whose name has none, and of members that were taken out. */
const UNNAMED = -1;
const REMOVED = -2;

/**
 * The members of a record under way and where they stand in its line, without making values. One serves all records of a stream in turn.
 *
 * A member is known by its *slot*, the number of its name; members keep their order, new ones come last.
 */
export class Members {
  /** How many there are, those that were taken out included. */
  count = 0;
  /** By member: its slot (below 0 if it has none), where its name begins in the line (-1 if it is not from the line), its value's place. */
  slotOf: Int32Array = new Int32Array(64);
  nameStarts: Int32Array = new Int32Array(64);
  starts: Int32Array = new Int32Array(64);
  ends: Int32Array = new Int32Array(64);
  /** False while they are those that were read, each in its place. */
  changed = false;

  readonly #slots = new Map<string, number>();
  readonly #names: string[] = [];
  /** A name as JSON with its colon, by slot. */
  readonly #spelled: Buffer[] = [];
  readonly #table = new NameTable();
  /** The member of a slot in this record; -1 if it has none. */
  #memberOf = new Int32Array(64).fill(-1);
  #bytes: Buffer = EMPTY;

  /** The slots of the record that was read last, before it was changed. */
  #expected: Int32Array = new Int32Array(64);
  #expectedCount = 0;
  /** False once a member was another one. */
  #asExpected = false;
  /** Records in a row that had the same members; how many are wanted for code of their own; that code. */
  #inRow = 0;
  #compileAfter: number;
  #alike: AlikeRecords | undefined;

  /** Only tests need another number. */
  constructor(compileAfter = COMPILE_AFTER) {
    this.#compileAfter = compileAfter;
  }

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
    if (member >= 0) this.slotOf[member] = slot;
    return slot;
  }

  /** The member of a slot; -1 if the record has none. */
  at(slot: number): number {
    return this.#memberOf[slot]!;
  }

  /** Takes the record that begins at `bytes[start]`, as RecordView.read says. */
  read(bytes: Buffer, start: number): number {
    this.#bytes = bytes;
    if (this.#alike !== undefined) {
      const end = this.#alike.read(bytes, start);
      if (end >= 0) {
        if (this.changed) this.#enter(this.#alike.slots);
        return end;
      }
      this.#alike = undefined;
      this.#compileAfter *= 2;
    }
    this.clear();
    this.changed = false;
    const before = this.#expectedCount;
    this.#asExpected = true;
    const end = this.#readMembers(start);
    if (end >= 0) this.#learn(this.#asExpected && this.count === before, start, end);
    return end;
  }

  /** Puts a new member at the end. */
  add(slot: number): number {
    this.changed = true;
    return this.#add(slot, -1);
  }

  remove(member: number): void {
    this.changed = true;
    const slot = this.slotOf[member]!;
    if (slot >= 0) this.#memberOf[slot] = -1;
    this.slotOf[member] = REMOVED;
  }

  isRemoved(member: number): boolean {
    return this.slotOf[member] === REMOVED;
  }

  /** Gives members new names at once, so that two may swap theirs. A member that is in the way of a new name and has none itself goes. */
  rename(moves: readonly (readonly [from: number, to: number])[]): void {
    const members = moves.map(([from]) => this.#memberOf[from]!);
    for (const [from] of moves) this.#memberOf[from] = -1;
    this.changed = true;
    moves.forEach(([, to], i) => {
      const member = members[i]!;
      if (member < 0) return;
      if (this.#memberOf[to]! >= 0) this.remove(this.#memberOf[to]!);
      this.#memberOf[to] = member;
      this.slotOf[member] = to;
      this.nameStarts[member] = -1;
    });
  }

  clear(): void {
    for (let member = 0; member < this.count; member++) {
      const slot = this.slotOf[member]!;
      if (slot >= 0) this.#memberOf[slot] = -1;
    }
    this.count = 0;
  }

  nameOf(member: number): string {
    const slot = this.slotOf[member]!;
    if (slot >= 0) return this.#names[slot]!;
    const start = this.nameStarts[member]! + 1;
    return this.#bytes.toString('utf8', start, this.#bytes.indexOf(QUOTE, start));
  }

  /** The name of a member that has a slot, as JSON with its colon. */
  spelledNameOf(member: number): Buffer {
    return this.#spelled[this.slotOf[member]!]!;
  }

  #readMembers(start: number): number {
    const bytes = this.#bytes;
    let at = start;
    this.#expectedCount = 0;
    if (bytes[at] !== OPEN_BRACE) return -1;
    const first = spaceEnd(bytes, at + 1);
    if (bytes[first] === CLOSE_BRACE) return first + 1;
    const table = this.#table;
    do {
      const name = spaceEnd(bytes, at + 1);
      if (bytes[name] !== QUOTE) return -1;
      // Records of a stream mostly have the same members in the same order.
      let slot = this.#expected[this.count] ?? UNNAMED;
      let value = this.#valueAfter(name, slot);
      if (value < 0) {
        this.#asExpected = false;
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
      const member = this.#add(slot, name);
      this.#expected[member] = slot;
      this.starts[member] = value;
      this.ends[member] = end;
      at = spaceEnd(bytes, end);
    } while (bytes[at] === COMMA);
    this.#expectedCount = this.count;
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

  /** Makes code for records like the one just read, once there were many in a row. */
  #learn(isLikeBefore: boolean, start: number, end: number): void {
    this.#inRow = isLikeBefore ? this.#inRow + 1 : 0;
    if (this.#inRow < this.#compileAfter || this.count === 0) return;
    this.#inRow = 0;
    const slots = this.slotOf.slice(0, this.count);
    if (slots.includes(UNNAMED)) return;
    const { ends, nameStarts, starts } = this;
    this.#alike = new AlikeRecords(this.#bytes, slots, { start, end, nameStarts, starts, ends });
  }

  /** Has the members of these slots again. */
  #enter(slots: Int32Array): void {
    this.clear();
    this.count = slots.length;
    for (let member = 0; member < slots.length; member++) {
      this.slotOf[member] = slots[member]!;
      this.#memberOf[slots[member]!] = member;
    }
    this.changed = false;
  }

  /** The member without a slot that has this name; -1 if there is none. */
  #unnamed(name: string): number {
    for (let member = 0; member < this.count; member++) {
      if (this.slotOf[member] === UNNAMED && this.nameOf(member) === name) return member;
    }
    return -1;
  }

  #add(slot: number, nameStart: number): number {
    const member = this.count++;
    if (member >= this.starts.length) this.#grow();
    this.slotOf[member] = slot;
    this.nameStarts[member] = nameStart;
    if (slot >= 0) this.#memberOf[slot] = member;
    return member;
  }

  #grow(): void {
    const length = this.starts.length * 2;
    this.slotOf = grown(this.slotOf, length);
    this.nameStarts = grown(this.nameStarts, length);
    this.starts = grown(this.starts, length);
    this.ends = grown(this.ends, length);
    this.#expected = grown(this.#expected, length);
    // It notes places in the lists of before.
    this.#alike = undefined;
  }
}

function grown(list: Int32Array, length: number): Int32Array {
  const longer = new Int32Array(length);
  longer.set(list);
  return longer;
}

const EMPTY = Buffer.alloc(0);
