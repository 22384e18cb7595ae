import type { AppendFile } from './append-file.ts';
import { compressed, type Compression } from './compression.ts';
import { onDisk } from './errors.ts';
import type { Measure } from './measure.ts';
import type { Rows } from './rows.ts';

/** A file that all runs append to, with the batch that is on its way into it. */
export class GrowingFile {
  /** The streams that write to it. */
  readonly streams = new Set<string>();
  /** Its path from the destination folder. */
  readonly name: string;
  readonly #file: AppendFile;
  readonly #compression: Compression;
  #pending: Rows[] = [];
  /** Undefined if nobody wants to know. */
  #measure: Measure | undefined;
  #staged: Measure | undefined;

  constructor(name: string, file: AppendFile, compression: Compression, measure: Measure | undefined) {
    this.name = name;
    this.#file = file;
    this.#compression = compression;
    this.#measure = measure;
  }

  get path(): string {
    return this.#file.path;
  }

  get measure(): Measure | undefined {
    return this.#measure;
  }

  get isChanged(): boolean {
    return this.#pending.length > 0;
  }

  async add(_partition: string, rows: Rows): Promise<void> {
    this.#pending.push(rows);
  }

  async stage(): Promise<void> {
    if (!this.isChanged) return;
    const blocks = await compressed(
      this.#compression,
      this.#pending.flatMap((one) => one.blocks),
    );
    await onDisk(this.path, () => this.#file.stage(blocks));
    this.#staged = this.#measure?.plus(
      blocks,
      this.#pending.reduce((sum, { rows }) => sum + rows, 0),
    );
  }

  async commit(): Promise<void> {
    if (!this.isChanged) return;
    await onDisk(this.path, () => this.#file.commit());
    this.#measure = this.#staged;
    this.#pending = [];
  }

  async rollback(): Promise<void> {
    this.#pending = [];
    await this.#file.rollback();
  }

  async close(): Promise<void> {
    await onDisk(this.path, () => this.#file.close());
  }
}
