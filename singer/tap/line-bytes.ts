/** What taps write RECORD lines with that make no object of a record. */

const HEX = Buffer.from('0123456789abcdef');
/** The control characters that JSON.stringify writes with a letter. */
const LETTERS: Readonly<Record<number, number>> = { 8: 0x62, 9: 0x74, 10: 0x6e, 12: 0x66, 13: 0x72 };

/** For each byte below 32: the letter after the backslash, or 0 for `\u00XX`. */
export const SHORT: Uint8Array = Uint8Array.from({ length: 32 }, (_, byte) => LETTERS[byte] ?? 0);

/** Writes a control character as JSON.stringify does. Needs six bytes of room; gives the new position. */
export function putControl(target: Uint8Array, at: number, byte: number): number {
  target[at] = 0x5c;
  const letter = SHORT[byte]!;
  if (letter !== 0) {
    target[at + 1] = letter;
    return at + 2;
  }
  target[at + 1] = 0x75;
  target[at + 2] = 0x30;
  target[at + 3] = 0x30;
  target[at + 4] = HEX[byte >> 4]!;
  target[at + 5] = HEX[byte & 15]!;
  return at + 6;
}

export interface Words {
  /** All texts, each padded to whole words of four bytes. */
  readonly flat: Uint32Array;
  /** Where each text begins in `flat`; one more entry for the end. */
  readonly from: Int32Array;
  /** Length of each text in bytes. */
  readonly bytes: Int32Array;
  readonly longest: number;
}

/** Constant texts are copied four bytes at a time: half the cost of a byte loop, and cheaper than `set` for short ones. */
export function words(texts: readonly Buffer[]): Words {
  const flat: number[] = [];
  const from: number[] = [0];
  for (const text of texts) {
    const padded = Buffer.alloc(Math.ceil(text.length / 4) * 4);
    text.copy(padded);
    for (let at = 0; at < padded.length; at += 4) flat.push(padded.readUInt32LE(at));
    from.push(flat.length);
  }
  return {
    flat: Uint32Array.from(flat),
    from: Int32Array.from(from),
    bytes: Int32Array.from(texts, (text) => text.length),
    longest: Math.max(0, ...texts.map((text) => text.length)),
  };
}
