/**
 * Counts 64-bit numbers: a table with open addressing, three words an entry, at most two thirds full. Should two rows share the
 * 64 bits, one gets a higher number than it has identical rows; its key is unique and the same in every run all the same.
 */
export class Counts {
  #size = 1024;
  #used = 0;
  #words = new Uint32Array(this.#size * 3);

  /** Different numbers so far. */
  get size(): number {
    return this.#used;
  }

  /** How often this number has been added, this time included. */
  add(low: number, high: number): number {
    if (this.#used * 3 > this.#size * 2) this.#grow();
    const at = this.#find(low, high);
    if (this.#words[at + 2] === 0) this.#used++;
    this.#words[at] = low;
    this.#words[at + 1] = high;
    return ++this.#words[at + 2]!;
  }

  #find(low: number, high: number): number {
    let slot = low & (this.#size - 1);
    for (;;) {
      const at = slot * 3;
      if (this.#words[at + 2] === 0 || (this.#words[at] === low && this.#words[at + 1] === high)) return at;
      slot = (slot + 1) & (this.#size - 1);
    }
  }

  #grow(): void {
    const old = this.#words;
    this.#size *= 2;
    this.#words = new Uint32Array(this.#size * 3);
    for (let at = 0; at < old.length; at += 3) {
      if (old[at + 2] === 0) continue;
      this.#words.set(old.subarray(at, at + 3), this.#find(old[at]!, old[at + 1]!));
    }
  }
}
