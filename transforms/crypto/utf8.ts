/**
 * Writes text as UTF-8 from `at` on and gives where it ends; `bytes` has room for three per code unit. A lone surrogate, which has no
 * UTF-8, is written as the three bytes that its number would have (as WTF-8 does), so that two different ones stay different.
 */
export function writeUtf8(text: string, bytes: Uint8Array, at: number): number {
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0x80) bytes[at++] = unit;
    else if (unit < 0x800) {
      bytes[at++] = 0xc0 | (unit >> 6);
      bytes[at++] = 0x80 | (unit & 0x3f);
    } else {
      const point = isHigh(unit) ? text.codePointAt(i)! : unit;
      if (point > 0xffff) {
        bytes[at++] = 0xf0 | (point >> 18);
        bytes[at++] = 0x80 | ((point >> 12) & 0x3f);
        i++;
      } else bytes[at++] = 0xe0 | (point >> 12);
      bytes[at++] = 0x80 | ((point >> 6) & 0x3f);
      bytes[at++] = 0x80 | (point & 0x3f);
    }
  }
  return at;
}

function isHigh(unit: number): boolean {
  return (unit & 0xfc00) === 0xd800;
}
