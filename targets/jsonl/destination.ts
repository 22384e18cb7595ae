import { unlink } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type Destination,
  type Encoder,
  type Json,
  type Part,
  refuseIncomplete,
  type StreamHeader,
  type TargetRun,
  type Unit,
} from '../../singer/index.ts';
import { Books } from './books.ts';
import { Changed } from './changes.ts';
import { createDecoratedEncoder } from './decorated-encoder.ts';
import { forEach, makeFolder, unlessMissing } from './disk.ts';
import { createEncoder } from './encoder.ts';
import { onDisk } from './errors.ts';
import { GrowingFile } from './growing-file.ts';
import { clearUp } from './leftovers.ts';
import { NumberedFiles } from './numbered-files.ts';
import { folderOf, streamOptions } from './options.ts';
import { byPartition } from './partition-frames.ts';
import type { PartitionTable } from './partition-finder.ts';
import { publish, syncFoldersOf } from './publish.ts';
import type { Rows } from './rows.ts';
import { writeSchemaFile } from './schema-files.ts';
import type { TargetConfig } from './settings.ts';
import { StreamFiles, type StreamPlan } from './stream-files.ts';

/** Opens the folder. Throws ConfigError and SystemError before any input is read. */
export async function openDestination(config: TargetConfig, run: TargetRun): Promise<Destination<TargetConfig>> {
  streamOptions(config);
  const { durability } = config;
  const root = folderOf(config);
  await onDisk(root, () => makeFolder(root, durability));
  const books = await Books.open({ root, run, durability, manifest: config.manifest });
  try {
    await clearUp(root, { durability, log: run.log, recursive: config.path_template?.includes('/') ?? false });
    return new FolderDestination({ root, config, run, books });
  } catch (error) {
    await books.close();
    throw error;
  }
}

interface Parts {
  readonly root: string;
  readonly config: TargetConfig;
  readonly run: TargetRun;
  readonly books: Books;
}

/**
 * Loads units into the files of a folder. Each batch is safe in all its files before it counts in any. A file that grows shows it at
 * its commit; files that never change once they are published stay hidden until they are full, and the journal keeps them.
 */
class FolderDestination implements Destination<TargetConfig> {
  readonly #o: Parts;
  readonly #files: StreamFiles;
  readonly #changed: Changed;
  readonly #plans = new WeakMap<Encoder, StreamPlan>();
  readonly #noted = new WeakSet<Encoder>();
  /** Records by stream, of those that were announced. */
  readonly #rows = new Map<string, number>();
  /** One thing at a time: files are also published by the clock. */
  #work: Promise<void> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;
  #failure: unknown;
  /** From then on a failure leaves the rest to the next run, by the journal. */
  #decided = false;
  /** The newest state that everything before it is safe with. */
  #state: string | undefined;

  constructor(parts: Parts) {
    this.#o = parts;
    this.#changed = new Changed(parts.run.log);
    this.#files = new StreamFiles({ ...parts, summed: parts.books.manifest !== undefined });
  }

  /** Where a stream goes does not change with its schema, so the options of its first count. */
  async openStream(header: StreamHeader, config: TargetConfig): Promise<Encoder> {
    const plan = await this.#alone(() => this.#files.planOf(header, config));
    const metadata = config.add_record_metadata ? this.#o.run : undefined;
    const { partitions } = plan;
    const onChanges = this.#changed.add.bind(this.#changed, header.stream);
    const encoder =
      metadata || partitions
        ? createDecoratedEncoder(header, { metadata, partitions, onChanges })
        : createEncoder(header, onChanges);
    this.#plans.set(encoder, plan);
    return encoder;
  }

  async load(unit: Unit): Promise<'committed' | 'open'> {
    return this.#alone(async () => {
      if (this.#failure !== undefined) throw this.#failure;
      try {
        for (const part of unit.parts) await this.#add(part);
        await this.#commit();
      } catch (error) {
        await this.#rollback();
        throw error;
      }
      const open = this.#files.numbered.some((files) => files.replaces && this.#sizeOf(files) > 0);
      if (!open && unit.state !== undefined) this.#state = unit.state;
      await this.#publishClosed();
      this.#schedule();
      return open ? 'open' : 'committed';
    });
  }

  async finish(end: { readonly complete: ReadonlySet<string>; readonly state: string | undefined }): Promise<void> {
    await this.#alone(async () => {
      if (this.#failure !== undefined) throw this.#failure;
      const replacing = this.#files.numbered.filter((files) => files.replaces && this.#sizeOf(files) > 0);
      const streams = replacing.flatMap((files) => [...files.streams]);
      if (!this.#o.config.overwrite_on_eof) refuseIncomplete(streams, end.complete);
      await this.#addEmptyFiles();
      const old = await this.#replacedBy(replacing);
      for (const files of this.#files.numbered) files.closeAll();
      // From here on the new files are the ones that count: a crash is followed by the same steps.
      this.#decided = true;
      await this.#o.books.note(this.#unpublished(true), old);
      this.#state = end.state ?? this.#state;
      this.#o.books.removed(old);
      await this.#publishClosed(true);
      for (const path of old) await onDisk(path, () => unlink(join(this.#o.root, path)).catch(unlessMissing));
      await this.#o.books.clear();
    });
  }

  async close(): Promise<void> {
    clearTimeout(this.#timer);
    await this.#alone(async () => {
      const { books } = this.#o;
      try {
        await this.#rollback();
        if (this.#decided) return;
        for (const files of this.#files.numbered) {
          if (files.replaces) await forEach(files.unpublished(), (segment) => segment.remove());
          else files.closeAll();
        }
        if (this.#files.numbered.length > 0) await this.#publishClosed();
        await books.clear();
      } finally {
        await this.#files.close();
        await books.close();
      }
    });
  }

  summary(stream: string): Readonly<Record<string, Json>> {
    return { ...this.#changed.facts(stream), ...this.#files.summary(stream) };
  }

  async #add(part: Part): Promise<void> {
    const { header, activate } = part;
    const { stream } = header;
    const { files, partitions } = this.#planOf(part);
    if (activate !== undefined) {
      this.#o.run.log.warnOnce(`activate ${stream}`, 'Records of older versions stay: lines once written are not taken away', {
        stream,
      });
    }
    if (!this.#noted.has(part.encoder)) await this.#note(part);
    this.#rows.set(stream, (this.#rows.get(stream) ?? 0) + part.rows);
    if (part.rows === 0) return;
    for (const [partition, rows] of piecesOf(part, partitions)) await files.add(partition, rows);
  }

  /** Makes what was added count: see the class comment. */
  async #commit(): Promise<void> {
    const { numbered, growing } = this.#files;
    if (numbered.some((files) => files.hasNew)) await this.#o.books.note(this.#unpublished(false));
    for (const files of [...numbered, ...growing]) await files.stage();
    if (numbered.some((files) => files.isChanged)) await this.#o.books.note(this.#unpublished(false));
    for (const files of numbered) files.accept();
    for (const files of growing) {
      if (!files.isChanged) continue;
      await files.commit();
      if (files.measure !== undefined) this.#o.books.file(files.name, files.streams, sized(files.measure));
    }
  }

  async #rollback(): Promise<void> {
    for (const files of this.#files.all) {
      await files.rollback().catch((reason: unknown) => {
        this.#o.run.log.warn('Could not take an unfinished batch back; the next run will', {
          stream: [...files.streams].join(', '),
          reason: String(reason),
        });
      });
    }
  }

  /** Gives the closed files their names and brings the manifest up to date; `replacing`: also those that take the place of others. */
  async #publishClosed(replacing = false): Promise<void> {
    const { root, config, books } = this.#o;
    const now = Date.now();
    for (const files of this.#files.numbered) {
      if (files.replaces && !replacing) continue;
      files.closeAged(now);
      const closed = files.closed;
      await forEach(closed, async (segment) => {
        const part = segment.describe(root, files.streams);
        const done = await onDisk(segment.file, () => publish(part, { from: segment.part, to: segment.file }, config.durability));
        if (done !== undefined) books.file(part.file, part.streams, { ...done, rows: part.rows });
      });
      await syncFoldersOf(
        closed.map(({ file }) => file),
        config.durability,
      );
      files.published(closed);
    }
    await books.publish(this.#state);
  }

  /** Files that would be twice there, once the new ones have their names. */
  async #replacedBy(replacing: readonly NumberedFiles[]): Promise<string[]> {
    const old: string[] = [];
    for (const files of replacing) {
      const fresh = new Set([...files.unpublished()].map((segment) => segment.describe(this.#o.root, []).file));
      for (const path of [...(await files.there()), ...this.#o.books.filesOf(files.streams)])
        if (!fresh.has(path)) old.push(path);
    }
    return [...new Set(old)];
  }

  async #addEmptyFiles(): Promise<void> {
    let added = false;
    for (const [stream, rows] of this.#rows) {
      if (rows === 0 && (await this.#files.addEmpty(stream))) added = true;
    }
    if (added) await this.#commit();
  }

  async #note(part: Part): Promise<void> {
    const { header } = part;
    const { schemaBase } = this.#planOf(part);
    const path = schemaBase && (await writeSchemaFile(join(this.#o.root, schemaBase), header, this.#o.config.durability));
    this.#o.books.stream(header, path && `${schemaBase}.schema.json`);
    this.#noted.add(part.encoder);
  }

  /** What the journal must know. Files that replace others do not count before the end. */
  #unpublished(atEnd: boolean): ReturnType<NumberedFiles['describe']> {
    return this.#files.numbered.flatMap((files) => files.describe(atEnd || !files.replaces));
  }

  #sizeOf(files: NumberedFiles): number {
    let rows = 0;
    for (const segment of files.unpublished()) rows += segment.size.rows;
    return rows;
  }

  /** Files grow old while the input is idle. */
  #schedule(): void {
    clearTimeout(this.#timer);
    const dues = this.#files.numbered.flatMap((files) => (files.replaces ? [] : (files.due ?? [])));
    if (dues.length === 0) return;
    const wait = Math.max(0, Math.min(...dues) - Date.now());
    this.#timer = setTimeout(() => {
      this.#alone(() => this.#publishClosed()).then(
        () => this.#schedule(),
        (error: unknown) => (this.#failure = error),
      );
    }, wait).unref();
  }

  async #alone<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#work.then(work);
    this.#work = done.then(
      () => undefined,
      () => undefined,
    );
    return done;
  }

  #planOf({ header, encoder }: Part): StreamPlan {
    const plan = this.#plans.get(encoder);
    if (plan === undefined) throw new Error(`Stream ${header.stream} was not opened`);
    return plan;
  }
}

function piecesOf(part: Part, partitions: PartitionTable | undefined): Iterable<readonly [string, Rows]> {
  if (partitions === undefined) return [['', part]];
  return [...byPartition(part.blocks)].map(([number, rows]) => [partitions.path(number), rows] as const);
}

function sized({ rows, bytes, sha256 }: NonNullable<GrowingFile['measure']>): { rows: number; bytes: number; sha256?: string } {
  return { rows, bytes, ...(sha256 !== undefined && { sha256 }) };
}
