import { cpSync, readdirSync, symlinkSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { root } from './processes.ts';
import { temporaryFolder } from './tmp.ts';

/** What git ignores or keeps for itself; a clone has none of it. */
const NOT_CLONED: ReadonlySet<string> = new Set(['.git', '.cache', '.meltano', 'dist', 'node_modules', 'output', 'coverage']);

/**
 * A copy of the project as a clone would have it, with the packages linked in, so that commands can compile and write there
 * while other tests use the original. Removed after the tests of this file.
 */
export function cloneProject(): string {
  const folder = join(temporaryFolder(), 'a clone');
  cpSync(root, folder, { recursive: true, filter: (source) => !NOT_CLONED.has(relative(root, source).split(sep)[0] ?? '') });
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  return folder;
}

/** Every file of a clone that git would show, as paths from its root. */
export function visibleFiles(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .filter((path) => !NOT_CLONED.has(path.split(sep)[0] ?? ''))
    .sort();
}
