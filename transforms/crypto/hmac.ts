import { createHash } from 'node:crypto';
import { compress, initialState } from './sha256.ts';
import { writeUtf8 } from './utf8.ts';

const BLOCK_BYTES = 64;
const DIGEST_BYTES = 32;
const DIGEST_WORDS = 8;
const BLOCK_WORDS = 16;
/** The first of the two that hold the length. */
const LENGTH_WORD = 14;
/** Room for texts that is kept. */
const SHORT_BYTES = 1024;
const HEX_DIGITS = Buffer.from('0123456789abcdef');

/** HMAC-SHA256 (RFC 2104) with one key. */
export class HmacSha256 {
  readonly #inner: Int32Array;
  readonly #outer: Int32Array;

  constructor(secret: Uint8Array) {
    const short = secret.length > BLOCK_BYTES ? createHash('sha256').update(secret).digest() : secret;
    this.#inner = afterKey(short, 0x36);
    this.#outer = afterKey(short, 0x5c);
  }

  /** Of texts that come after this. */
  after(prefix: Uint8Array): Mac {
    return new Mac(this.#inner, this.#outer, prefix);
  }
}

/**
 * HMAC-SHA256 of many short texts, each after the same prefix. The states after the padded keys and the prefix are kept, so that a text
 * of usual length costs two blocks.
 */
export class Mac {
  readonly #outer: Int32Array;
  /** The state and the words of the open block after the prefix, and what `#word` is then. */
  readonly #startState: Int32Array;
  readonly #startWords: Int32Array;
  readonly #startWord: number;
  readonly #prefixBytes: number;
  /** The hash under way: its state, the words of the open block, the bytes since the key, and the last ones that fill no word. */
  readonly #state: Int32Array;
  readonly #words = new Int32Array(BLOCK_WORDS);
  #bytes = 0;
  #word = 0;
  readonly #text = new Uint8Array(SHORT_BYTES);
  readonly #digest = Buffer.alloc(DIGEST_BYTES);
  readonly #digestView = new DataView(this.#digest.buffer, this.#digest.byteOffset, DIGEST_BYTES);

  constructor(inner: Int32Array, outer: Int32Array, prefix: Uint8Array) {
    this.#outer = outer;
    this.#state = Int32Array.from(inner);
    this.#add(prefix, 0, prefix.length);
    this.#startState = Int32Array.from(this.#state);
    this.#startWords = Int32Array.from(this.#words);
    this.#startWord = this.#word;
    this.#prefixBytes = this.#bytes;
  }

  /** Of a text, as UTF-8. The returned bytes are valid until the next call. */
  digest(text: string): Buffer {
    const most = text.length * 3;
    const bytes = most <= SHORT_BYTES ? this.#text : new Uint8Array(most);
    this.#hash(bytes, 0, writeUtf8(text, bytes, 0));
    for (let i = 0; i < DIGEST_WORDS; i++) this.#digestView.setInt32(4 * i, this.#state[i]!);
    return this.#digest;
  }

  /** The first digits of the digest of `bytes[start..end)`, in hexadecimal, written to `out` from `at` on. */
  writeHex(bytes: Uint8Array, start: number, end: number, digits: number, out: Uint8Array, at: number): void {
    this.#hash(bytes, start, end);
    const state = this.#state;
    for (let i = 0; i < digits; i++) out[at + i] = HEX_DIGITS[(state[i >> 3]! >>> (28 - 4 * (i & 7))) & 15]!;
  }

  /** Leaves the digest of `bytes[start..end)` in `#state`. */
  #hash(bytes: Uint8Array, start: number, end: number): void {
    const state = this.#state;
    const words = this.#words;
    copy(this.#startState, state, DIGEST_WORDS);
    copy(this.#startWords, words, BLOCK_WORDS);
    this.#word = this.#startWord;
    this.#bytes = this.#prefixBytes;
    this.#add(bytes, start, end);
    this.#finish();
    copy(state, words, DIGEST_WORDS);
    copy(this.#outer, state, DIGEST_WORDS);
    this.#word = 0;
    this.#bytes = DIGEST_BYTES;
    this.#finish();
  }

  /** Takes bytes into the hash under way. */
  #add(bytes: Uint8Array, start: number, end: number): void {
    const words = this.#words;
    let word = this.#word;
    let count = this.#bytes;
    for (let at = start; at < end; at++) {
      word = (word << 8) | bytes[at]!;
      if ((++count & 3) !== 0) continue;
      words[((count >> 2) - 1) & (BLOCK_WORDS - 1)] = word;
      if ((count & (BLOCK_BYTES - 1)) === 0) compress(this.#state, words);
    }
    this.#word = word;
    this.#bytes = count;
  }

  /** The padding: one bit, zeros, and the number of bits, the key's block among them (FIPS 180-4, 5.1.1). */
  #finish(): void {
    const words = this.#words;
    const count = this.#bytes;
    let next = (count >> 2) & (BLOCK_WORDS - 1);
    words[next++] = ((this.#word << 8) | 0x80) << (8 * (3 - (count & 3)));
    if (next > LENGTH_WORD) {
      while (next < BLOCK_WORDS) words[next++] = 0;
      compress(this.#state, words);
      next = 0;
    }
    while (next < LENGTH_WORD) words[next++] = 0;
    words[LENGTH_WORD] = (BLOCK_BYTES + count) >>> 29;
    words[LENGTH_WORD + 1] = (BLOCK_BYTES + count) << 3;
    compress(this.#state, words);
  }
}

/** The state after the key, each byte of it changed by `pad`. */
function afterKey(key: Uint8Array, pad: number): Int32Array {
  const words = new Int32Array(BLOCK_WORDS);
  for (let at = 0; at < BLOCK_BYTES; at++) words[at >> 2]! |= ((key[at] ?? 0) ^ pad) << (24 - 8 * (at & 3));
  const state = initialState();
  compress(state, words);
  return state;
}

/** `set` of a typed array costs more for so few. */
function copy(from: Int32Array, to: Int32Array, count: number): void {
  for (let i = 0; i < count; i++) to[i] = from[i]!;
}
