/** A group of digits in a text. */
export interface Group {
  readonly start: number;
  readonly end: number;
}

/** Groups of digits with nothing but a separator between them: what stands between two must match `separator`, which takes four signs at most. */
export function digitRuns(text: string, separator: RegExp): readonly Group[][] {
  const runs: Group[][] = [];
  for (const { 0: digits, index: start } of text.matchAll(/\d+/g)) {
    const group = { start, end: start + digits.length };
    const run = runs.at(-1);
    const before = run?.at(-1)?.end ?? 0;
    if (run !== undefined && start - before <= 4 && separator.test(text.slice(before, start))) run.push(group);
    else runs.push([group]);
  }
  return runs;
}
