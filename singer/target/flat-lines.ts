import type { ByteBlocks } from './blocks.ts';
import type { Branch } from './flat-plan.ts';
import { spaceEnd, stringRest, valueEnd } from '../scan/json-scan.ts';
import { NameTable, spellings } from '../scan/name-table.ts';
import type { Encoder, StreamHeader } from './destination.ts';
import { createRecordScanner, type RecordScanner } from '../scan/record-scanner.ts';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const OPEN_BRACKET = 0x5b;
const LOWER_N = 0x6e;

/** Lines that are made flat before the encoder gets them. */
const LINES = 64;

/** See Encoder. */
export type EncodeLines = NonNullable<Encoder['encodeLines']>;

/**
 * The fast lane of a flattened stream: RECORD lines become flat RECORD lines, byte by byte, which the encoder takes in its
 * own fast lane. A line goes on only if it is valid by the schema as it was announced, has no field that this does not name, and
 * comes out as the general lane would write it. Undefined for a stream whose schema asks more than a scanner can check.
 */
export function createFlatLines(header: StreamHeader, root: Branch, validated: boolean): FlatLines | undefined {
  const scanner = createRecordScanner(header, { validated });
  return scanner === undefined ? undefined : new FlatLines(scanner, branchOf(root));
}

/** A member of a nested object. */
interface Member {
  /** Before its value in the flat record: the name, quoted, and a colon. */
  readonly head: Buffer;
  /** For an object: what becomes of its members. */
  readonly branch: ByteBranch | undefined;
}

interface ByteBranch {
  readonly names: NameTable;
  readonly members: readonly Member[];
  /** The flat members if the whole is null, each with a comma behind it. */
  readonly nulls: Buffer;
}

function branchOf({ members, leaves }: Branch): ByteBranch {
  const names = new NameTable();
  [...members.keys()].forEach((name, i) => {
    for (const spelling of spellings(name)) names.add(spelling, i);
  });
  return {
    names,
    members: [...members.values()].map((member) =>
      'name' in member
        ? { head: Buffer.from(`${JSON.stringify(member.name)}:`), branch: undefined }
        : { head: NONE, branch: branchOf(member) },
    ),
    nulls: Buffer.from(leaves.map(({ name }) => `${JSON.stringify(name)}:null,`).join('')),
  };
}

export class FlatLines {
  readonly #scanner: RecordScanner;
  readonly #root: ByteBranch;
  /** The flat lines, and where each ends: in here and in the chunk they were made of. */
  #flat: Buffer = Buffer.alloc(64 * 1024);
  #length = 0;
  readonly #flatEnds = new Int32Array(LINES);
  readonly #ends = new Int32Array(LINES);

  constructor(scanner: RecordScanner, root: ByteBranch) {
    this.#scanner = scanner;
    this.#root = root;
  }

  /** As `Encoder.encodeLines`, for the lines as they came. */
  encodeLines(encode: EncodeLines, chunk: Buffer, start: number, end: number, out: ByteBlocks): number {
    for (let at = start; ;) {
      const count = this.#flatten(chunk, at, end);
      if (count === 0) return at;
      const taken = encode(this.#flat, 0, this.#length, out);
      const lines = taken === this.#length ? count : this.#flatEnds.indexOf(taken) + 1;
      if (lines > 0) at = this.#ends[lines - 1]!;
      if (lines < count) return at;
    }
  }

  /** Makes lines from `at` on flat, as many as it can and has room for; gives their number. */
  #flatten(chunk: Buffer, at: number, end: number): number {
    const scanner = this.#scanner;
    this.#length = 0;
    let count = 0;
    while (count < LINES && at < end && scanner.scan(chunk, at, end)) {
      const before = this.#length;
      this.#put(chunk, at, scanner.recordStart + 1);
      if (this.#object(chunk, scanner.recordStart, this.#root) < 0) {
        this.#length = before;
        break;
      }
      // The comma behind the last member gives way to the brace.
      if (this.#flat[this.#length - 1] === COMMA) this.#length--;
      this.#put(chunk, scanner.recordEnd - 1, scanner.lineEnd);
      at = scanner.lineEnd;
      this.#ends[count] = at;
      this.#flatEnds[count++] = this.#length;
    }
    return count;
  }

  /** Writes the members of the object at `at`; gives the offset after it, -1 to leave the line. The scanner has read the line. */
  #object(bytes: Buffer, at: number, { names, members }: ByteBranch): number {
    at = spaceEnd(bytes, at + 1);
    while (bytes[at] !== CLOSE_BRACE) {
      const number = names.read(bytes, at + 1);
      if (number < 0) return -1;
      const { head, branch } = members[number]!;
      at = spaceEnd(bytes, spaceEnd(bytes, names.end + 1) + 1);
      if (branch === undefined) at = this.#leaf(bytes, at, head);
      else if (bytes[at] === OPEN_BRACE) at = this.#object(bytes, at, branch);
      else if (bytes[at] === LOWER_N) {
        this.#put(branch.nulls, 0, branch.nulls.length);
        at += 4;
      } else return -1;
      if (at < 0) return -1;
      at = spaceEnd(bytes, at);
      if (bytes[at] === COMMA) at = spaceEnd(bytes, at + 1);
    }
    return at + 1;
  }

  #leaf(bytes: Buffer, at: number, head: Buffer): number {
    const end = valueEnd(bytes, at);
    this.#put(head, 0, head.length);
    const first = bytes[at];
    if (first !== OPEN_BRACE && first !== OPEN_BRACKET) {
      if (first === QUOTE && !isUsual(bytes, at + 1, end - 1)) return -1;
      this.#put(bytes, at, end);
    } else if (!this.#compact(bytes, at, end)) return -1;
    this.#room(1);
    this.#flat[this.#length++] = COMMA;
    return end;
  }

  /** Writes an object or array without the white space in it. */
  #compact(bytes: Buffer, at: number, end: number): boolean {
    while (at < end) {
      const stop = bytes[at] === QUOTE ? stringRest(bytes, at + 1) : at + 1;
      if (stop > at + 1 && !isUsual(bytes, at + 1, stop - 1)) return false;
      this.#put(bytes, at, stop);
      at = spaceEnd(bytes, stop);
    }
    return true;
  }

  #put(bytes: Buffer, start: number, end: number): void {
    this.#room(end - start);
    const flat = this.#flat;
    let length = this.#length;
    if (end - start > 64) length += bytes.copy(flat, length, start, end);
    else for (let at = start; at < end; at++) flat[length++] = bytes[at]!;
    this.#length = length;
  }

  #room(size: number): void {
    if (this.#length + size <= this.#flat.length) return;
    const grown = Buffer.alloc(Math.max(this.#flat.length * 2, this.#length + size));
    this.#flat.copy(grown, 0, 0, this.#length);
    this.#flat = grown;
  }
}

/** True if a string's text has no escapes that a JSON writer of ours would spell in another way. */
function isUsual(bytes: Buffer, at: number, end: number): boolean {
  for (; at < end; at++) if (bytes[at] === BACKSLASH && !USUAL.includes(bytes[++at]!)) return false;
  return true;
}

/** The characters that may follow a backslash then. */
const USUAL = Buffer.from('"\\bfnrt');
const NONE = Buffer.alloc(0);
