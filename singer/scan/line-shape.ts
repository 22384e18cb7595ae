import { PLAIN, stringRest } from './json-scan.ts';
import type { LineTexts } from './line-texts.ts';
import { isString, Kind, otherEnd, takesAnyString, takesStrings } from './slot-checks.ts';

/** Where a scanner notes what it finds, and what it must find; all by slot. */
export interface SlotTables {
  readonly kinds: Uint8Array;
  readonly starts: Int32Array;
  readonly ends: Int32Array;
  readonly checks: Uint8Array;
  /** 1 where the value must be present. */
  readonly required: Uint8Array;
}

/** Reads a stretch of a line from `at`; gives the offset after it, -1 if the line is another. */
type Stretch = (bytes: Uint8Array, view: DataView, at: number, end: number) => number;

/**
 * Values per compiled function: V8 never optimizes a function of more than 60 KB of bytecode, and a value takes about 0.5 KB
 * with names of usual length.
 */
const VALUES_PER_STRETCH = 32;

/**
 * A scanner for lines that differ from known ones in their values only: text, value, text, value … text.
 *
 * It is compiled to straight code, as ajv does with schemas, because the texts between the values (two thirds of a line's
 * bytes) are then compared with constants, four bytes at a time: three times as fast as loops over tables. Nothing of
 * the line gets into the code but these numbers.
 */
export class LineShape {
  readonly #tables: SlotTables;
  readonly #stretches: readonly Stretch[];
  readonly #open: Brace;
  readonly #close: Brace;

  constructor({ slots, texts, open, close, openBack, closeBack }: LineTexts, tables: SlotTables) {
    const cases = texts.map((text, i) => {
      const slot = slots[i];
      // Only a member of the record that has another before it can be missing: its text is a comma and its name, no more.
      const optional = slot !== undefined && i > open && i < close && tables.required[slot] === 0;
      return textCode(i, text, optional ? slot : undefined) + (slot === undefined ? '' : valueCode(slot, tables.checks[slot]!));
    });
    this.#tables = tables;
    this.#stretches = stretches(cases, tables);
    this.#open = { slot: slots[open], back: openBack };
    this.#close = { slot: slots[close], back: closeBack };
  }

  /** Reads the line at `at`; gives the offset after its newline, -1 if it is of another shape or has an invalid value. */
  scan(bytes: Buffer, view: DataView, at: number, end: number): number {
    for (const stretch of this.#stretches) {
      at = stretch(bytes, view, at, end);
      if (at < 0) return -1;
    }
    return at;
  }

  /** Where the record of the line that was read last begins. */
  recordStart(lineEnd: number): number {
    return this.#at(this.#open, lineEnd);
  }

  /** Where it ends. */
  recordEnd(lineEnd: number): number {
    return this.#at(this.#close, lineEnd);
  }

  #at({ slot, back }: Brace, lineEnd: number): number {
    return (slot === undefined ? lineEnd : this.#tables.starts[slot]!) - back;
  }
}

/** A brace of the record: so many bytes before the value of a slot, or before the line's end. */
interface Brace {
  readonly slot: number | undefined;
  readonly back: number;
}

function stretches(cases: readonly string[], { kinds, starts, ends }: SlotTables): Stretch[] {
  const made: Stretch[] = [];
  for (let first = 0; first < cases.length; first += VALUES_PER_STRETCH) {
    const part = cases.slice(first, first + VALUES_PER_STRETCH);
    // A missing member makes the next case the one to try: that is why they are cases, and fall through.
    const code = `return (bytes, view, at, end) => {
  let k = 0, step = ${first};
  for (;;) switch (step) {
${part.join('')}  default: return at;
  }
};`;
    // oxlint-disable-next-line no-implied-eval -- see the class comment
    const make = new Function('kinds', 'starts', 'ends', 'PLAIN', 'stringRest', 'isString', 'otherEnd', code);
    made.push(make(kinds, starts, ends, PLAIN, stringRest, isString, otherEnd) as Stretch);
  }
  return made;
}

/** Compares text `i`; where it does not stand there, the value of `optional` is absent and the next text is tried. */
function textCode(i: number, text: Buffer, optional: number | undefined): string {
  const unlike = [`at + ${text.length} > end`];
  let at = 0;
  for (; at + 4 <= text.length; at += 4) unlike.push(`view.getInt32(at + ${at}, true) !== ${text.readInt32LE(at)}`);
  for (; at < text.length; at++) unlike.push(`bytes[at + ${at}] !== ${text[at]}`);
  const otherwise = optional === undefined ? 'return -1;' : `{ kinds[${optional}] = ${Kind.absent}; step = ${i + 1}; continue; }`;
  return `  case ${i}: if (${unlike.join(' || ')}) ${otherwise}\n    at += ${text.length};\n`;
}

/** Reads the value of a slot. */
function valueCode(slot: number, check: number): string {
  const other = `if ((at = otherEnd(${check}, bytes, at, kinds, ${slot})) < 0) return -1;`;
  const any = takesAnyString(check);
  const string = `if (bytes[at] === 0x22) {
      k = at + 1;
      while (PLAIN[bytes[k]] === 1) k++;
      if (bytes[k] === 0x22) { kinds[${slot}] = ${Kind.string}; at = k + 1; }
      else ${any ? `{ kinds[${slot}] = ${Kind.escaped}; if ((at = stringRest(bytes, k)) < 0) return -1; }` : 'return -1;'}
      ${any ? '' : `if (!isString(${check}, bytes, starts[${slot}] + 1, k)) return -1;`}
    } else `;
  return `    starts[${slot}] = at;\n    ${takesStrings(check) ? string : ''}${other}\n    ends[${slot}] = at;\n`;
}
