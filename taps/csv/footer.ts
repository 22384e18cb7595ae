import { breakLength } from './marks.ts';
import type { ByteSource } from './source.ts';

const CHUNK_BYTES = 64 * 1024;

/**
 * The source without its last `lines` lines, empty ones not counted. Holds them back until more bytes come, so what is given has
 * no footer at any time, and a file that grows gives as rows what was its footer.
 */
export function withoutFooter(source: ByteSource, lines: number, rowBreak: Buffer | undefined): ByteSource {
  let held = Buffer.allocUnsafe(CHUNK_BYTES * 2);
  let start = 0;
  /** `held[start..ready)` is before the footer. */
  let ready = 0;
  let end = 0;
  return {
    async read(target, offset, length) {
      while (start === ready) {
        held.copyWithin(0, start, end);
        end -= start;
        start = ready = 0;
        if (held.length - end < CHUNK_BYTES) held = Buffer.concat([held.subarray(0, end)], held.length * 2);
        const got = await source.read(held, end, held.length - end);
        if (got === 0) return 0;
        end += got;
        ready = footerStart(held, end, lines, rowBreak);
      }
      const count = Math.min(length, ready - start);
      held.copy(target, offset, start, start + count);
      start += count;
      return count;
    },
    close: () => source.close(),
  };
}

/** Where the last `lines` lines with text begin. */
function footerStart(bytes: Buffer, end: number, lines: number, rowBreak: Buffer | undefined): number {
  let found = 0;
  let textFrom = end;
  const longest = rowBreak?.length ?? 1;
  for (let at = end - longest; at >= 0; at--) {
    const length = breakLength(bytes, at, end, rowBreak);
    if (length === 0) continue;
    // CRLF is found twice: nothing stands between its characters.
    if (at + length < textFrom && ++found === lines) return at + length;
    textFrom = at;
  }
  return 0;
}
