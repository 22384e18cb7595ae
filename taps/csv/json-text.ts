import type { Out } from '../../singer/tap/index.ts';
import { putControl } from '../../singer/tap/index.ts';

/** Appends UTF-8 text as the inside of a JSON string, the same bytes that JSON.stringify gives. */
export function appendJsonText(out: Out, text: Uint8Array, start: number, end: number): void {
  // Six bytes for each in the worst case; a long text is rarely that bad, so it is taken in pieces.
  for (let from = start; from < end; from += 8192) {
    const to = Math.min(end, from + 8192);
    out.ensure((to - from) * 6);
    const bytes = out.bytes;
    let p = out.used;
    for (let i = from; i < to; i++) {
      const byte = text[i]!;
      if (byte >= 32 && byte !== 0x22 && byte !== 0x5c) bytes[p++] = byte;
      else if (byte < 32) p = putControl(bytes, p, byte);
      else {
        bytes[p++] = 0x5c;
        bytes[p++] = byte;
      }
    }
    out.used = p;
  }
}

/** Writes a whole number that is not negative in decimal; gives the new position. */
export function putInteger(target: Uint8Array, at: number, value: number): number {
  let digits = 1;
  for (let rest = value; rest >= 10; rest = Math.floor(rest / 10)) digits++;
  let rest = value;
  for (let p = at + digits - 1; p >= at; p--) {
    const next = Math.floor(rest / 10);
    target[p] = 0x30 + (rest - next * 10);
    rest = next;
  }
  return at + digits;
}
