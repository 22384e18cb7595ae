/** A rule that holds records back, as far as lines after them are concerned. */
export interface Holder {
  readonly taken: number;
  readonly released: number;
}

/** How far the records before a line have come in one chain of holders, each of which feeds the next. */
interface Progress {
  readonly chain: readonly Holder[];
  at: number;
  /** What the holder at `at` must have released. */
  mark: number;
}

/** So many lines are kept as they are; of more than these, every other STATE goes that has another right after it. */
const MOST_LINES = 1024;

interface HeldLine {
  readonly line: Buffer;
  readonly isState: boolean;
  /** What must be out before it. */
  readonly after: readonly Progress[];
}

/** Lines (STATE, ACTIVATE_VERSION) that wait for records which came before them. They leave in the order in which they came. */
export class Held {
  #lines: HeldLine[] = [];
  #limit = MOST_LINES;

  get size(): number {
    return this.#lines.length;
  }

  /** Gives true if the line has to wait; it is copied then. */
  add(line: Buffer, chains: readonly (readonly Holder[])[], isState: boolean): boolean {
    const after = chains.map((chain) => ({ chain, at: 0, mark: chain[0]!.taken })).filter((progress) => !isThrough(progress));
    if (after.length === 0 && this.size === 0) return false;
    this.#lines.push({ line: Buffer.from(line), isState, after });
    if (this.size >= this.#limit) this.#thin();
    return true;
  }

  /** A STATE says all that the ones before it do, so that the run may do without some of them. */
  #thin(): void {
    this.#lines = this.#lines.filter(({ isState }, i) => !(isState && i % 2 === 0 && this.#lines[i + 1]?.isState === true));
    this.#limit = Math.max(MOST_LINES, this.size * 2);
  }

  /** Takes the lines that need not wait any more. */
  take(): Buffer[] {
    const ready: Buffer[] = [];
    for (const { line, after } of this.#lines) {
      // All chains are asked: each goes on by itself.
      if (after.filter((progress) => !isThrough(progress)).length > 0) break;
      ready.push(line);
    }
    if (ready.length > 0) this.#lines = this.#lines.slice(ready.length);
    return ready;
  }
}

/** What a holder has released is with the next one by then, which has to release all that it has taken so far. */
function isThrough(progress: Progress): boolean {
  const { chain } = progress;
  while (progress.at < chain.length) {
    if (chain[progress.at]!.released < progress.mark) return false;
    progress.at++;
    progress.mark = chain[progress.at]?.taken ?? 0;
  }
  return true;
}
