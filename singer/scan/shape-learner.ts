import { LineShape } from './line-shape.ts';
import { type LineTexts, mergeTexts } from './line-texts.ts';
import type { SlotTables } from './shape.ts';
import { TableShape } from './table-shape.ts';

/** Lines read name by name before a shape is learned. */
const LEARN_AFTER = 16;
/**
 * Lines that a learned shape must have read before it gets code of its own: that starts slowly, and of dozens of streams in turns
 * each would start slowly.
 */
const COMPILE_AFTER = 32_768;
/** Each shape learned doubles these numbers, up to this. */
const MAX_PATIENCE = 1 << 20;

export interface Patience {
  /** Lines after which the first shape is learned, and as many more after which it is compiled; only tests need other numbers. */
  readonly learnAfter?: number | undefined;
  readonly compileAfter?: number | undefined;
}

/** Finds out what the lines of a stream have in common. */
export class ShapeLearner {
  readonly #tables: SlotTables;
  /** What the next shape will be made of, whether that is more than the last was, and 1 for the slots in it. */
  #texts: LineTexts | undefined;
  #hasNews = false;
  readonly #collected: Uint8Array;
  #misses = 0;
  #patience: number;
  #compileAfter: number;
  #untilCompiled = 0;

  constructor(tables: SlotTables, { learnAfter, compileAfter }: Patience) {
    this.#tables = tables;
    this.#collected = new Uint8Array(tables.kinds.length);
    this.#patience = learnAfter ?? LEARN_AFTER;
    this.#compileAfter = compileAfter ?? learnAfter ?? COMPILE_AFTER;
  }

  /**
   * Learns from a line that no shape has read, with these slots in its order: collects the members that lines have, and once enough
   * lines were unlike the shape in use makes a new one, of what was collected or, if that is no news, of this line.
   */
  learn(slots: readonly number[], textsOf: () => LineTexts): TableShape | undefined {
    if (slots.some((slot) => this.#collected[slot] === 0)) {
      const texts = textsOf();
      this.#collect(this.#texts === undefined ? texts : mergeTexts(this.#texts, texts));
    }
    if (++this.#misses < this.#patience) return undefined;
    this.#misses = 0;
    this.#patience = Math.min(this.#patience * 2, MAX_PATIENCE);
    if (!this.#hasNews) this.#collect(textsOf());
    this.#hasNews = false;
    this.#untilCompiled = this.#compileAfter;
    this.#compileAfter = Math.min(this.#compileAfter * 2, MAX_PATIENCE);
    return new TableShape(this.#texts!, this.#tables);
  }

  /** To be called for each line that the shape learned last has read; gives its compiled form once that pays. */
  used({ texts }: TableShape): LineShape | undefined {
    return --this.#untilCompiled < 0 ? new LineShape(texts, this.#tables) : undefined;
  }

  #collect(texts: LineTexts | undefined): void {
    if (texts === undefined) return;
    this.#texts = texts;
    this.#hasNews = true;
    this.#collected.fill(0);
    for (const slot of texts.slots) this.#collected[slot] = 1;
  }
}
