import { isUtf8 } from 'node:buffer';

/** Offset of the first byte of `bytes[start..end)` that is not part of a valid UTF-8 character; `end` if there is none. */
export function badByte(bytes: Uint8Array, start: number, end: number): number {
  let at = start;
  for (const step of [65_536, 2_048, 64]) {
    while (at + step < end) {
      let cut = at + step;
      // Not inside a character: continuation bytes begin with the bits 10.
      while (cut > at && (bytes[cut]! & 0xc0) === 0x80) cut--;
      if (cut === at || !isUtf8(bytes.subarray(at, cut))) break;
      at = cut;
    }
  }
  while (at < end) {
    let length = 1;
    while (length <= 4 && at + length <= end && !isUtf8(bytes.subarray(at, at + length))) length++;
    if (length > 4 || at + length > end) return at;
    at += length;
  }
  return end;
}
