import { createHash, createHmac } from 'node:crypto';
import { compress, initialState } from './sha256.ts';
import { writeUtf8 } from './utf8.ts';

const BLOCK_BYTES = 64;
const DIGEST_BYTES = 32;
/** Longer messages go to node:crypto, which is faster from about here on. */
const SHORT_BYTES = 1024;
/** A message of a single block: beside it stand the bit that ends it and its length. */
const ONE_BLOCK_BYTES = BLOCK_BYTES - 9;

/**
 * HMAC-SHA256 (RFC 2104) with one key, for many short texts: the states after the two padded keys are kept, so that a short message
 * costs two blocks.
 */
export class HmacSha256 {
  readonly #secret: Uint8Array;
  readonly #inner: Int32Array;
  readonly #outer: Int32Array;
  readonly #state = initialState();
  readonly #words = new Int32Array(16);
  readonly #message = new Uint8Array(SHORT_BYTES + 2 * BLOCK_BYTES);
  readonly #view = new DataView(this.#message.buffer);
  readonly #digest = Buffer.alloc(DIGEST_BYTES);

  constructor(secret: Uint8Array) {
    this.#secret = secret;
    this.#inner = this.#padded(0x36);
    this.#outer = this.#padded(0x5c);
  }

  /** Of the bytes of `prefix` and the UTF-8 of `text`. The returned bytes are valid until the next call. */
  digest(prefix: Uint8Array, text: string): Buffer {
    if (prefix.length + text.length <= ONE_BLOCK_BYTES && this.#takeAscii(prefix, text)) return this.#finished();
    const most = prefix.length + text.length * 3;
    if (most > SHORT_BYTES) return this.#long(prefix, text, most);
    const message = this.#message;
    for (let i = 0; i < prefix.length; i++) message[i] = prefix[i]!;
    return this.#short(writeUtf8(text, message, prefix.length));
  }

  #long(prefix: Uint8Array, text: string, most: number): Buffer {
    const bytes = new Uint8Array(most);
    bytes.set(prefix);
    const end = writeUtf8(text, bytes, prefix.length);
    return createHmac('sha256', this.#secret).update(bytes.subarray(0, end)).digest();
  }

  /** Of the first `length` bytes of `#message`. */
  #short(length: number): Buffer {
    const message = this.#message;
    const view = this.#view;
    const words = this.#words;
    const state = this.#state;
    // The padding: one bit, zeros, and the number of bits, the key's block among them.
    const blocks = (length + 9 + BLOCK_BYTES - 1) >> 6;
    const end = blocks << 6;
    message[length] = 0x80;
    for (let i = length + 1; i < end; i++) message[i] = 0;
    copy(this.#inner, state);
    for (let start = 0; start < end; start += BLOCK_BYTES) {
      for (let i = 0; i < 16; i++) words[i] = view.getInt32(start + 4 * i);
      if (start + BLOCK_BYTES === end) words[15] = (BLOCK_BYTES + length) << 3;
      compress(state, words);
    }
    return this.#finished();
  }

  /** What `#short` does for a message of one block, when the text is ASCII: straight into words. False if it is not. */
  #takeAscii(prefix: Uint8Array, text: string): boolean {
    const words = this.#words;
    const before = prefix.length;
    const length = before + text.length;
    let word = 0;
    let at = 0;
    for (; at < before; at++) {
      word = (word << 8) | prefix[at]!;
      if ((at & 3) === 3) words[at >> 2] = word;
    }
    for (let i = 0; at < length; at++, i++) {
      const unit = text.charCodeAt(i);
      if (unit >= 0x80) return false;
      word = (word << 8) | unit;
      if ((at & 3) === 3) words[at >> 2] = word;
    }
    // The bit that ends the message, in the next byte, then zeros.
    words[length >> 2] = ((word << 8) | 0x80) << (24 - 8 * (length & 3));
    for (let i = (length >> 2) + 1; i < 15; i++) words[i] = 0;
    words[15] = (BLOCK_BYTES + length) << 3;
    copy(this.#inner, this.#state);
    compress(this.#state, words);
    return true;
  }

  /** Takes the hash of the message, which is the state, into the outer hash. */
  #finished(): Buffer {
    const state = this.#state;
    const words = this.#words;
    const digest = this.#digest;
    copy(state, words);
    words[8] = 0x80000000 | 0;
    for (let i = 9; i < 15; i++) words[i] = 0;
    words[15] = (BLOCK_BYTES + DIGEST_BYTES) << 3;
    copy(this.#outer, state);
    compress(state, words);
    for (let i = 0; i < 8; i++) {
      const word = state[i]!;
      digest[4 * i] = word >>> 24;
      digest[4 * i + 1] = word >>> 16;
      digest[4 * i + 2] = word >>> 8;
      digest[4 * i + 3] = word;
    }
    return digest;
  }

  /** The state after the key, each byte of it changed by `pad`. */
  #padded(pad: number): Int32Array {
    const secret = this.#secret.length > BLOCK_BYTES ? createHash('sha256').update(this.#secret).digest() : this.#secret;
    const words = this.#words.fill(0);
    for (let at = 0; at < BLOCK_BYTES; at++) words[at >> 2]! |= ((secret[at] ?? 0) ^ pad) << (24 - 8 * (at & 3));
    const state = initialState();
    compress(state, words);
    return state;
  }
}

/** Eight words. `set` of a typed array costs more for so few. */
function copy(from: Int32Array, to: Int32Array): void {
  for (let i = 0; i < 8; i++) to[i] = from[i]!;
}
