/** Nothing of this name. */
export const NONE = -1;
/** The name stands for several things. */
export const SEVERAL = -2;

/** Fewer letters are no abbreviation that anybody can be sure of. */
const LEAST_LETTERS = 3;

interface Node {
  readonly next: Map<number, Node>;
  /** What the name that ends here means. */
  value: number;
  /** What all names mean that go through here. */
  all: number;
}

const DOT = 0x2e;
const SPACE = 0x20;
const DOTLESS_I = 0x131;
const DOT_ABOVE = 0x307;
const FINAL_SIGMA = 0x3c2;

/**
 * Names and what they mean, to be found at a place in a text: the longest that stands there, or a word of three letters or more with which
 * the names of one meaning begin. Dots and case do not count.
 */
export class NameTable {
  readonly #root: Node = { next: new Map(), value: NONE, all: NONE };
  readonly #folded = new Map<number, number>();
  /** Where the name that was read last ends. */
  end = -1;

  add(name: string, value: number): void {
    let node = this.#root;
    for (let at = 0; at < name.length; at++) {
      const code = this.#fold(name.charCodeAt(at));
      if (code === 0) continue;
      let next = node.next.get(code);
      if (next === undefined) node.next.set(code, (next = { next: new Map(), value: NONE, all: NONE }));
      next.all = both(next.all, value);
      node = next;
    }
    if (node !== this.#root) node.value = both(node.value, value);
  }

  /** The meaning of the name at `text[at]`, which ends before `end`; NONE or SEVERAL. */
  read(text: string, at: number): number {
    let node = this.#root;
    let value = NONE;
    let letters = 0;
    let last = at;
    this.end = at;
    for (; at < text.length; at++) {
      const code = this.#fold(text.charCodeAt(at));
      // Dots belong to names that are shortened, not to numbers.
      if (code === 0 && letters > 0) continue;
      const next = node.next.get(code);
      if (next === undefined) break;
      node = next;
      last = at + 1;
      if (code > 0x39) letters++;
      if (node.value === NONE) continue;
      value = node.value;
      this.end = last;
    }
    if (last === this.end || node.all === NONE || letters < LEAST_LETTERS || isLetter(text, at)) return value;
    this.end = last;
    return node.all;
  }

  /** Lower case; dotted and dotless i as one, both small sigmas too; 0 for what does not count. */
  #fold(code: number): number {
    if (code < 0x80) return code === DOT ? 0 : code >= 0x41 && code <= 0x5a ? code + SPACE : code;
    let folded = this.#folded.get(code);
    if (folded === undefined) this.#folded.set(code, (folded = foldOther(code)));
    return folded;
  }
}

function foldOther(code: number): number {
  if (code === DOT_ABOVE) return 0;
  const lower = String.fromCharCode(code).toLowerCase().charCodeAt(0);
  if (lower === DOTLESS_I) return 0x69;
  return lower === FINAL_SIGMA ? lower + 1 : lower;
}

function both(a: number, b: number): number {
  return a === NONE || a === b ? b : SEVERAL;
}

function isLetter(text: string, at: number): boolean {
  return at < text.length && /[\p{L}\p{M}]/u.test(text[at]!);
}
