import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Part } from '../../../singer/index.ts';
import type { TablePlan } from '../tables/plan.ts';
import { PartFile, type Written } from './part-file.ts';

/** Rows on the disk that wait for their load job. */
export interface Spooled extends Written {
  readonly plan: TablePlan;
}

export interface SpoolOptions {
  readonly compression: 'gzip' | 'none';
  readonly clockBytes: (plan: TablePlan) => number;
}

/** Collects the rows of all streams in files of a folder of its own: one for each stream and schema. */
export class Spool {
  readonly #o: SpoolOptions;
  #folder: Promise<string> | undefined;
  #files = new Map<TablePlan, PartFile>();
  #made = 0;
  /** Of the rows that wait, before compression. */
  bytes = 0;

  constructor(options: SpoolOptions) {
    this.#o = options;
  }

  /** Resolves when the part's blocks may be used again. A part without rows only gives its plan a place. */
  async add(plan: TablePlan, { blocks, bytes, rows }: Pick<Part, 'blocks' | 'bytes' | 'rows'>): Promise<void> {
    let file = this.#files.get(plan);
    if (file === undefined) {
      file = await this.#open(plan);
      this.#files.set(plan, file);
    }
    await file.write(blocks, rows);
    this.bytes += bytes;
  }

  /** Closes the files and gives them, in the order in which their plans came first. */
  async take(): Promise<Spooled[]> {
    const files = [...this.#files];
    this.#files = new Map();
    this.bytes = 0;
    const spooled: Spooled[] = [];
    for (const [plan, file] of files) spooled.push({ plan, ...(await file.end()) });
    return spooled;
  }

  /** Deletes what is left. */
  async close(): Promise<void> {
    for (const file of this.#files.values()) await file.abandon();
    if (this.#folder !== undefined) await rm(await this.#folder, { recursive: true, force: true });
  }

  async #open(plan: TablePlan): Promise<PartFile> {
    this.#folder ??= mkdtemp(join(tmpdir(), 'tapline-'));
    const path = join(await this.#folder, `${this.#made++}.ndjson`);
    return new PartFile({ path, compression: this.#o.compression, clockBytes: this.#o.clockBytes(plan) });
  }
}
