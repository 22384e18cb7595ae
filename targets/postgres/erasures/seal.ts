import { createCipheriv, createDecipheriv, createHmac, randomBytes } from 'node:crypto';

const CIPHER = 'aes-256-gcm';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** A name of a person: a column of requests, and its value. */
export type Name = readonly [column: string, value: string];

/** Names that the log keeps for whoever has the key of the hashes, and for nobody else (AES-256-GCM). */
export class Seal {
  readonly #key: Buffer;

  constructor(key: string) {
    this.#key = createHmac('sha256', key).update('names in the log of erasures').digest();
  }

  close(name: Name): string {
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv(CIPHER, this.#key, nonce);
    const text = Buffer.concat([cipher.update(JSON.stringify(name)), cipher.final()]);
    return Buffer.concat([nonce, cipher.getAuthTag(), text]).toString('base64url');
  }

  /** Undefined if it was sealed with another key, or is none. */
  open(sealed: string): Name | undefined {
    const bytes = Buffer.from(sealed, 'base64url');
    try {
      const decipher = createDecipheriv(CIPHER, this.#key, bytes.subarray(0, NONCE_BYTES));
      decipher.setAuthTag(bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES));
      const text = Buffer.concat([decipher.update(bytes.subarray(NONCE_BYTES + TAG_BYTES)), decipher.final()]);
      return JSON.parse(text.toString('utf8')) as Name;
    } catch {
      return undefined;
    }
  }
}
