import { constants } from 'node:fs';
import { copyFile, readFile, realpath, rename, stat, truncate, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type Log, SystemError } from '../../singer/index.ts';
import { type Durability, sizeOf, syncFolder, unlessMissing, withFile, writeBlocks } from './disk.ts';
import { type Lock, takeLock } from './lock.ts';

/** A file up to this size is replaced whole: copying it costs no more than the fsync that follows. */
const REPLACE_BYTES = 8 * 1024 * 1024;

const NEWLINE = 0x0a;

/** Endings of the files that stand beside a file while it is written. */
export const COMPANIONS = ['.lock', '.part', '.journal'] as const;

/**
 * A file that grows by whole batches.
 *
 * Life of a batch: `stage` makes it safe beside or behind what is there, `commit` makes it count, `rollback` takes it back.
 *
 * - A new or small file is copied to `<file>.part`, the batch is added there, and at `commit` the part is renamed to the
 *   file. A reader sees the old file or the new one, nothing between.
 * - A larger file is not copied for every batch: its length goes into `<file>.journal`, the batch is appended in place, and
 *   at `commit` the journal is deleted. A reader who looks while the bytes are being written may see a line that is still
 *   growing, as in any log.
 *
 * What a crash leaves: before `commit`, a part (deleted at the next start) or a journal (at the next start the file is cut back
 * to the length it names, so a line cut in half goes); after it, the whole batch. Nothing committed is ever cut: the
 * journal is gone, durably, before `commit` returns. With durability `none` there is neither part nor journal.
 */
export class AppendFile {
  readonly path: string;
  readonly #lock: Lock;
  readonly #durability: Durability;
  #staged: 'nothing' | 'part' | 'tail' = 'nothing';

  private constructor(path: string, lock: Lock, durability: Durability) {
    this.path = path;
    this.#lock = lock;
    this.#durability = durability;
  }

  /** Locks the file and clears up what a crashed run left. `lines` says that it is plain text, whose last line must end. */
  static async open(
    path: string,
    options: { readonly durability: Durability; readonly lines: boolean; readonly log: Log },
  ): Promise<AppendFile> {
    // A rename would put a file in the place of a symbolic link, so the link is followed first.
    const target = await realpath(path).catch(() => path);
    const file = new AppendFile(target, await takeLock(`${target}.lock`), options.durability);
    try {
      await file.#recover(options.log);
      if (options.lines) await file.#endLastLine(options.log);
      return file;
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  /** Makes the batch safe without letting it count yet. */
  async stage(blocks: Iterable<Buffer>): Promise<void> {
    const size = (await sizeOf(this.path)) ?? 0;
    if (this.#durability === 'none') {
      await this.#write(this.path, 'a', blocks);
    } else if (size <= REPLACE_BYTES) {
      this.#staged = 'part';
      await unlink(this.#part).catch(unlessMissing);
      if (size > 0) await copyFile(this.path, this.#part, constants.COPYFILE_FICLONE);
      await this.#write(this.#part, 'a', blocks);
    } else {
      this.#staged = 'tail';
      await this.#write(this.#journal, 'w', [Buffer.from(`${size}\n`)]);
      await this.#syncFolder();
      await this.#write(this.path, 'a', blocks);
    }
  }

  async commit(): Promise<void> {
    if (this.#staged === 'part') await rename(this.#part, this.path);
    else if (this.#staged === 'tail') await unlink(this.#journal);
    this.#staged = 'nothing';
    await this.#syncFolder();
  }

  async rollback(): Promise<void> {
    if (this.#staged === 'part') await unlink(this.#part).catch(unlessMissing);
    else if (this.#staged === 'tail') await this.#cutBack();
    this.#staged = 'nothing';
  }

  /** Takes back what was staged and not committed, and unlocks. */
  async close(): Promise<void> {
    try {
      await this.rollback();
    } finally {
      await this.#lock.release();
    }
  }

  get #part(): string {
    return `${this.path}.part`;
  }

  get #journal(): string {
    return `${this.path}.journal`;
  }

  async #recover(log: Log): Promise<void> {
    const found = await stat(this.path).catch(unlessMissing);
    if (found !== undefined && !found.isFile()) throw notAFile(this.path);
    if ((await sizeOf(this.#part)) !== undefined) {
      await unlink(this.#part);
      log.warn('Removed the unfinished batch of a run that was cut off; its records come again', { file: this.path });
    }
    const cut = await this.#cutBack();
    if (cut > 0)
      log.warn('Cut off the unfinished batch of a run that was cut off; its records come again', { file: this.path, bytes: cut });
  }

  /** Gives the number of bytes that were too many. */
  async #cutBack(): Promise<number> {
    const journal = await readFile(this.#journal, 'utf8').catch(unlessMissing);
    if (journal === undefined) return 0;
    // A journal that was itself cut off while it was written says that the append had not begun.
    const length = /^\d+\n$/.test(journal) ? Number(journal) : Infinity;
    const surplus = ((await sizeOf(this.path)) ?? 0) - length;
    if (surplus > 0) {
      await truncate(this.path, length);
      await this.#write(this.path, 'a', []);
    }
    await unlink(this.#journal);
    await this.#syncFolder();
    return Math.max(surplus, 0);
  }

  /** Another program may have left a last line without its newline; ours must not grow onto it. */
  async #endLastLine(log: Log): Promise<void> {
    const size = await sizeOf(this.path);
    if (!size) return;
    const last = await withFile(this.path, 'r', async (file) => (await file.read(Buffer.alloc(1), 0, 1, size - 1)).buffer[0]);
    if (last === NEWLINE) return;
    log.warn('The last line of the file had no end; ended it', { file: this.path });
    await this.stage([Buffer.of(NEWLINE)]);
    await this.commit();
  }

  async #write(path: string, flags: 'a' | 'w', blocks: Iterable<Buffer>): Promise<void> {
    await writeBlocks(path, flags, blocks, this.#durability);
  }

  async #syncFolder(): Promise<void> {
    await syncFolder(dirname(this.path), this.#durability);
  }
}

function notAFile(path: string): SystemError {
  return new SystemError(`Not a plain file: ${path}`, {
    code: 'destination-not-a-file',
    facts: { path },
    hint: 'Move it away, or choose another destination_path or custom_name.',
  });
}
