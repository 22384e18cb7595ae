import { type FileHandle, mkdir, open, rename, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/** What a batch has survived before its state is passed on; see the setting. */
export type Durability = 'fsync' | 'flush' | 'none';

/** Writes blocks to a file and, with `fsync`, waits until the disk has them. */
export async function writeBlocks(
  path: string,
  flags: 'a' | 'w',
  blocks: Iterable<Buffer>,
  durability: Durability,
): Promise<void> {
  await withFile(path, flags, async (file) => {
    for (const block of blocks) await file.writeFile(block);
    if (durability === 'fsync') await file.datasync();
  });
}

/** A rename, a new name and a deletion are durable only once their folder is. */
export async function syncFolder(folder: string, durability: Durability): Promise<void> {
  if (durability === 'fsync') await withFile(folder, 'r', (opened) => opened.sync());
}

/**
 * Makes a folder and those above it, durably. Level by level: on a read-only disk Node's own `recursive` gives the wrong error, and it
 * never ends where a folder takes no other (as in /proc), which says that it is missing. `aboveIsThere` ends it here.
 */
export async function makeFolder(
  folder: string,
  durability: Durability,
  aboveIsThere = dirname(folder) === folder,
): Promise<void> {
  try {
    await mkdir(folder);
  } catch (error) {
    if (errorCode(error) === 'ENOENT' && !aboveIsThere) {
      await makeFolder(dirname(folder), durability);
      return makeFolder(folder, durability, true);
    }
    if ((await stat(folder).catch(() => undefined))?.isDirectory()) return undefined;
    throw error;
  }
  return syncFolder(dirname(folder), durability);
}

/** Puts a new file in the place of another (or of none) in one step: a reader sees the old text or the new one. */
export async function replaceFile(path: string, text: string, durability: Durability): Promise<void> {
  const part = hidden(path, '.part');
  await writeBlocks(part, 'w', [Buffer.from(text)], durability);
  await rename(part, path);
  await syncFolder(dirname(path), durability);
}

/** A file beside `path` that readers of folders (Spark, Hive, shell patterns) pass over. */
export function hidden(path: string, ending: string): string {
  return join(dirname(path), `.${basename(path)}${ending}`);
}

export async function withFile<T>(path: string, flags: string, use: (file: FileHandle) => Promise<T>): Promise<T> {
  const file = await open(path, flags);
  try {
    return await use(file);
  } finally {
    await file.close();
  }
}

/** Undefined if there is no such file. */
export async function sizeOf(path: string): Promise<number | undefined> {
  return (await stat(path).catch(unlessMissing))?.size;
}

/** For `catch`: what is missing is undefined, any other failure is thrown on. */
export function unlessMissing(error: unknown): undefined {
  if (errorCode(error) !== 'ENOENT') throw error;
}

/** The operating system's name of an error. */
export function errorCode(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}

/** Files worked on at the same time: enough to keep a disk busy while it syncs, few enough handles for any limit. */
const AT_ONCE = 16;

/** Does `work` for each item, some at a time. Throws the first failure, once nothing is under way any more. */
export async function forEach<T>(items: Iterable<T>, work: (item: T) => Promise<void>): Promise<void> {
  const rest = items[Symbol.iterator]();
  const failures: unknown[] = [];
  const worker = async (): Promise<void> => {
    for (let next = rest.next(); !next.done && failures.length === 0; next = rest.next()) {
      await work(next.value).catch((error: unknown) => failures.push(error));
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  if (failures.length > 0) throw failures[0];
}
