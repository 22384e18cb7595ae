const SURROGATE = /[\uD800-\uDFFF]/;

/** True if the text has characters that are two units of UTF-16. */
export function hasAstral(text: string): boolean {
  return SURROGATE.test(text);
}

/** The characters of a text, one per code point. */
export function fromCodePoints(text: string): string[] {
  return Array.from(text);
}

/** An index in UTF-16 units as one in code points; -1 stays. */
export function codePointIndex(text: string, unit: number): number {
  return unit <= 0 || !hasAstral(text) ? unit : Array.from(text.slice(0, unit)).length;
}

/** Where a slice begins, ends, and how it goes on, by the rules of Python. `step` is not 0. */
export function sliceBounds(
  length: number,
  { start, stop, step }: { start: number | undefined; stop: number | undefined; step: number },
): { first: number; end: number } {
  const low = step < 0 ? -1 : 0;
  const high = step < 0 ? length - 1 : length;
  const bound = (index: number | undefined, otherwise: number): number => {
    if (index === undefined) return otherwise;
    return index < 0 ? Math.max(index + length, low) : Math.min(index, high);
  };
  return step < 0 ? { first: bound(start, high), end: bound(stop, low) } : { first: bound(start, low), end: bound(stop, high) };
}

/** The items of a slice. */
export function slice<T>(
  items: readonly T[],
  bounds: { start: number | undefined; stop: number | undefined; step: number },
): readonly T[] {
  const { first, end } = sliceBounds(items.length, bounds);
  if (bounds.step === 1) return items.slice(first, Math.max(first, end));
  const taken: T[] = [];
  for (let i = first; bounds.step > 0 ? i < end : i > end; i += bounds.step) taken.push(items[i]!);
  return taken;
}
