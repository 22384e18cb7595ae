/**
 * Declarations by the name that a config calls them by. Each has a file of its own, loaded only for configs that have the name: a run's start
 * would mostly be spent on the others.
 */
export interface Named<T> {
  readonly names: readonly string[];
  /** Loads those of the names that are here. To be awaited before `find` is asked for them. */
  load(names: Iterable<string>): Promise<void>;
  /** All, in the order of their names. */
  all(): Promise<readonly T[]>;
  /** Undefined: there is none of this name. Throws Error for one that was not loaded, which no config can bring about. */
  find(name: string): T | undefined;
}

/** What `sources` give: the names, and what loads the file of each. */
export function byName<T>(sources: Readonly<Record<string, () => Promise<{ readonly default: T }>>>): Named<T> {
  const names = Object.keys(sources);
  const known = new Set(names);
  const loaded = new Map<string, T>();
  const find = (name: string): T | undefined => {
    const found = loaded.get(name);
    if (found === undefined && known.has(name)) throw new Error(`${name} was asked for before it was loaded`);
    return found;
  };
  const load = async (wanted: Iterable<string>): Promise<void> => {
    const missing = [...wanted].filter((name) => known.has(name) && !loaded.has(name));
    await Promise.all(missing.map(async (name) => loaded.set(name, (await sources[name]!()).default)));
  };
  return {
    names,
    load,
    find,
    async all() {
      await load(names);
      return names.map((name) => find(name)!);
    },
  };
}
