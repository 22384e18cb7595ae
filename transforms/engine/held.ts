/** A rule that holds records back, as far as lines after them are concerned. */
export interface Holder {
  readonly taken: number;
  readonly released: number;
}

interface HeldLine {
  readonly line: Buffer;
  /** What must be out before it. */
  readonly after: readonly { readonly holder: Holder; readonly taken: number }[];
}

/** Lines (STATE, ACTIVATE_VERSION) that wait for records which came before them. They leave in the order in which they came. */
export class Held {
  #lines: HeldLine[] = [];

  get isEmpty(): boolean {
    return this.#lines.length === 0;
  }

  /** Gives true if the line has to wait; it is copied then. */
  add(line: Buffer, holders: readonly Holder[]): boolean {
    const after = holders.filter(isHolding).map((holder) => ({ holder, taken: holder.taken }));
    if (after.length === 0 && this.isEmpty) return false;
    this.#lines.push({ line: Buffer.from(line), after });
    return true;
  }

  /** Takes the lines that need not wait any more. */
  take(): Buffer[] {
    const ready: Buffer[] = [];
    for (const { line, after } of this.#lines) {
      if (after.some(({ holder, taken }) => holder.released < taken)) break;
      ready.push(line);
    }
    this.#lines = this.#lines.slice(ready.length);
    return ready;
  }
}

function isHolding({ taken, released }: Holder): boolean {
  return released < taken;
}
