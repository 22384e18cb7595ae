import { PLAIN } from './json-scan.ts';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** Finds a number by a name's bytes as they stand between the quotes of JSON text. */
export class NameTable {
  /** Where the closing quote of the name that was read last stands; -1 if it has none. */
  end = -1;
  /** True if that name has escapes: if it is not known, it may be a known one in a rare spelling. */
  escaped = false;
  #mask = 15;
  #items: (Item | undefined)[] = Array.from({ length: 16 });
  #count = 0;

  /** Adds one spelling of a name. */
  add(bytes: Buffer, value: number): void {
    if (++this.#count * 2 > this.#mask) this.#grow();
    this.#put({ bytes, value, hash: hashOf(bytes) });
  }

  /** The number of the name that begins at `start`, after its quote; -1 if it has none. */
  read(bytes: Uint8Array, start: number): number {
    let hash = 0;
    let at = start;
    this.escaped = false;
    for (let byte = bytes[at]!; byte !== QUOTE; byte = bytes[++at]!) {
      hash = (Math.imul(hash, 31) + byte) | 0;
      if (PLAIN[byte] === 1) continue;
      this.end = -1;
      if (byte !== BACKSLASH) return -1;
      this.escaped = true;
      hash = (Math.imul(hash, 31) + bytes[++at]!) | 0;
    }
    this.end = at;
    for (let i = slotOf(hash) & this.#mask; ; i = (i + 1) & this.#mask) {
      const item = this.#items[i];
      if (item === undefined) return -1;
      if (item.hash === hash && equals(item.bytes, bytes, start, at)) return item.value;
    }
  }

  #put(item: Item): void {
    let i = slotOf(item.hash) & this.#mask;
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

function hashOf(name: Buffer): number {
  let hash = 0;
  for (const byte of name) hash = (Math.imul(hash, 31) + byte) | 0;
  return hash;
}

/** The low bits of a sum of ASCII are alike; the high ones are mixed in. */
function slotOf(hash: number): number {
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
