import { unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { compressed, type Compression, isJoinable } from './compression.ts';
import { type Durability, hidden, makeFolder, syncFolder, unlessMissing, withFile } from './disk.ts';
import { onDisk } from './errors.ts';
import { Measure } from './measure.ts';
import { type Part, relativePath } from './publish.ts';
import type { Rows } from './rows.ts';

/**
 * A file that is being written under a hidden name. Life of a batch: `add` (in memory), `stage` (on the disk, behind the bytes that
 * are kept), `accept` (kept) or `reject`. What stands behind the kept bytes does not count, whatever is there.
 */
export class Segment {
  readonly file: string;
  readonly part: string;
  readonly openedAt = Date.now();
  readonly #compression: Compression;
  #kept: Measure;
  #staged: Measure | undefined;
  #keptPlain = 0;
  #pending: Rows[] = [];
  #isNew = true;

  constructor(file: string, options: { readonly compression: Compression; readonly summed: boolean }) {
    this.file = file;
    this.part = hidden(file, '.part');
    this.#compression = options.compression;
    this.#kept = Measure.empty(options.summed);
  }

  add(rows: Rows): void {
    this.#pending.push(rows);
  }

  /** Rows, and bytes before compression, with those that wait. */
  get size(): { readonly rows: number; readonly bytes: number } {
    let { rows } = this.#kept;
    let bytes = this.#keptPlain;
    for (const one of this.#pending) {
      rows += one.rows;
      bytes += one.bytes;
    }
    return { rows, bytes };
  }

  get isChanged(): boolean {
    return this.#pending.length > 0;
  }

  async stage(durability: Durability): Promise<void> {
    const rows = this.#pending.reduce((sum, one) => sum + one.rows, 0);
    const blocks = await compressed(
      this.#compression,
      this.#pending.flatMap((one) => one.blocks),
    );
    await onDisk(this.part, async () => {
      if (this.#isNew) await makeFolder(dirname(this.part), durability);
      await withFile(this.part, 'a', async (file) => {
        await file.truncate(this.#kept.bytes);
        for (const block of blocks) await file.writeFile(block);
        if (durability === 'fsync') await file.datasync();
      });
      if (this.#isNew) await syncFolder(dirname(this.part), durability);
    });
    this.#isNew = false;
    this.#staged = this.#kept.plus(blocks, rows);
  }

  accept(): void {
    if (this.#staged === undefined) return;
    this.#keptPlain = this.size.bytes;
    this.#kept = this.#staged;
    this.#staged = undefined;
    this.#pending = [];
  }

  reject(): void {
    this.#staged = undefined;
    this.#pending = [];
  }

  async remove(): Promise<void> {
    await unlink(this.part).catch(unlessMissing);
  }

  /** What is on the disk, staged bytes included. */
  describe(root: string, streams: Iterable<string>): Part {
    const { rows, bytes, sha256 } = this.#staged ?? this.#kept;
    const { level } = this.#compression;
    return {
      part: relativePath(root, this.part),
      file: relativePath(root, this.file),
      streams: [...streams],
      rows,
      bytes,
      ...(sha256 !== undefined && { sha256 }),
      ...(!isJoinable(this.#compression) && { brotli: level }),
    };
  }
}
