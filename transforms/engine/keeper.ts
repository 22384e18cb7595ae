/** Gives what `make` makes on the first call with a name, and keeps it for the next ones; undefined is not kept. */
export type Keep = <T>(name: string, make: () => T) => T;

export function keeper(): Keep {
  const kept = new Map<string, unknown>();
  return <T>(name: string, make: () => T): T => {
    if (kept.has(name)) return kept.get(name) as T;
    const made = make();
    if (made !== undefined) kept.set(name, made);
    return made;
  };
}
