import { mkdir, readdir } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { type Config, defineTarget, type Destination, SystemError, type TargetRun } from '../../singer/index.ts';
import { AppendFile, COMPANIONS } from './append-file.ts';
import { createEncoder } from './encoder.ts';
import { onDisk } from './errors.ts';
import { distinctName, safeName } from './file-name.ts';
import { settings } from './settings.ts';

/** On a busy machine the processor is the limit, not the disk: fast compression, a little larger. */
const GZIP = { level: 3 };

export default defineTarget({
  name: 'target-jsonl',
  summary: 'Writes streams to files of JSON lines, one record per line, the bytes of each record kept as they came.',
  settings,
  open: openFolder,
});

/** The folder of files, one per stream. Each batch is safe in all its files before it counts in any. */
async function openFolder(config: Config<typeof settings>, run: TargetRun): Promise<Destination> {
  const folder = resolve(config.destination_path.replace(/^~(?=\/|$)/, homedir()));
  const ending = `${config.do_timestamp_file ? `-${timestamp(run.startedAt)}` : ''}.jsonl${config.compression === 'gzip' ? '.gz' : ''}`;
  const fileOptions = { durability: config.durability, lines: config.compression === 'none', log: run.log };
  /** Open files by name without the ending, and the name of each stream. */
  const files = new Map<string, AppendFile>();
  const names = new Map<string, string>();

  await onDisk(folder, () => mkdir(folder, { recursive: true }));
  await clearUp();

  /** Finishes what crashed runs left in the folder, also in files that this run will not touch. */
  async function clearUp(): Promise<void> {
    for (const name of await leftBehind(folder)) {
      const path = join(folder, name);
      try {
        await onDisk(path, async () => (await AppendFile.open(path, { ...fileOptions, lines: false })).close());
      } catch (error) {
        if (!(error instanceof SystemError && error.code === 'file-locked')) throw error;
      }
    }
  }

  function fileOf(stream: string): AppendFile {
    const file = files.get(names.get(stream) ?? '');
    if (file === undefined) throw new Error(`Stream ${stream} was not opened`);
    return file;
  }

  async function rollback(file: AppendFile): Promise<void> {
    await file.rollback().catch((reason: unknown) => {
      run.log.warn('Could not take an unfinished batch back; the next run will', { file: file.path, reason: String(reason) });
    });
  }

  async function nameFor(stream: string): Promise<string> {
    if (config.custom_name) return safeName(config.custom_name);
    const there = (await readdir(folder)).filter((name) => name.endsWith(ending)).map((name) => name.slice(0, -ending.length));
    return distinctName(stream, [...there, ...files.keys()]);
  }

  return {
    async openStream(header) {
      const { stream } = header;
      const name = names.get(stream) ?? (await onDisk(folder, () => nameFor(stream)));
      names.set(stream, name);
      if (!files.has(name)) {
        const path = join(folder, name + ending);
        files.set(name, await onDisk(path, () => AppendFile.open(path, fileOptions)));
      }
      return createEncoder(header);
    },

    async load(unit) {
      const batches = new Map<AppendFile, Buffer[]>();
      for (const { header, blocks } of unit.parts) {
        const file = fileOf(header.stream);
        batches.set(file, [...(batches.get(file) ?? []), ...blocks]);
      }
      try {
        for (const [file, blocks] of batches) {
          await onDisk(file.path, async () => file.stage(config.compression === 'gzip' ? [await gzipped(blocks)] : blocks));
        }
        for (const file of batches.keys()) await onDisk(file.path, () => file.commit());
      } catch (error) {
        for (const file of batches.keys()) await rollback(file);
        throw error;
      }
      return 'committed';
    },

    async finish() {},

    async close() {
      const closed = await Promise.allSettled([...files.values()].map((file) => onDisk(file.path, () => file.close())));
      for (const outcome of closed) if (outcome.status === 'rejected') throw outcome.reason;
    },

    summary: (stream) => ({ file: fileOf(stream).path }),
  };
}

/** Names of files beside which a run has left something, or is just writing. */
async function leftBehind(folder: string): Promise<Set<string>> {
  const names = new Set<string>();
  for (const name of await readdir(folder)) {
    const companion = COMPANIONS.find((ending) => name.endsWith(ending));
    if (companion && /\.jsonl(?:\.gz)?$/.test(name.slice(0, -companion.length))) names.add(name.slice(0, -companion.length));
  }
  return names;
}

/** The local time as andyh1203 writes it: `20260131T235900`. */
function timestamp(at: Date): string {
  const local = new Date(at.getTime() - at.getTimezoneOffset() * 60_000);
  return local.toISOString().slice(0, 19).replace(/[-:]/g, '');
}

function gzipped(blocks: readonly Buffer[]): Promise<Buffer> {
  return promisify(gzip)(Buffer.concat(blocks), GZIP);
}
