/** Finds a number by a name's bytes as they stand between the quotes of JSON text. */
export class NameTable {
  #mask = 15;
  #items: (Item | undefined)[] = Array.from({ length: 16 });
  #count = 0;

  /** Adds one spelling of a name. */
  add(bytes: Buffer, value: number): void {
    if (++this.#count * 2 > this.#mask) this.#grow();
    this.#put({ bytes, value, hash: hashOf(bytes, 0, bytes.length) });
  }

  /** The number of the name `bytes[start..end)`; -1 if it has none. */
  find(bytes: Uint8Array, start: number, end: number): number {
    const hash = hashOf(bytes, start, end);
    for (let i = hash & this.#mask; ; i = (i + 1) & this.#mask) {
      const item = this.#items[i];
      if (item === undefined) return -1;
      if (item.hash === hash && equals(item.bytes, bytes, start, end)) return item.value;
    }
  }

  #put(item: Item): void {
    let i = item.hash & this.#mask;
    while (this.#items[i] !== undefined) i = (i + 1) & this.#mask;
    this.#items[i] = item;
  }

  #grow(): void {
    const items = this.#items;
    this.#mask = this.#mask * 2 + 1;
    this.#items = Array.from({ length: this.#mask + 1 });
    for (const item of items) if (item !== undefined) this.#put(item);
  }
}

interface Item {
  readonly bytes: Buffer;
  readonly value: number;
  readonly hash: number;
}

function hashOf(bytes: Uint8Array, start: number, end: number): number {
  let hash = end - start;
  for (let at = start; at < end; at++) hash = (Math.imul(hash, 31) + bytes[at]!) | 0;
  // The low bits of a sum of ASCII are alike; the high ones are mixed in.
  return hash ^ (hash >>> 15);
}

function equals(name: Buffer, bytes: Uint8Array, start: number, end: number): boolean {
  if (name.length !== end - start) return false;
  for (let i = 0; i < name.length; i++) if (name[i] !== bytes[start + i]) return false;
  return true;
}

/** The spellings of a name in JSON that writers use: as UTF-8, and with everything beyond ASCII escaped. Without the quotes. */
export function spellings(name: string): Buffer[] {
  const json = JSON.stringify(name).slice(1, -1);
  const ascii = json.replaceAll(/[^\0-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
  return [...new Set([json, ascii])].map((spelling) => Buffer.from(spelling));
}
