/** From this length on the runtime's own copy is cheaper than a loop, its call included. */
const LONG_BYTES = 48;

/** Copies `source[start..end)` to `target[at..]`, which has room; gives the new position. */
export function copyBytes(target: Uint8Array, at: number, source: Buffer, start: number, end: number): number {
  const stop = at + end - start;
  if (end - start < LONG_BYTES) for (let from = start, to = at; to < stop; from++, to++) target[to] = source[from]!;
  else source.copy(target, at, start, end);
  return stop;
}
