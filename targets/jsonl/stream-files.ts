import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigError, type Json, type StreamHeader, type TargetRun } from '../../singer/index.ts';
import { AppendFile } from './append-file.ts';
import { endingOf } from './compression.ts';
import { makeFolder, sizeOf } from './disk.ts';
import type { Books } from './books.ts';
import { onDisk } from './errors.ts';
import { safeName } from './file-name.ts';
import { GrowingFile } from './growing-file.ts';
import { type Lock, takeLock } from './lock.ts';
import { Measure } from './measure.ts';
import { NumberedFiles } from './numbered-files.ts';
import { type StreamOptions, streamOptions } from './options.ts';
import { PartitionTable } from './partition-finder.ts';
import type { TargetConfig } from './settings.ts';
import { type StreamPath, StreamPaths } from './stream-path.ts';

/** How the rows of one schema are written. */
export interface StreamPlan {
  readonly files: GrowingFile | NumberedFiles;
  readonly partitions: PartitionTable | undefined;
  /** Where the schema file goes, without its ending; undefined if none is wanted. */
  readonly schemaBase: string | undefined;
}

interface Options {
  readonly root: string;
  readonly config: TargetConfig;
  readonly run: TargetRun;
  readonly books: Books;
  readonly summed: boolean;
}

interface Opened {
  readonly files: GrowingFile | NumberedFiles;
  readonly path: StreamPath;
  readonly emptyFiles: boolean;
}

/** The files of all streams of a run; streams whose paths are the same share theirs. */
export class StreamFiles {
  readonly numbered: NumberedFiles[] = [];
  readonly growing: GrowingFile[] = [];
  readonly #o: Options;
  readonly #paths: StreamPaths;
  readonly #byKey = new Map<string, { readonly files: GrowingFile | NumberedFiles; readonly ways: Ways }>();
  readonly #byStream = new Map<string, Opened>();
  readonly #locks: Lock[] = [];
  readonly #optionsOf = new WeakMap<TargetConfig, StreamOptions>();

  constructor(options: Options) {
    this.#o = options;
    const { root, config, run } = options;
    this.#paths = new StreamPaths({ root, runId: run.runId, startedAt: run.startedAt, customName: config.custom_name });
  }

  get all(): readonly (GrowingFile | NumberedFiles)[] {
    return [...this.numbered, ...this.growing];
  }

  /** Throws ConfigError when the settings do not fit the stream, SystemError `file-locked` when another run writes to its files. */
  async planOf(header: StreamHeader, config: TargetConfig): Promise<StreamPlan> {
    const { stream } = header;
    const options = this.#optionsOf.get(config) ?? streamOptions(config, stream);
    this.#optionsOf.set(config, options);
    const levels = options.partitionBy.filter((level) => header.columns.some(({ name }) => name === level.column));
    if (levels.length < options.partitionBy.length) {
      this.#o.run.log.warnOnce(`partition ${stream}`, 'The stream lacks columns of partition_by; its folders go without them', {
        stream,
        columns: options.partitionBy.flatMap((level) => (levels.includes(level) ? [] : level.column)),
      });
    }
    const { files, path } = await this.#open(stream, options, config.empty_files);
    return {
      files,
      partitions: levels.length > 0 ? new PartitionTable(levels) : undefined,
      schemaBase: config.schema_files ? join(path.fixedFolder, safeName(stream)) : undefined,
    };
  }

  /** Facts for the summary. */
  summary(stream: string): Readonly<Record<string, Json>> {
    const opened = this.#byStream.get(stream);
    if (opened === undefined) return {};
    const { files } = opened;
    if (files instanceof NumberedFiles) return { files: files.count };
    return existsSync(files.path) ? { file: files.path } : {};
  }

  /** Adds an empty file for a stream that sent no record, if its settings ask for one; gives true if something was added. */
  async addEmpty(stream: string): Promise<boolean> {
    const { files, emptyFiles } = this.#byStream.get(stream)!;
    if (!emptyFiles) return false;
    if (files instanceof NumberedFiles) return files.options.stream.partitionBy.length === 0 && files.addEmpty();
    if ((await onDisk(files.path, () => sizeOf(files.path))) !== undefined) return false;
    await files.add('', { blocks: [Buffer.alloc(0)], rows: 0, bytes: 0 });
    return true;
  }

  /** Takes back what is not committed, and unlocks. */
  async close(): Promise<void> {
    const closed = await Promise.allSettled([
      ...this.growing.map((files) => files.close()),
      ...this.#locks.map((lock) => lock.release()),
    ]);
    for (const outcome of closed) if (outcome.status === 'rejected') throw outcome.reason;
  }

  async #open(stream: string, options: StreamOptions, emptyFiles: boolean): Promise<Opened> {
    const known = this.#byStream.get(stream);
    if (known !== undefined) return known;
    const path = await onDisk(this.#o.root, () => this.#paths.of(stream, options.template, endingOf(options.compression)));
    if ('sharedWith' in path) {
      const message = `would give ${stream} and ${path.sharedWith} the same files: put {stream} into it`;
      throw new ConfigError([{ path: 'path_template', message }]);
    }
    const files = await this.#filesOf(path, options, stream);
    files.streams.add(stream);
    const opened = { files, path, emptyFiles };
    this.#byStream.set(stream, opened);
    return opened;
  }

  /** Throws ConfigError for a stream that shall be written otherwise than those with which it shares its files. */
  async #filesOf(path: StreamPath, options: StreamOptions, stream: string): Promise<GrowingFile | NumberedFiles> {
    const ways = waysOf(options);
    const shared = this.#byKey.get(path.key);
    if (shared === undefined) {
      const files = options.grows ? await this.#grow(path, options) : await this.#number(path, options);
      this.#byKey.set(path.key, { files, ways });
      return files;
    }
    const differing = Object.keys(ways).filter((name) => ways[name] !== shared.ways[name]);
    if (differing.length === 0) return shared.files;
    const message = `differs between ${stream} and ${[...shared.files.streams].join(', ')}, which share their files: give them the same, or put {stream} into path_template`;
    throw new ConfigError(differing.map((name) => ({ path: name, message })));
  }

  async #grow(path: StreamPath, { compression }: StreamOptions): Promise<GrowingFile> {
    const { root, config, run, books } = this.#o;
    const { durability } = config;
    const folder = path.folder('');
    const name = folder === '' ? path.fileName(0) : `${folder}/${path.fileName(0)}`;
    const place = join(root, name);
    const file = await onDisk(place, async () => {
      await makeFolder(join(root, folder), durability);
      return AppendFile.open(place, { durability, lines: compression.name === 'none', log: run.log });
    });
    const measure = this.#o.summed ? await onDisk(place, () => measureOf(place)) : undefined;
    const listed = books.manifest?.files.get(name);
    if (listed !== undefined && listed.sha256 !== measure?.sha256) {
      run.log.warn('The file is not as the manifest has it; taken as it is', {
        file: place,
        rows: measure?.rows ?? 0,
        listed: listed.rows,
      });
    }
    const made = new GrowingFile(name, file, compression, measure);
    this.growing.push(made);
    return made;
  }

  async #number(path: StreamPath, options: StreamOptions): Promise<NumberedFiles> {
    const { root, config, summed, run } = this.#o;
    // Two runs would give their files the same numbers.
    const lock = join(root, `.${safeName(path.key)}.lock`);
    this.#locks.push(await onDisk(lock, () => takeLock(lock)));
    const made = new NumberedFiles({ root, path, stream: options, durability: config.durability, summed, log: run.log });
    this.numbered.push(made);
    return made;
  }
}

/** Settings that are those of a file, not of a stream, as text. */
type Ways = Readonly<Record<string, string>>;

function waysOf({ mode, compression, rotate }: StreamOptions): Ways {
  return {
    load_method: mode,
    compression: compression.name,
    compression_level: String(compression.level),
    rotate_rows: String(rotate.rows),
    rotate_bytes: String(rotate.bytes),
    rotate_seconds: String(rotate.milliseconds),
  };
}

async function measureOf(path: string): Promise<Measure> {
  return (await sizeOf(path)) === undefined ? Measure.empty(true) : Measure.ofFile(path);
}
