import { PLAIN, stringRest } from './json-scan.ts';
import { keepsLimit } from './limits.ts';
import type { LineTexts } from './line-texts.ts';
import { type Brace, bracesOf, isOptional, placeOf, type Shape, type SlotTables } from './shape.ts';
import { isString, Kind, otherEnd, takesAnyString, takesStrings } from './slot-checks.ts';

/** Reads a stretch of a line from `at`; gives the offset after it, -1 if the line is another. */
type Stretch = (bytes: Uint8Array, view: DataView, at: number, end: number) => number;

/**
 * Values per compiled function: V8 never optimizes a function of more than 60 KB of bytecode, and a value takes about 0.5 KB
 * with names of usual length. While it optimizes one it takes memory by the size: with twice as many values 300 columns peak 12 MB higher.
 */
const VALUES_PER_STRETCH = 16;

/**
 * A shape with code of its own.
 *
 * It is compiled to straight code, as ajv does with schemas, because the texts between the values (two thirds of a line's
 * bytes) are then compared with constants, four bytes at a time: three times as fast as loops over tables. Nothing of
 * the line gets into the code but these numbers.
 */
export class LineShape implements Shape {
  readonly #tables: SlotTables;
  readonly #stretches: readonly Stretch[];
  readonly #open: Brace;
  readonly #close: Brace;

  constructor(texts: LineTexts, tables: SlotTables) {
    const cases = texts.texts.map((text, i) => {
      const slot = texts.slots[i];
      const before = textCode(i, text, isOptional(texts, i, tables) ? slot : undefined);
      return before + (slot === undefined ? '' : valueCode(slot, tables));
    });
    const { open, close } = bracesOf(texts);
    this.#tables = tables;
    this.#stretches = stretches(cases, tables);
    this.#open = open;
    this.#close = close;
  }

  scan(bytes: Buffer, view: DataView, at: number, end: number): number {
    for (const stretch of this.#stretches) {
      at = stretch(bytes, view, at, end);
      if (at < 0) return -1;
    }
    return at;
  }

  recordStart(lineEnd: number): number {
    return placeOf(this.#open, this.#tables, lineEnd);
  }

  recordEnd(lineEnd: number): number {
    return placeOf(this.#close, this.#tables, lineEnd);
  }
}

function stretches(cases: readonly string[], { kinds, starts, ends, limits }: SlotTables): Stretch[] {
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
    const make = new Function(
      'kinds',
      'starts',
      'ends',
      'PLAIN',
      'stringRest',
      'isString',
      'otherEnd',
      'limits',
      'keepsLimit',
      code,
    );
    made.push(make(kinds, starts, ends, PLAIN, stringRest, isString, otherEnd, limits, keepsLimit) as Stretch);
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
function valueCode(slot: number, { checks, limits }: SlotTables): string {
  const check = checks[slot]!;
  const other = `if ((at = otherEnd(${check}, bytes, at, kinds, ${slot})) < 0) return -1;`;
  const any = takesAnyString(check);
  const string = `if (bytes[at] === 0x22) {
      k = at + 1;
      while (PLAIN[bytes[k]] === 1) k++;
      if (bytes[k] === 0x22) { kinds[${slot}] = ${Kind.string}; at = k + 1; }
      else ${any ? `{ kinds[${slot}] = ${Kind.escaped}; if ((at = stringRest(bytes, k)) < 0) return -1; }` : 'return -1;'}
      ${any ? '' : `if (!isString(${check}, bytes, starts[${slot}] + 1, k)) return -1;`}
    } else `;
  const limit = `if (!keepsLimit(limits[${slot}], bytes, starts[${slot}], at, kinds[${slot}])) return -1;\n`;
  return `    starts[${slot}] = at;\n    ${takesStrings(check) ? string : ''}${other}\n    ends[${slot}] = at;\n${limits[slot] === undefined ? '' : limit}`;
}
