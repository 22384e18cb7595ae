const NEWLINE = 0x0a;
const QUOTE = 0x22;
const COMMA = 0x2c;
const BACKSLASH = 0x5c;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

/** Hands over each row, with its newline; a row that spans blocks is put together first. The last block ends with a row. */
export function eachRow(blocks: readonly Buffer[], visit: (bytes: Buffer, start: number, end: number) => void): void {
  let begun: Buffer[] = [];
  for (const block of blocks) {
    let at = 0;
    for (let newline = block.indexOf(NEWLINE); newline >= 0; newline = block.indexOf(NEWLINE, at)) {
      const end = newline + 1;
      if (begun.length === 0) visit(block, at, end);
      else {
        const row = Buffer.concat([...begun, block.subarray(at, end)]);
        begun = [];
        visit(row, 0, row.length);
      }
      at = end;
    }
    if (at < block.length) begun.push(block.subarray(at));
  }
}

/** Finds members of rows as our encoders write them: objects without white space, names without escapes. */
export class MemberFinder {
  readonly #names: readonly Buffer[];
  /** Where the value of each member begins and ends in the row that was looked at last; -1: it has none. */
  readonly from: Int32Array;
  readonly to: Int32Array;

  constructor(names: readonly string[]) {
    this.#names = names.map((name) => Buffer.from(`"${name}":`));
    this.from = new Int32Array(names.length);
    this.to = new Int32Array(names.length);
  }

  look(bytes: Buffer, start: number): void {
    const { from, to } = this;
    from.fill(-1);
    let missing = from.length;
    for (let at = start; bytes[at] !== CLOSE_BRACE && bytes[at + 1] === QUOTE && missing > 0;) {
      const name = at + 1;
      const value = stringEnd(bytes, name) + 1;
      at = valueEnd(bytes, value);
      const which = this.#which(bytes, name, value);
      if (which < 0) continue;
      if (from[which] === -1) missing--;
      from[which] = value;
      to[which] = at;
    }
  }

  #which(bytes: Buffer, start: number, end: number): number {
    const names = this.#names;
    for (let i = 0; i < names.length; i++) {
      const name = names[i]!;
      if (name.length === end - start && name.compare(bytes, start, end) === 0) return i;
    }
    return -1;
  }
}

/** After the closing quote of the string that begins at `at`. */
function stringEnd(bytes: Buffer, at: number): number {
  for (at++; bytes[at] !== QUOTE; at++) if (bytes[at] === BACKSLASH) at++;
  return at + 1;
}

/** At the comma or the brace behind the value that begins at `at`. */
function valueEnd(bytes: Buffer, at: number): number {
  for (let depth = 0; ; at++) {
    const byte = bytes[at];
    if (byte === QUOTE) at = stringEnd(bytes, at) - 1;
    else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) depth++;
    else if (depth === 0 && (byte === COMMA || byte === CLOSE_BRACE)) return at;
    else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) depth--;
  }
}
