import { keepsLimit } from './limits.ts';
import type { LineTexts } from './line-texts.ts';
import { type Brace, bracesOf, isOptional, placeOf, type Shape, type SlotTables } from './shape.ts';
import { checkedEnd, Kind } from './slot-checks.ts';

const WORD_BYTES = 4;

/**
 * A shape read from tables, so that one function serves all streams and is fast from the start. LineShape has code of its own
 * for each shape: faster still, but only after thousands of lines.
 */
export class TableShape implements Shape {
  readonly texts: LineTexts;
  readonly #tables: SlotTables;
  /** The slot of the value after each text; -1 after the last. */
  readonly #slots: Int32Array;
  /** 1 for texts that may be missing with their value. */
  readonly #optional: Uint8Array;
  readonly #sizes: Int32Array;
  /** The texts in words, one text after another. The last word of each ends with it and may overlap the word before. */
  readonly #words: Int32Array;
  /** Where each text's words end. */
  readonly #wordEnds: Int32Array;
  /** The bits of each text's last word: all, unless the text is shorter than a word. */
  readonly #masks: Int32Array;
  readonly #open: Brace;
  readonly #close: Brace;

  constructor(texts: LineTexts, tables: SlotTables) {
    const words = texts.texts.map(wordsOf);
    let ends = 0;
    this.texts = texts;
    this.#tables = tables;
    this.#slots = Int32Array.from(texts.texts, (_, i) => texts.slots[i] ?? -1);
    this.#optional = Uint8Array.from(texts.texts, (_, i) => (isOptional(texts, i, tables) ? 1 : 0));
    this.#sizes = Int32Array.from(texts.texts, (text) => text.length);
    this.#words = Int32Array.from(words.flat());
    this.#wordEnds = Int32Array.from(words, ({ length }) => (ends += length));
    this.#masks = Int32Array.from(texts.texts, (text) => maskOf(text.length));
    const { open, close } = bracesOf(texts);
    this.#open = open;
    this.#close = close;
  }

  scan(bytes: Uint8Array, view: DataView, at: number, end: number): number {
    const { kinds, starts, ends, checks, limits } = this.#tables;
    const slots = this.#slots;
    const sizes = this.#sizes;
    const words = this.#words;
    const wordEnds = this.#wordEnds;
    const count = sizes.length;
    let word = 0;
    for (let i = 0; i < count; i++) {
      const slot = slots[i]!;
      const next = at + sizes[i]!;
      const last = wordEnds[i]! - 1;
      let isHere = next <= end && (view.getInt32(next - WORD_BYTES, true) & this.#masks[i]!) === words[last];
      for (let place = at; isHere && word < last; word++, place += WORD_BYTES)
        isHere = view.getInt32(place, true) === words[word];
      word = last + 1;
      if (!isHere) {
        if (this.#optional[i] === 0) return -1;
        kinds[slot] = Kind.absent;
        continue;
      }
      at = next;
      if (slot < 0) break;
      starts[slot] = at;
      const stop = checkedEnd(checks[slot]!, bytes, at, kinds, slot);
      if (stop < 0 || !keepsLimit(limits[slot], bytes, at, stop, kinds[slot]!)) return -1;
      ends[slot] = at = stop;
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

function wordsOf(text: Buffer): number[] {
  const words: number[] = [];
  for (let at = 0; at + WORD_BYTES < text.length; at += WORD_BYTES) words.push(text.readInt32LE(at));
  // Of a text shorter than a word, the bytes stand where they would at the end of one.
  const last = Buffer.alloc(WORD_BYTES);
  const part = text.subarray(Math.max(0, text.length - WORD_BYTES));
  part.copy(last, WORD_BYTES - part.length);
  return [...words, last.readInt32LE(0)];
}

function maskOf(size: number): number {
  return size >= WORD_BYTES ? -1 : -1 << (8 * (WORD_BYTES - size));
}
