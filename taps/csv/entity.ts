import type { Entry } from './entries.ts';
import type { FoundFile } from './files.ts';
import { placeOf } from './place.ts';

const PLACEHOLDER = /\{(\w+)\}/g;

/** True if the name of the stream depends on the file. */
export function isTemplate(entity: string): boolean {
  return /\{\w*\}/.test(entity);
}

/** What is wrong with the name of the stream: the setting and why. */
export function entityProblems(entry: Pick<Entry, 'entity' | 'entity_pattern'>): { setting: string; message: string }[] {
  const { entity, entity_pattern } = entry;
  if (entity === '') return [{ setting: 'entity', message: 'must not be empty' }];
  let groups: readonly string[] = [];
  if (entity_pattern !== undefined) {
    try {
      groups = groupsOf(entity_pattern);
    } catch {
      return [{ setting: 'entity_pattern', message: 'is not a regular expression' }];
    }
  }
  if (entity.includes('{}')) return [{ setting: 'entity', message: 'holds {} without a name' }];
  const known = new Set(['stem', 'name', 'dir', ...groups]);
  return [...entity.matchAll(PLACEHOLDER)]
    .map((match) => match[1]!)
    .filter((name) => !known.has(name) && !/^dir[1-9]$/.test(name))
    .map((name) => ({
      setting: 'entity',
      message: `holds {${name}}, which is none of {stem}, {name}, {dir} to {dir9} and the groups of entity_pattern`,
    }));
}

/** Numbers and names of an expression's groups. */
function groupsOf(pattern: string): string[] {
  // With an empty alternative it matches, and tells its groups.
  const match = new RegExp(`${pattern}|`, 'u').exec('');
  return match === null
    ? []
    : [...match.keys()]
        .slice(1)
        .map(String)
        .concat(Object.keys(match.groups ?? {}));
}

/**
 * The stream a file belongs to. Undefined if the pattern does not match, or nothing is left of the name. What may not stand in a
 * name (control characters, slashes) becomes `_`.
 */
export function streamNameOf(entry: Pick<Entry, 'entity' | 'entity_pattern'>, file: Pick<FoundFile, 'key'>): string | undefined {
  const { entity, entity_pattern } = entry;
  const place = placeOf(file.key);
  let groups: Record<string, string | undefined> = {};
  if (entity_pattern !== undefined) {
    const match = new RegExp(entity_pattern, 'u').exec(file.key);
    if (match === null) return undefined;
    groups = { ...Object.fromEntries([...match].entries()), ...match.groups };
  }
  if (!isTemplate(entity)) return entity;
  const values: Readonly<Record<string, string | undefined>> = { ...place.values, ...groups };
  const name = entity.replace(PLACEHOLDER, (_, variable: string) => values[variable] ?? '').replace(/[\p{Cc}/\\]/gu, '_');
  return name.trim() === '' ? undefined : name.trim();
}
