import type { Run } from '../../singer/index.ts';
import { SystemError } from '../../singer/index.ts';
import type { Entry } from './entries.ts';
import type { FoundFile } from './files.ts';
import { findFiles } from './files.ts';
import type { OpenedFile } from './opened.ts';

/** A file of a stream, with the entry that says how to read it. */
export interface Part {
  readonly file: FoundFile;
  readonly entry: Entry;
  /** Standard input and named pipes can be opened once: they stay open from discovery on. */
  held: OpenedFile | undefined;
}

/** The files of a stream's entries, each once: the first entry that gives a file says how to read it. Throws SystemError. */
export async function partsOf(name: string, entries: readonly Entry[], run: Run): Promise<Part[]> {
  const parts = new Map<string, Part>();
  for (const entry of entries) {
    const { files, missing, passedOver } = await findFiles(entry.paths, entry.exclude);
    for (const file of files) if (!parts.has(file.key)) parts.set(file.key, { file, entry, held: undefined });
    if (passedOver > 0) {
      run.log.info('Files not named .csv or .csv.gz were passed over', { stream: name, paths: entry.paths, files: passedOver });
    }
    if (missing.length === 0) continue;
    const facts = { stream: name, paths: missing, exclude: entry.exclude };
    if (entry.if_no_files === 'warn') run.log.warn('No files were found', facts);
    else {
      throw new SystemError(`Stream ${name}: no files at ${missing.join(', ')}`, {
        code: 'no-files',
        facts,
        hint: 'Check the path (a relative one counts from the working directory), or set if_no_files to warn.',
      });
    }
  }
  return [...parts.values()];
}

/** Closes what is held open. */
export async function closeAll(parts: readonly Part[]): Promise<void> {
  for (const part of parts) {
    await part.held?.close();
    part.held = undefined;
  }
}
