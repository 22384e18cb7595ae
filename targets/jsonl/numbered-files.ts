import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Log, SystemError } from '../../singer/index.ts';
import { type Durability, forEach, sizeOf, unlessMissing } from './disk.ts';
import { onDisk } from './errors.ts';
import type { Part } from './publish.ts';
import { folded } from './file-name.ts';
import type { StreamOptions } from './options.ts';
import { type Rows, splitRows } from './rows.ts';
import { Segment } from './segment.ts';
import type { StreamPath } from './stream-path.ts';

/**
 * Files that are begun at the same time, one for each partition; of more, the one not written to for longest is completed. Each takes
 * a place in memory and a line in the journal (about 1 KB together), but no handle between two batches.
 */
const MAX_OPEN = 10_000;

export interface NumberedOptions {
  readonly root: string;
  readonly path: StreamPath;
  readonly stream: StreamOptions;
  readonly durability: Durability;
  /** True if the files' SHA-256 is wanted. */
  readonly summed: boolean;
  readonly log: Log;
  /** Only tests need another number than the default. */
  readonly maxOpen?: number;
}

/**
 * The files of one path that are published once and never change: rotated, partitioned, one set for each run, or replacing others.
 * It decides which rows go into which file; a file is closed when it is full, too old, or crowded out by other partitions.
 */
export class NumberedFiles {
  /** The streams that write to these files. */
  readonly streams = new Set<string>();
  readonly options: NumberedOptions;
  /** By partition, the one written to last at the end. */
  #open = new Map<string, Segment>();
  /** Those that get no more rows; they wait to be published. */
  #closed: Segment[] = [];
  #published = 0;
  #before: { readonly open: ReadonlyMap<string, Segment>; readonly closed: readonly Segment[] } | undefined;
  /** The number that comes next, by folder. */
  readonly #next = new Map<string, number>();

  constructor(options: NumberedOptions) {
    this.options = options;
  }

  /** True if files wait for the end of the run to replace older ones. */
  get replaces(): boolean {
    return this.options.stream.mode === 'overwrite';
  }

  /** Files that have their names by now. */
  get count(): number {
    return this.#published;
  }

  /** All files that are not published. */
  *unpublished(): Generator<Segment> {
    yield* this.#closed;
    yield* this.#open.values();
  }

  /** Gives rows their place in files; nothing is written yet. */
  async add(partition: string, rows: Rows): Promise<void> {
    this.#before ??= { open: new Map(this.#open), closed: [...this.#closed] };
    const { rotate } = this.options.stream;
    for (let rest = rows; rest.rows > 0;) {
      const segment = await this.#segmentFor(partition);
      const size = segment.size;
      const [first, others] = splitRows(rest, rotate.rows - size.rows, rotate.bytes - size.bytes);
      // A row larger than any file may be gets one of its own.
      const [taken, left] = first.rows > 0 || size.rows > 0 ? [first, others] : splitRows(rest, 1, Infinity);
      if (taken.rows > 0) segment.add(taken);
      if (left.rows > 0 || segment.size.rows >= rotate.rows || segment.size.bytes >= rotate.bytes) this.#close(partition);
      rest = left;
    }
    if (this.#open.size > (this.options.maxOpen ?? MAX_OPEN) && this.options.path.hasSeq) this.#crowdOut();
  }

  get isChanged(): boolean {
    return [...this.unpublished()].some((segment) => segment.isChanged);
  }

  /** What the journal says of the files that are not published. */
  describe(counts: boolean): Part[] {
    return [...this.unpublished()].map((segment) => {
      const part = segment.describe(this.options.root, this.streams);
      return counts ? part : { ...part, bytes: 0 };
    });
  }

  /** True if `add` has begun files that no journal knows. */
  get hasNew(): boolean {
    if (this.#before === undefined) return false;
    const { open, closed } = this.#before;
    const known = new Set([...open.values(), ...closed]);
    return [...this.unpublished()].some((segment) => !known.has(segment));
  }

  /** Begins a file without records, if there is none, or if every run has its own. */
  async addEmpty(): Promise<boolean> {
    if (this.options.stream.mode !== 'new' && (await this.there()).length > 0) return false;
    this.#before ??= { open: new Map(this.#open), closed: [...this.#closed] };
    (await this.#segmentFor('')).add({ blocks: [Buffer.alloc(0)], rows: 0, bytes: 0 });
    return true;
  }

  async stage(): Promise<void> {
    await forEach(
      [...this.unpublished()].filter((segment) => segment.isChanged),
      (segment) => segment.stage(this.options.durability),
    );
  }

  /** What was staged is kept. */
  accept(): void {
    this.#before = undefined;
    for (const segment of this.unpublished()) segment.accept();
  }

  /** Takes back what was added since the last `accept`. */
  async rollback(): Promise<void> {
    if (this.#before === undefined) return;
    const { open, closed } = this.#before;
    this.#before = undefined;
    const known = new Set([...open.values(), ...closed]);
    const all = [...this.unpublished()];
    this.#open = new Map(open);
    this.#closed = [...closed];
    for (const segment of all) segment.reject();
    await forEach(
      all.filter((segment) => !known.has(segment)),
      (segment) => segment.remove(),
    );
  }

  /** Closes files that are older than they may be; `now` in ms. */
  closeAged(now: number): void {
    const { milliseconds } = this.options.stream.rotate;
    for (const [partition, { openedAt }] of this.#open) if (now - openedAt >= milliseconds) this.#close(partition);
  }

  /** When the next file will be too old, in ms; undefined if none will. */
  get due(): number | undefined {
    const { milliseconds } = this.options.stream.rotate;
    if (this.#open.size === 0 || !Number.isFinite(milliseconds)) return undefined;
    return Math.min(...[...this.#open.values()].map(({ openedAt }) => openedAt)) + milliseconds;
  }

  closeAll(): void {
    for (const partition of this.#open.keys()) this.#close(partition);
  }

  /** The closed files, to be published; `published` must be told of them. */
  get closed(): readonly Segment[] {
    return this.#closed;
  }

  published(segments: readonly Segment[]): void {
    this.#published += segments.length;
    this.#closed = this.#closed.filter((segment) => !segments.includes(segment));
  }

  /** Paths, relative to the destination folder, of files of these streams that are there already. */
  async there(): Promise<string[]> {
    const { root, path } = this.options;
    const recursive = path.folder('=') !== path.folder('');
    const found = (await readdir(join(root, path.fixedFolder), { recursive }).catch(unlessMissing)) ?? [];
    const prefix = path.fixedFolder === '' ? '' : `${path.fixedFolder}/`;
    return found.map((name) => prefix + name.replaceAll('\\', '/')).filter((name) => path.owns(name));
  }

  #crowdOut(): void {
    this.#close(this.#open.keys().next().value!);
    const advice =
      'So many partitions at a time that files stay small: partition by less, or raise batch_size_bytes and batch_size_rows';
    this.options.log.warnOnce(`crowded ${this.options.path.key}`, advice, { stream: [...this.streams].join(', ') });
  }

  #close(partition: string): void {
    this.#closed.push(this.#open.get(partition)!);
    this.#open.delete(partition);
  }

  async #segmentFor(partition: string): Promise<Segment> {
    const open = this.#open.get(partition);
    if (open !== undefined) {
      this.#open.delete(partition);
      this.#open.set(partition, open);
      return open;
    }
    const { root, path, stream, summed } = this.options;
    const folder = join(root, path.folder(partition));
    const file = join(folder, path.fileName(path.hasSeq ? await this.#seq(folder) : 0));
    if (!path.hasSeq && !this.replaces) await refuseExisting(file);
    const made = new Segment(file, { compression: stream.compression, summed });
    this.#open.set(partition, made);
    return made;
  }

  /** Goes on behind the highest number in the folder, whichever run wrote it. */
  async #seq(folder: string): Promise<number> {
    const key = folded(folder);
    const next = this.#next.get(key) ?? 1 + (await onDisk(folder, () => this.#highest(folder)));
    this.#next.set(key, next + 1);
    return next;
  }

  async #highest(folder: string): Promise<number> {
    const names = (await readdir(folder).catch(unlessMissing)) ?? [];
    return names.reduce((highest, name) => Math.max(highest, this.options.path.seqOf(name) ?? 0), 0);
  }
}

async function refuseExisting(file: string): Promise<void> {
  if ((await onDisk(file, () => sizeOf(file))) === undefined) return;
  throw new SystemError(`The file of this run is there already: ${file}`, {
    code: 'file-exists',
    facts: { path: file },
    hint: 'Put {seq} into path_template, or give the run another run_id.',
  });
}
