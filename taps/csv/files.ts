import type { Dirent } from 'node:fs';
import { lstat, readdir, stat } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { expandBraces, hasMagic, pathMatcher, segmentMatcher } from './glob.ts';
import { systemError } from './refusal.ts';
import type { ZipMember } from './zip.ts';

/** A file to read. */
export interface FoundFile {
  /** The path as configured, with what a folder or pattern added: names the file in state, messages and `_sdc_source_file`. */
  readonly key: string;
  /** Path to open; undefined for standard input. */
  readonly path: string | undefined;
  /** False for standard input and named pipes, which cannot be read twice. */
  readonly regular: boolean;
  readonly size: number;
  /** Last change, RFC 3339 in UTC with nanoseconds. */
  readonly mtime: string;
  /** Set for a file in a ZIP archive: where in the archive at `path` it is, and the archive's size when it was listed. */
  readonly member?: ZipMember & { readonly archiveSize: number };
}

/** Names taken from a folder; anything else there is left out, as MeltanoLabs' tap does, and may be asked for by a pattern. */
const FOLDER_NAMES = {
  auto: /\.csv(\.(gz|zst|bz2|zip))?$/i,
  csv: /\.csv(\.(gz|zst|bz2|zip))?$/i,
  jsonl: /\.(jsonl|ndjson)(\.(gz|zst|bz2|zip))?$/i,
};

/**
 * The files of a list of paths, each once, in a stable order: lists in their order, what a folder or pattern gives sorted by path.
 * `missing` names the paths that gave none, `vanished` the files that were listed and are not there: removed meanwhile, or links that
 * lead nowhere. Throws SystemError for what may not be read.
 */
export async function findFiles(
  paths: readonly string[],
  exclude: readonly string[],
  format: keyof typeof FOLDER_NAMES = 'auto',
): Promise<{ files: FoundFile[]; missing: string[]; vanished: string[]; passedOver: number }> {
  const excluded = pathMatcher(exclude);
  const found = new Map<string, FoundFile>();
  const missing: string[] = [];
  const vanished: string[] = [];
  let passedOver = 0;
  for (const path of paths) {
    if (path === '-') {
      found.set('-', { key: '-', path: undefined, regular: false, size: 0, mtime: stampOf(0n) });
      continue;
    }
    const place = path.startsWith('file:') ? fileURLToPath(path) : path;
    let any = false;
    for (const file of await candidates(place, FOLDER_NAMES[format])) {
      if (file.passedOver) {
        passedOver++;
        continue;
      }
      if (excluded(file.path)) continue;
      const facts = await factsOf(file.path);
      if (facts === undefined) {
        vanished.push(file.path);
        continue;
      }
      any = true;
      found.set(file.path, { key: file.path, path: file.path, ...facts });
    }
    if (!any) missing.push(path);
  }
  return { files: [...found.values()], missing, vanished, passedOver };
}

interface Candidate {
  readonly path: string;
  /** In a folder, but not named like a file of the format. */
  readonly passedOver: boolean;
}

async function candidates(place: string, names: RegExp): Promise<Candidate[]> {
  const facts = await statOf(place);
  if (facts?.isDirectory() === true) {
    const below = await filesBelow(place.replace(/(?<=.)\/+$/, ''));
    return below.sort(byText).map((path) => ({ path, passedOver: !names.test(path) }));
  }
  if (facts !== undefined) return [{ path: place, passedOver: false }];
  if (!hasMagic(place)) return [];
  const all = new Set<string>();
  for (const pattern of expandBraces(place)) for (const path of await glob(pattern)) all.add(path);
  return [...all].sort(byText).map((path) => ({ path, passedOver: false }));
}

/** Expands one pattern without braces, segment by segment, so that only folders that can match are listed. */
async function glob(pattern: string): Promise<string[]> {
  const absolute = pattern.startsWith('/');
  const segments = pattern.split('/').filter((segment) => segment !== '');
  let places = [absolute ? '/' : ''];
  for (const [index, segment] of segments.entries()) {
    const last = index === segments.length - 1;
    const next = new Set<string>();
    for (const place of places) {
      if (segment === '**') {
        for (const folder of await foldersBelow(place)) next.add(folder);
        if (last) for (const file of await filesBelow(place, false)) next.add(file);
      } else if (hasMagic(segment)) {
        const matches = segmentMatcher(segment);
        for (const entry of await list(place)) if (matches(entry.name)) next.add(join(place, entry.name));
      } else next.add(join(place, segment));
    }
    places = [...next];
  }
  const files: string[] = [];
  for (const place of places) if (place !== '' && (await isFileOrLink(place))) files.push(place);
  return files;
}

/** True for anything but a folder; a link that leads nowhere counts. */
async function isFileOrLink(path: string): Promise<boolean> {
  const facts = await statOf(path);
  return facts === undefined ? (await lstat(path).catch(() => undefined)) !== undefined : !facts.isDirectory();
}

/** The folder itself and all below it. Linked and hidden folders are left out: a link may lead in a circle. */
async function foldersBelow(place: string): Promise<string[]> {
  const folders = [place];
  for (const entry of await list(place)) {
    if (entry.isDirectory() && !entry.name.startsWith('.')) folders.push(...(await foldersBelow(join(place, entry.name))));
  }
  return folders;
}

async function filesBelow(place: string, hidden = true): Promise<string[]> {
  const files: string[] = [];
  for (const entry of await list(place)) {
    if (!hidden && entry.name.startsWith('.')) continue;
    const path = join(place, entry.name);
    if (entry.isDirectory()) files.push(...(await filesBelow(path, hidden)));
    else if (!entry.isSymbolicLink() || (await statOf(path))?.isDirectory() !== true) files.push(path);
  }
  return files;
}

async function list(place: string): Promise<Dirent[]> {
  try {
    return await readdir(place === '' ? '.' : place, { withFileTypes: true });
  } catch (error) {
    // A pattern passes through files and folders that are just not there.
    if (isMissing(error)) return [];
    throw systemError(place, error);
  }
}

async function statOf(path: string): Promise<{ isDirectory(): boolean } | undefined> {
  try {
    return await stat(path);
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw systemError(path, error);
  }
}

async function factsOf(path: string): Promise<{ regular: boolean; size: number; mtime: string } | undefined> {
  try {
    const facts = await stat(path, { bigint: true });
    return { regular: facts.isFile(), size: Number(facts.size), mtime: stampOf(facts.mtimeNs) };
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw systemError(path, error);
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR');
}

function join(place: string, name: string): string {
  return place === '' || place.endsWith('/') ? place + name : `${place}/${name}`;
}

function byText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** A time in nanoseconds since 1970 as RFC 3339 text with all nine digits. */
export function stampOf(nanoseconds: bigint): string {
  const seconds = nanoseconds / 1_000_000_000n;
  const fraction = String(nanoseconds % 1_000_000_000n).padStart(9, '0');
  return `${new Date(Number(seconds) * 1000).toISOString().slice(0, 19)}.${fraction}Z`;
}
