import type { Problem } from '../../../singer/tap/index.ts';

/** What the settings name, taken apart. Names are compared without regard to case, as GitHub does. */
export interface Wanted {
  /** In full: `owner/name`. */
  readonly named: readonly string[];
  /** Owners whose repositories are listed, each with the patterns that a full name must match one of. */
  readonly owners: ReadonlyMap<string, readonly RegExp[]>;
  /** Patterns of what is left out. */
  readonly excluded: readonly RegExp[];
}

const NAME = /^(?!\.{1,2}$)[\w.-]+$/;
const PATTERN = /^(?!\.{1,2}$)[\w.*-]+$/;

/** Reads names and patterns, each with the setting that it stands in; what is none goes to `problems`. */
export function wanted(given: readonly (readonly [path: string, name: string])[], problems: Problem[]): Wanted {
  const named: string[] = [];
  const owners = new Map<string, RegExp[]>();
  const excluded: RegExp[] = [];
  for (const [path, text] of given) {
    const exclusion = text.startsWith('!');
    const parts = (exclusion ? text.slice(1) : text).trim().split('/');
    const [owner = '', name = ''] = parts;
    const fine = parts.length === 2 && (exclusion ? PATTERN.test(owner) : NAME.test(owner)) && PATTERN.test(name);
    if (!fine)
      problems.push({ path, message: 'must be owner/name, owner/* or !owner/name, with * for any characters of the name' });
    else if (exclusion) excluded.push(patternOf(owner, name));
    else if (!name.includes('*')) named.push(`${owner}/${name}`);
    else owners.set(owner, [...(owners.get(owner) ?? []), patternOf(owner, name)]);
  }
  return { named, owners, excluded };
}

function patternOf(owner: string, name: string): RegExp {
  const source = `${owner}/${name}`
    .split('*')
    .map((part) => part.replaceAll(/[.\\/-]/g, String.raw`\$&`))
    .join('[^/]*');
  return new RegExp(`^${source}$`, 'i');
}
