/** Below this a loop is cheaper than the object that stands for a part of a buffer. */
const SHORT_BYTES = 400;

/** Copies `source[start..end)` to `target[at..]`, which has room; gives the new position. */
export function copyBytes(target: Uint8Array, at: number, source: Uint8Array, start: number, end: number): number {
  const stop = at + end - start;
  if (end - start < SHORT_BYTES) for (let from = start, to = at; to < stop; from++, to++) target[to] = source[from]!;
  else target.set(source.subarray(start, end), at);
  return stop;
}
