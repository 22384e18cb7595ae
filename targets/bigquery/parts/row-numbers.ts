import { ORDER } from '../statements/merge.ts';

const NEWLINE = 0x0a;
const COMMA = 0x2c;
const CLOSE_BRACE = 0x7d;

/** Numbers begin here, so that all have as many digits. */
const FIRST = 1_000_000_000_000;
const HEAD = `{"${ORDER}":`;

/** Bytes that a number adds to the front of each row, the comma left out: always as many. */
export const NUMBER_BYTES = HEAD.length - 1 + String(FIRST).length;

/** Puts a number in front of each row as its first member: the order of arrival. */
export class RowNumbers {
  #next = FIRST;
  /** 0: within a row; 1: before its brace; 2: behind it. */
  #place: 0 | 1 | 2 = 1;

  /** A copy of the block with the numbers; rows may begin in one block and go on in the next. */
  number(block: Buffer): Buffer {
    const out = Buffer.allocUnsafe(block.length + (rowsIn(block) + 1) * (NUMBER_BYTES + 1));
    let used = 0;
    for (let at = 0; at < block.length;) {
      if (this.#place === 1) {
        used += out.write(HEAD + String(this.#next++), used, 'latin1');
        this.#place = 2;
        at++;
        continue;
      }
      if (this.#place === 2) {
        if (block[at] !== CLOSE_BRACE) out[used++] = COMMA;
        this.#place = 0;
      }
      const newline = block.indexOf(NEWLINE, at);
      const end = newline < 0 ? block.length : newline + 1;
      used += block.copy(out, used, at, end);
      if (newline >= 0) this.#place = 1;
      at = end;
    }
    return out.subarray(0, used);
  }
}

function rowsIn(block: Buffer): number {
  let rows = 0;
  for (let at = block.indexOf(NEWLINE); at >= 0; at = block.indexOf(NEWLINE, at + 1)) rows++;
  return rows;
}
