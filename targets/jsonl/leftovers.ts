import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { type Log, SystemError } from '../../singer/index.ts';
import { AppendFile, COMPANIONS } from './append-file.ts';
import { ENDING } from './compression.ts';
import type { Durability } from './disk.ts';
import { onDisk } from './errors.ts';

const OURS = new RegExp(`\\.${ENDING}$`, 'u');

/** Finishes what crashed runs left beside files that grow, also of files that this run will not touch. */
export async function clearUp(
  root: string,
  options: { readonly durability: Durability; readonly log: Log; readonly recursive: boolean },
): Promise<void> {
  const found = await onDisk(root, () => readdir(root, { recursive: options.recursive }));
  for (const name of leftBehind(found)) {
    const path = join(root, name);
    try {
      await onDisk(path, async () => (await AppendFile.open(path, { ...options, lines: false })).close());
    } catch (error) {
      if (!(error instanceof SystemError && error.code === 'file-locked')) throw error;
    }
  }
}

/** Names of files beside which a run has left something, or is just writing. Hidden files have a journal of their own. */
function leftBehind(found: readonly string[]): Set<string> {
  const names = new Set<string>();
  for (const name of found) {
    const companion = COMPANIONS.find((ending) => name.endsWith(ending));
    const file = companion && name.slice(0, -companion.length);
    if (file && OURS.test(file) && !basename(file).startsWith('.')) names.add(file);
  }
  return names;
}
