import { resolve } from 'node:path';
import type { Log, Run } from '../../singer/tap/index.ts';
import { ConfigError, SystemError } from '../../singer/tap/index.ts';
import { withMembers } from './archives.ts';
import { isTemplate, streamNameOf } from './entity.ts';
import type { Entry } from './entries.ts';
import type { FoundFile } from './files.ts';
import { findFiles } from './files.ts';
import type { OpenedLines } from './jsonl/open-lines.ts';
import type { OpenedFile } from './opened.ts';

/** A file of a stream, with the entry that says how to read it. */
export interface Part {
  readonly file: FoundFile;
  readonly entry: Entry;
  /** Standard input and named pipes can be opened once: they stay open from discovery on. */
  held: OpenedFile | undefined;
  heldLines?: OpenedLines | undefined;
}

/** A stream's files. */
export interface Group {
  readonly name: string;
  /** Entries that feed it, at least one; their keys are the same. */
  readonly entries: readonly Entry[];
  /** Its files, each once: the first entry that gives a file says how to read it. */
  readonly parts: readonly Part[];
  /** True if a path of its entries gave no file, and they bear that. */
  readonly lacksFiles: boolean;
}

/**
 * The streams that the entries' files make, in the order of the entries. Throws SystemError for files that are not there or may not
 * be read, InputError for an archive that cannot be read, ConfigError for entries that meet in one stream with different keys, and for
 * a reject file among the files.
 */
export async function groupsOf(entries: readonly Entry[], run: Run): Promise<Group[]> {
  const groups = new Map<string, { entries: Entry[]; parts: Map<string, Part> }>();
  const lacking = new Set<Entry>();
  const groupOf = (name: string, entry: Entry): Map<string, Part> => {
    let group = groups.get(name);
    if (group === undefined) groups.set(name, (group = { entries: [], parts: new Map() }));
    if (!group.entries.includes(entry)) group.entries.push(entry);
    return group.parts;
  };
  for (const entry of entries) {
    if (!isTemplate(entry.entity)) groupOf(entry.entity, entry);
    const unnamed: string[] = [];
    const { files, lacksFiles } = await filesOf(entry, run);
    if (lacksFiles) lacking.add(entry);
    for (const file of files) {
      const name = streamNameOf(entry, file);
      if (name === undefined) unnamed.push(file.key);
      else {
        const parts = groupOf(name, entry);
        const place = placeKey(file);
        if (!parts.has(place)) parts.set(place, { file, entry, held: undefined });
      }
    }
    if (unnamed.length > 0) tellUnnamed(entry, unnamed, files.length, run.log);
  }
  refuseRead(groups, entries);
  return [...groups].map(([name, group]) => {
    if (new Set(group.entries.map((entry) => JSON.stringify(entry.keys))).size > 1) {
      throw new ConfigError([{ path: 'files', message: `the entries of the stream ${name} must have the same keys` }]);
    }
    const lacksFiles = group.entries.some((entry) => lacking.has(entry));
    return { name, entries: group.entries, parts: [...group.parts.values()], lacksFiles };
  });
}

/** Files of which none gives a name are as good as none. Throws SystemError. */
function tellUnnamed(entry: Entry, unnamed: readonly string[], of: number, log: Log): void {
  const { entity, entity_pattern } = entry;
  const facts = {
    entity,
    ...(entity_pattern === undefined ? {} : { entity_pattern }),
    count: unnamed.length,
    files: unnamed.slice(0, NAMED_FILES),
  };
  if (unnamed.length < of || entry.if_no_files === 'warn') log.warn('Files give no name for a stream and are left out', facts);
  else {
    throw new SystemError(`Stream ${entity}: none of its files gives a name for a stream, ${unnamed[0]} for one`, {
      code: 'no-files',
      facts,
      hint: 'Check entity and entity_pattern, which is looked for in the path as it stands here, or set if_no_files to warn.',
    });
  }
}

/** A run that appends to a file it reads would never end, and spoil the file. Throws ConfigError. */
function refuseRead(groups: ReadonlyMap<string, { parts: Map<string, Part> }>, entries: readonly Entry[]): void {
  for (const { on_error, reject_file } of entries) {
    if (on_error !== 'quarantine' || !reject_file) continue;
    if (![...groups.values()].some(({ parts }) => parts.has(resolve(reject_file)))) continue;
    const message = `the reject_file ${reject_file} is one of the files to read: put it elsewhere, or leave it out with exclude`;
    throw new ConfigError([{ path: 'files', message }]);
  }
}

/** Files named in a log line. */
const NAMED_FILES = 20;

/** The same for a file however its path is spelled: `a.csv`, `./a.csv`, `/data/../data/a.csv`. */
function placeKey({ key, path }: FoundFile): string {
  return path === undefined ? key : resolve(key);
}

/** `lacksFiles`: a path gave nothing, or a file that was listed is not there; told. Throws SystemError where the entry does not bear that. */
async function filesOf(entry: Entry, run: Run): Promise<{ files: FoundFile[]; lacksFiles: boolean }> {
  const stream = entry.entity;
  const found = await findFiles(entry.paths, entry.exclude, entry.format);
  const { files, passedOver } = await withMembers(found.files, entry.zipMembers);
  if (found.passedOver > 0) {
    run.log.info(
      `Files not named ${entry.format === 'jsonl' ? '.jsonl or .ndjson' : '.csv'} (with or without an ending of compression) were passed over`,
      {
        stream,
        paths: entry.paths,
        files: found.passedOver,
      },
    );
  }
  if (passedOver > 0) run.log.info('Files in archives were passed over', { stream, paths: entry.paths, files: passedOver });
  // Archives of which nothing is left are as good as a pattern that matches nothing; an empty one is just empty.
  const missing = files.length === 0 && passedOver > 0 ? entry.paths : found.missing;
  if (found.vanished.length > 0) {
    run.log.warn('Files were listed but are not there: removed meanwhile, or links that lead nowhere', {
      stream,
      count: found.vanished.length,
      files: found.vanished.slice(0, NAMED_FILES),
    });
  }
  if (missing.length === 0) return { files, lacksFiles: found.vanished.length > 0 };
  const facts = { stream, paths: missing, exclude: entry.exclude };
  if (entry.if_no_files === 'warn') run.log.warn('No files were found', facts);
  else {
    throw new SystemError(`Stream ${stream}: no files at ${missing.join(', ')}`, {
      code: 'no-files',
      facts,
      hint: 'Check the path (a relative one counts from the working directory), exclude and zip_members, or set if_no_files to warn.',
    });
  }
  return { files, lacksFiles: true };
}

/** Closes what is held open. */
export async function closeAll(parts: readonly Part[]): Promise<void> {
  for (const part of parts) {
    await part.held?.close();
    part.held = undefined;
    await part.heldLines?.close();
    part.heldLines = undefined;
  }
}
