/** Remembers what was made of the last so many different values; bounded, so that values without end cost no more than making them. */
export class Recent<K, V> {
  readonly #most: number;
  #young = new Map<K, V>();
  #old = new Map<K, V>();

  /** `most`: values that are remembered at least; twice as many at most. */
  constructor(most: number) {
    this.#most = most;
  }

  get(key: K, make: () => V): V {
    const young = this.#young.get(key);
    if (young !== undefined || this.#young.has(key)) return young!;
    const value = this.#old.has(key) ? this.#old.get(key)! : make();
    // Two generations: cheaper than an order of use, and nearly as good.
    if (this.#young.size >= this.#most) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(key, value);
    return value;
  }
}
