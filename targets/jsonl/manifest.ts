import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { InputError, isJsonObject, type Json, type JsonObject, parseExact, stringifyExact } from '../../singer/index.ts';
import { type Durability, replaceFile, unlessMissing } from './disk.ts';

export const MANIFEST = 'manifest.json';
const VERSION = 1;

/** A file that is complete up to its `bytes`. `path` is relative to the destination folder, with slashes. */
// oxlint-disable-next-line typescript/consistent-type-definitions -- an interface is not assignable to JsonObject
export type FileEntry = {
  readonly path: string;
  readonly streams: readonly string[];
  readonly rows: number;
  readonly bytes: number;
  readonly sha256: string;
  readonly run_id: string;
  /** When the run last wrote to it, ISO 8601. */
  readonly written_at: string;
};

export type StreamEntry = {
  readonly key_properties: readonly string[];
  /** Of the schema as compact JSON. */
  readonly schema_sha256: string;
  readonly schema_file?: string;
};

/** The content of `manifest.json`: which files there are, what is in them, and up to which state. */
export class Manifest {
  /** The newest state that is in the files; undefined if none came yet. */
  state: Json | undefined;
  readonly files = new Map<string, FileEntry>();
  readonly streams = new Map<string, StreamEntry>();
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /** Reads the folder's manifest; an empty one if there is none. Throws InputError `manifest-unreadable`. */
  static async read(folder: string): Promise<Manifest> {
    const manifest = new Manifest(folder);
    const text = await readFile(join(folder, MANIFEST), 'utf8').catch(unlessMissing);
    if (text === undefined) return manifest;
    const value = parsed(text);
    if (!isJsonObject(value) || value['version'] !== VERSION || !Array.isArray(value['files'])) {
      throw new InputError(`The manifest cannot be read: ${join(folder, MANIFEST)}`, {
        code: 'manifest-unreadable',
        facts: { path: join(folder, MANIFEST) },
        hint: 'Move it away: the next run with manifest true makes a new one of the files that it writes.',
      });
    }
    for (const file of value['files'] as readonly FileEntry[]) manifest.files.set(file.path, file);
    const streams = Object.entries((value['streams'] ?? {}) as JsonObject);
    for (const [stream, entry] of streams) manifest.streams.set(stream, entry as StreamEntry);
    manifest.state = value['state'] ?? undefined;
    return manifest;
  }

  /** Puts it in the place of the folder's manifest in one step. */
  async write(
    run: { readonly runId: string; readonly startedAt: Date; readonly writer: string },
    durability: Durability,
  ): Promise<void> {
    const head = {
      version: VERSION,
      written_by: run.writer,
      run_id: run.runId,
      run_started_at: run.startedAt.toISOString(),
      written_at: new Date().toISOString(),
      state: this.state ?? null,
      streams: Object.fromEntries(this.streams),
    };
    // One line per file: easy to compare, easy to search.
    const files = [...this.files.values()].toSorted((a, b) => (a.path < b.path ? -1 : 1)).map((file) => JSON.stringify(file));
    const text = `${stringifyExact(head).slice(0, -1)},"files":[${files.map((file) => `\n${file}`).join(',')}\n]}\n`;
    await replaceFile(join(this.#folder, MANIFEST), text, durability);
  }
}

function parsed(text: string): Json | undefined {
  try {
    return parseExact(text);
  } catch {
    return undefined; // Told by the caller, without the parser's words, which quote the content.
  }
}
