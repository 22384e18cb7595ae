import { randomBytes } from 'node:crypto';
import { readdir, readFile, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { type Log, SystemError } from '../../singer/index.ts';
import { type Durability, forEach, replaceFile, sizeOf, syncFolder, unlessMissing } from './disk.ts';
import { onDisk } from './errors.ts';
import { type Lock, takeLock } from './lock.ts';
import { type Part, publish, type Published, syncFoldersOf } from './publish.ts';

const NAME = /^\.tapline-[0-9a-f]+\.journal$/;
/** A journal that was cut off while it was written. */
const HALF = /^\.(\.tapline-[0-9a-f]+\.journal)\.part$/;
const LOCK = /^\..+\.lock$/;

/** What a run says of its files before and while it writes them. */
export interface Entries {
  /** Hidden files with the bytes that count; one with none is thrown away if the run dies. */
  readonly parts: readonly Part[];
  /** Files, relative to the destination folder, that go once all parts have their names. */
  readonly remove: readonly string[];
  /** True if the folder's manifest must hear of it. */
  readonly manifest: boolean;
  readonly run_id: string;
}

/**
 * The journal of one run: one small file whose replacement is the moment in which a batch counts, in all files at once. A run
 * that finds the journal of a dead one does what that still had to do.
 */
export class Journal {
  readonly #root: string;
  readonly #path: string;
  readonly #durability: Durability;
  readonly #lock: Lock;

  private constructor(root: string, path: string, durability: Durability, lock: Lock) {
    this.#root = root;
    this.#path = path;
    this.#durability = durability;
    this.#lock = lock;
  }

  static async open(root: string, durability: Durability): Promise<Journal> {
    const path = join(root, `.tapline-${randomBytes(8).toString('hex')}.journal`);
    return new Journal(root, path, durability, await onDisk(path, () => takeLock(`${path}.lock`)));
  }

  async write(entries: Entries): Promise<void> {
    await onDisk(this.#path, () => replaceFile(this.#path, `${JSON.stringify(entries)}\n`, this.#durability));
  }

  /** Nothing is open any more. */
  async clear(): Promise<void> {
    await onDisk(this.#path, async () => {
      await unlink(this.#path).catch(unlessMissing);
      await syncFolder(this.#root, this.#durability);
    });
  }

  async close(): Promise<void> {
    await this.#lock.release();
  }
}

/** A part that has its name now. */
export type Recovered = Part & Published;

/**
 * Finishes what dead runs have left in a folder. `take` hears, for each of their journals, of the files that are complete now
 * and of those that go, before they and the journal are deleted; it gives false if that must wait.
 */
export async function recover(
  root: string,
  options: { readonly durability: Durability; readonly log: Log },
  take: (entries: Entries, recovered: readonly Recovered[]) => Promise<boolean>,
): Promise<void> {
  const names = await readdir(root);
  for (const name of names.filter((one) => NAME.test(one))) {
    const path = join(root, name);
    const lock = await lockUnlessHeld(`${path}.lock`);
    if (lock === undefined) continue;
    try {
      const entries = await read(path);
      if (entries === undefined) continue;
      const recovered = await publishAll(root, entries, options);
      if (!(await take(entries, recovered))) continue;
      for (const file of entries.remove) await unlink(join(root, file)).catch(unlessMissing);
      await unlink(path);
    } finally {
      await lock.release();
    }
  }
  await sweep(root, names);
}

/** Removes locks of the dead, and halves of their journals. */
async function sweep(root: string, names: readonly string[]): Promise<void> {
  for (const name of names) {
    const half = HALF.exec(name)?.[1];
    if (half === undefined && !LOCK.test(name)) continue;
    const lock = await lockUnlessHeld(join(root, half === undefined ? name : `${half}.lock`));
    if (lock === undefined) continue;
    if (half !== undefined) await unlink(join(root, name)).catch(unlessMissing);
    await lock.release();
  }
}

/** Undefined if a living run holds it. */
export async function lockUnlessHeld(path: string): Promise<Lock | undefined> {
  try {
    return await takeLock(path);
  } catch (error) {
    if (error instanceof SystemError && error.code === 'file-locked') return undefined;
    throw error;
  }
}

async function read(path: string): Promise<Entries | undefined> {
  const text = await readFile(path, 'utf8').catch(unlessMissing);
  // It is only ever replaced whole, so what is there can be read.
  return text === undefined ? undefined : (JSON.parse(text) as Entries);
}

async function publishAll(
  root: string,
  { parts }: Entries,
  { durability, log }: { readonly durability: Durability; readonly log: Log },
): Promise<Recovered[]> {
  const recovered: Recovered[] = [];
  const dropped: string[] = [];
  await forEach(parts, async (part) => {
    const from = join(root, part.part);
    const to = join(root, part.file);
    await onDisk(from, async () => {
      const there = (await sizeOf(from)) !== undefined;
      if (part.bytes > 0) {
        const published = await publish(part, { from, to }, durability);
        if (published !== undefined) recovered.push({ ...part, ...published });
      } else if (there) {
        await unlink(from);
        dropped.push(part.file);
      }
    });
  });
  await syncFoldersOf(
    recovered.map(({ file }) => join(root, file)),
    durability,
  );
  if (recovered.length > 0) log.info('Published the complete records of a run that was cut off', { files: recovered.length });
  if (dropped.length > 0)
    log.warn('Removed the unfinished batch of a run that was cut off; its records come again', { files: dropped.length });
  return recovered;
}
