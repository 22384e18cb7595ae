import { rename, truncate, unlink } from 'node:fs/promises';
import { dirname, relative, sep } from 'node:path';
import { compressFile } from './compression.ts';
import { sumOf } from './measure.ts';
import { type Durability, hidden, sizeOf, syncFolder, withFile } from './disk.ts';

/** A hidden file that is safe up to `bytes`, and the name under which readers shall find it. */
export interface Part {
  /** Relative to the destination folder, with slashes. */
  readonly part: string;
  readonly file: string;
  readonly streams: readonly string[];
  readonly rows: number;
  readonly bytes: number;
  readonly sha256?: string;
  /** Level of brotli, for a file that is compressed now that it is complete. */
  readonly brotli?: number;
}

/** What stands under the name at the end. */
export interface Published {
  readonly bytes: number;
  readonly sha256?: string;
}

/**
 * Gives a part its name, in one step for readers; what stands behind its safe bytes is cut off before. May be done again after
 * a crash. The folder is not synced: see `syncFoldersOf`. Gives undefined if the file was published before and has been moved away.
 */
export async function publish(
  part: Part,
  { from, to }: { readonly from: string; readonly to: string },
  durability: Durability,
): Promise<Published | undefined> {
  const size = await sizeOf(from);
  if (size === undefined) return (await sizeOf(to)) === undefined ? undefined : published(part, to);
  if (size > part.bytes) await truncate(from, part.bytes);
  if (part.brotli === undefined) {
    await rename(from, to);
    return asItIs(part);
  }
  const packed = hidden(to, '.packed');
  await compressFile(from, packed, part.brotli);
  if (durability === 'fsync') await withFile(packed, 'r+', (file) => file.datasync());
  await rename(packed, to);
  await unlink(from);
  return published(part, to);
}

async function published(part: Part, to: string): Promise<Published> {
  if (part.brotli === undefined) return asItIs(part);
  const { bytes, sha256 } = await sumOf(to);
  return part.sha256 === undefined ? { bytes } : { bytes, sha256 };
}

function asItIs({ bytes, sha256 }: Part): Published {
  return sha256 === undefined ? { bytes } : { bytes, sha256 };
}

export async function syncFoldersOf(files: Iterable<string>, durability: Durability): Promise<void> {
  for (const folder of new Set([...files].map((file) => dirname(file)))) await syncFolder(folder, durability);
}

/** A path under the destination folder as the manifest and the journal have it. */
export function relativePath(root: string, path: string): string {
  return relative(root, path).split(sep).join('/');
}
