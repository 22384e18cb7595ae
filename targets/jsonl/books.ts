import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { parseExact, type StreamHeader, type TargetRun } from '../../singer/index.ts';
import type { Durability } from './disk.ts';
import { onDisk } from './errors.ts';
import { type Entries, Journal, lockUnlessHeld, type Recovered, recover } from './journal.ts';
import { type Lock, takeLock } from './lock.ts';
import { Manifest, MANIFEST } from './manifest.ts';
import type { Part, Published } from './publish.ts';
import { schemaText } from './schema-files.ts';

export interface BooksOptions {
  readonly root: string;
  readonly run: TargetRun;
  readonly durability: Durability;
  readonly manifest: boolean;
}

/** What a run writes about its files: the journal while it works, and the manifest if there is one. */
export class Books {
  readonly manifest: Manifest | undefined;
  readonly #o: BooksOptions;
  readonly #lock: Lock | undefined;
  #journal: Journal | undefined;

  private constructor(options: BooksOptions, manifest: Manifest | undefined, lock: Lock | undefined) {
    this.#o = options;
    this.manifest = manifest;
    this.#lock = lock;
  }

  /** Finishes what dead runs have left, and locks the manifest if it is kept. */
  static async open(options: BooksOptions): Promise<Books> {
    const lock = options.manifest ? await onDisk(options.root, () => takeLock(lockPath(options.root))) : undefined;
    try {
      const books = new Books(options, lock && (await Manifest.read(options.root)), lock);
      const { root, durability, run } = options;
      await recover(root, { durability, log: run.log }, (entries, recovered) => books.#take(entries, recovered));
      return books;
    } catch (error) {
      await lock?.release();
      throw error;
    }
  }

  /** Says which hidden files there are, and how much of them counts: from here on a crash leaves just that. */
  async note(parts: readonly Part[], remove: readonly string[] = []): Promise<void> {
    const { root, durability, run } = this.#o;
    if (parts.length === 0 && this.#journal === undefined) return;
    this.#journal ??= await Journal.open(root, durability);
    await this.#journal.write({ parts, remove, manifest: this.manifest !== undefined, run_id: run.runId });
  }

  /** A file is complete, or has grown. */
  file(path: string, streams: Iterable<string>, size: { readonly rows: number } & Published): void {
    if (size.sha256 === undefined) return;
    enter(
      this.manifest,
      { path, streams: [...streams], rows: size.rows, bytes: size.bytes, sha256: size.sha256 },
      this.#o.run.runId,
    );
  }

  /** Paths of files that hold records of these streams and of no others, as far as the manifest knows. */
  filesOf(streams: ReadonlySet<string>): string[] {
    const listed = [...(this.manifest?.files.values() ?? [])];
    return listed.filter((file) => file.streams.every((stream) => streams.has(stream))).map(({ path }) => path);
  }

  /** Files are gone, or are just going. */
  removed(paths: Iterable<string>): void {
    for (const path of paths) this.manifest?.files.delete(path);
  }

  stream(header: StreamHeader, schemaFile: string | undefined): void {
    this.manifest?.streams.set(header.stream, {
      key_properties: header.keys,
      schema_sha256: createHash('sha256').update(schemaText(header)).digest('hex'),
      ...(schemaFile !== undefined && { schema_file: schemaFile }),
    });
  }

  /** Writes the manifest. `state` is what everything in it covers; undefined: as before. */
  async publish(state: string | undefined): Promise<void> {
    const { manifest } = this;
    if (manifest === undefined) return;
    if (state !== undefined) manifest.state = parseExact(state);
    await this.#write(manifest);
  }

  /** Nothing hidden is left. */
  async clear(): Promise<void> {
    await this.#journal?.clear();
  }

  async close(): Promise<void> {
    await this.#journal?.close();
    await this.#lock?.release();
  }

  async #write(manifest: Manifest): Promise<void> {
    const { root, run, durability } = this.#o;
    const writer = `${run.name} ${run.version}`;
    await onDisk(join(root, MANIFEST), () => manifest.write({ runId: run.runId, startedAt: run.startedAt, writer }, durability));
  }

  /** Brings the manifest up to date with what a dead run has left. False if another run holds it just now. */
  async #take(entries: Entries, recovered: readonly Recovered[]): Promise<boolean> {
    if (!entries.manifest) return true;
    const { root } = this.#o;
    const lock = this.manifest === undefined ? await lockUnlessHeld(lockPath(root)) : undefined;
    if (this.manifest === undefined && lock === undefined) return false;
    try {
      const manifest = this.manifest ?? (await Manifest.read(root));
      for (const { file, streams, rows, bytes, sha256 } of recovered) {
        if (sha256 !== undefined) enter(manifest, { path: file, streams, rows, bytes, sha256 }, entries.run_id);
      }
      for (const path of entries.remove) manifest.files.delete(path);
      await this.#write(manifest);
      return true;
    } finally {
      await lock?.release();
    }
  }
}

interface Size {
  readonly path: string;
  readonly streams: readonly string[];
  readonly rows: number;
  readonly bytes: number;
  readonly sha256: string;
}

function enter(manifest: Manifest | undefined, size: Size, runId: string): void {
  manifest?.files.set(size.path, { ...size, run_id: runId, written_at: new Date().toISOString() });
}

function lockPath(root: string): string {
  return join(root, `.${MANIFEST}.lock`);
}
