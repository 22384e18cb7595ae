import type { Setting, Settings } from '../settings.ts';

/** Settings as they were given: names not yet checked, values not yet cast. */
export type Given = Readonly<Record<string, unknown>>;

/**
 * One source's settings under their own names: aliases resolved and `a.b` keys nested, at this level only. The own name
 * wins over an alias, a nested object is joined with dotted keys. Names that no setting has stay as they are.
 */
export function canonical(settings: Settings, given: Given): Given {
  const names = aliasTable(settings);
  const own = new Map<string, unknown>();
  const aliased = new Map<string, unknown>();
  const dotted: [path: string[], value: unknown][] = [];
  for (const [key, value] of Object.entries(given)) {
    if (Object.hasOwn(settings, key)) own.set(key, value);
    else if (names.has(key)) aliased.set(names.get(key)!, value);
    else {
      const path = key.split('.');
      const first = names.get(path[0]!);
      if (path.length > 1 && first !== undefined && takesObject(settings[first]!))
        dotted.push([[first, ...path.slice(1)], value]);
      else own.set(key, value);
    }
  }
  for (const [name, value] of aliased) if ((own.get(name) ?? null) === null) own.set(name, value);
  for (const [[first, ...rest], value] of dotted) own.set(first!, withPath(own.get(first!), rest, value));
  return Object.fromEntries(own);
}

/** Every accepted name to the setting's own name. */
export function aliasTable(settings: Settings): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  for (const [name, setting] of Object.entries(settings)) {
    names.set(name, name);
    for (const alias of setting.aliases ?? []) if (!names.has(alias)) names.set(alias, name);
  }
  return names;
}

export function typesOf(setting: Setting): readonly string[] {
  return typeof setting.type === 'string' ? [setting.type] : setting.type;
}

/** `base` with `value` at `path`; what is on the way and not an object gives way. */
export function withPath(base: unknown, path: readonly string[], value: unknown): unknown {
  const [name, ...rest] = path;
  if (name === undefined) return value;
  const members = isObject(base) ? base : {};
  // A computed key in a literal makes an own member even for `__proto__`.
  return { ...members, [name]: withPath(Object.hasOwn(members, name) ? members[name] : undefined, rest, value) };
}

export function isObject(value: unknown): value is Given {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function takesObject(setting: Setting): boolean {
  return typesOf(setting).includes('object');
}
