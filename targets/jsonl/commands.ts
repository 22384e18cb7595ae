import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { type Command, ConfigError, stringifyExact, SystemError } from '../../singer/index.ts';
import { ENDING } from './compression.ts';
import { forEach, sizeOf, unlessMissing } from './disk.ts';
import { onDisk } from './errors.ts';
import { type FileEntry, Manifest, MANIFEST } from './manifest.ts';
import { sumOf } from './measure.ts';
import { folderOf } from './options.ts';
import type { settings, TargetConfig } from './settings.ts';

/** Names of files that are shown; the counts say how many there are. */
const MAX_SHOWN = 20;

/** `verify`: are the files what the manifest says? */
export const verifyCommand: Command<typeof settings> = {
  summary:
    'verify compares the files in destination_path with manifest.json: missing, changed and extra ones are listed and end it with exit code 1',
  async run(config: TargetConfig): Promise<string> {
    const root = folderOf(config);
    const manifest = await manifestOf(root);
    const faults = await faultsOf(root, manifest);
    const all = [...manifest.files.values()];
    if (faults.length === 0) {
      const sum = (name: 'rows' | 'bytes'): number => all.reduce((total, file) => total + file[name], 0);
      return `${all.length} files with ${sum('rows')} records (${sum('bytes')} bytes) are as the manifest has them`;
    }
    const found = KINDS.map((kind) => ({ kind, paths: faults.filter(({ fault }) => fault === kind).map(({ path }) => path) }));
    const shown = found
      .filter(({ paths }) => paths.length > 0)
      .map(({ kind, paths }) => `${paths.length} ${kind} (${listed(paths)})`);
    throw new SystemError(`The files are not as the manifest has them: ${shown.join(', ')}`, {
      code: 'verify-failed',
      facts: { files: all.length, ...Object.fromEntries(found.map(({ kind, paths }) => [kind, paths.length])) },
      hint: 'While a run is writing, files may be ahead of the manifest: verify when none is.',
    });
  },
};

function listed(paths: readonly string[]): string {
  const more = paths.length - MAX_SHOWN;
  return `${paths.slice(0, MAX_SHOWN).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

/** `state get`: the state that the files are complete up to. */
export const stateCommand: Command<typeof settings> = {
  summary: 'state get prints the state of manifest.json as one line ({} if there is none)',
  async run(config: TargetConfig, _run, args): Promise<string> {
    if (args[0] !== 'get') throw new ConfigError([{ path: 'state', message: 'needs get' }]);
    return stringifyExact((await Manifest.read(folderOf(config))).state ?? {});
  },
};

const KINDS = ['missing', 'changed', 'extra'] as const;

interface Fault {
  readonly path: string;
  readonly fault: (typeof KINDS)[number];
}

async function faultsOf(root: string, manifest: Manifest): Promise<Fault[]> {
  const faults: Fault[] = [];
  await forEach(manifest.files.values(), async (file) => {
    const fault = await onDisk(join(root, file.path), () => faultOf(root, file));
    if (fault !== undefined) faults.push({ path: file.path, fault });
  });
  const ours = new RegExp(`\\.${ENDING}$`, 'u');
  const there = await onDisk(root, () => readdir(root, { recursive: true, withFileTypes: true }));
  for (const entry of there) {
    const path = join(entry.parentPath, entry.name)
      .slice(root.length + 1)
      .replaceAll('\\', '/');
    const isData = entry.isFile() && ours.test(path) && !basename(path).startsWith('.');
    if (isData && !manifest.files.has(path)) faults.push({ path, fault: 'extra' });
  }
  return faults.toSorted((a, b) => (a.path < b.path ? -1 : 1));
}

async function faultOf(root: string, { path, bytes, sha256 }: FileEntry): Promise<'missing' | 'changed' | undefined> {
  const place = join(root, path);
  const size = await sizeOf(place);
  if (size === undefined) return 'missing';
  return size === bytes && (await sumOf(place)).sha256 === sha256 ? undefined : 'changed';
}

async function manifestOf(root: string): Promise<Manifest> {
  const path = join(root, MANIFEST);
  if ((await onDisk(path, () => sizeOf(path).catch(unlessMissing))) === undefined) {
    throw new SystemError(`There is no manifest: ${path}`, {
      code: 'manifest-missing',
      facts: { path },
      hint: 'Runs write one when the setting manifest is true.',
    });
  }
  return Manifest.read(root);
}
