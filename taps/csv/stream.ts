import type { Batch, ReadRequest, Row, Run, Stream } from '../../singer/tap/index.ts';
import { Out, parseExact, SystemError } from '../../singer/tap/index.ts';
import type { Entry } from './entries.ts';
import type { Discovered, Tuning } from './format.ts';
import { USUAL } from './format.ts';
import { discover } from './formats.ts';
import type { Group, Part } from './groups.ts';
import { closeAll, groupsOf } from './groups.ts';
import { madeColumnsOf } from './made-columns.ts';
import type { RejectFile } from './policy.ts';
import type { FileState } from './state.ts';
import { bookmarkOf, statesOf } from './state.ts';

/** One stream: the files of all entries with its name. */
export interface CsvStream extends Stream {
  /** Closes what discovery left open. */
  close(): Promise<void>;
}

/**
 * Finds the entries' files and looks into them. Throws SystemError for files that are not there or may not be read, InputError
 * for a header that cannot be read or lacks a key.
 */
export async function openStreams(
  entries: readonly Entry[],
  metadataColumns: boolean,
  run: Run,
  tuning: Tuning = USUAL,
): Promise<CsvStream[]> {
  const groups = await groupsOf(entries, run);
  try {
    const streams: CsvStream[] = [];
    for (const group of groups) streams.push(await openStream(group, metadataColumns, run, tuning));
    return streams;
  } catch (error) {
    for (const group of groups) await closeAll(group.parts);
    throw error;
  }
}

async function openStream(group: Group, metadataColumns: boolean, run: Run, tuning: Tuning): Promise<CsvStream> {
  const discovered = await discover({ group, ...madeColumnsOf(group, metadataColumns), run, tuning });
  let torn = false;
  const onTorn = (): void => {
    torn = true;
  };
  return {
    id: group.name,
    schema: discovered.schema,
    given: discovered.given,
    keys: group.entries[0]!.keys,
    methods: ['INCREMENTAL', 'FULL_TABLE'],
    seesAll: () => !group.lacksFiles && !torn,
    read: (request) => read({ group, tuning, readFile: discovered.readFile, onTorn }, request),
    close: () => closeAll(group.parts),
  };
}

interface Reading extends Pick<Discovered, 'readFile'> {
  readonly group: Group;
  readonly tuning: Tuning;
  /** Called when something of the source could not be read, and the run goes on. */
  readonly onTorn: () => void;
}

async function* read(reading: Reading, request: ReadRequest): AsyncGenerator<Batch> {
  const { name, parts } = reading.group;
  const incremental = request.method === 'INCREMENTAL';
  const states = incremental ? priorStates(reading, request) : new Map<string, FileState>();
  const out = new Out(reading.tuning.batchBytes, reading.tuning.slackBytes);
  const rejects = new Map<string, RejectFile>();
  const errors = { rows: 0 };
  let left = request.limit ?? Number.MAX_SAFE_INTEGER;
  let unchanged = 0;
  const batch = (): Batch => {
    // A bookmark must not pass over a row that is in the reject file but not on the disk.
    for (const file of rejects.values()) file.flush();
    const lines = out.take();
    return {
      ...(lines.records === 0 ? {} : request.whole ? { lines } : { rows: rowsOf(lines.bytes) }),
      ...(incremental ? { bookmark: bookmarkOf(states) } : {}),
    };
  };
  try {
    for (const part of parts) {
      const prior = states.get(part.file.key);
      if (
        prior?.done === true &&
        prior.size === part.file.size &&
        prior.mtime === part.file.mtime &&
        part.entry.mode !== 'hash'
      ) {
        unchanged++;
        continue;
      }
      const rows = reading.readFile({ part, prior, request, left, rejects, errors, onTorn: reading.onTorn }, out);
      for (;;) {
        const before = out.records;
        const step = await rows.next().catch((error: unknown) => {
          vanished(error, part, name, request);
          reading.onTorn();
          return undefined;
        });
        if (step === undefined) break;
        left -= out.records - before;
        if (part.file.regular) states.set(part.file.key, step.value);
        if (step.done === true) break;
        yield batch();
      }
      if (left <= 0) break;
    }
    if (unchanged > 0) request.log.info('Files have not changed since they were read', { stream: name, files: unchanged });
    const last = batch();
    if (last.lines !== undefined || last.rows !== undefined || last.bookmark !== undefined) yield last;
  } finally {
    for (const file of rejects.values()) file.close();
  }
}

/** A file that was removed after it was listed: told, where the entry bears missing files. Throws any other error. */
function vanished(error: unknown, { file, entry }: Part, stream: string, { log }: ReadRequest): void {
  const gone = error instanceof SystemError && error.code === 'file-not-found' && entry.if_no_files === 'warn';
  if (!gone) throw error;
  log.warn('A file vanished before it could be read', { stream, file: file.key });
}

function rowsOf(lines: Buffer): Row[] {
  return lines
    .toString()
    .trimEnd()
    .split('\n')
    .map((line) => parseExact(line) as Row);
}

/** The states of the files that are still there. */
function priorStates(reading: Reading, request: ReadRequest): Map<string, FileState> {
  const { name, parts } = reading.group;
  const states = statesOf(request.bookmark);
  if (states === undefined) {
    request.log.warn('The state of the stream is not one of file positions: it is read from the beginning', { stream: name });
    return new Map();
  }
  const present = new Set(parts.map((part) => part.file.key));
  const gone = [...states.keys()].filter((key) => !present.has(key));
  // When nothing is there at all, the place is more likely unreachable than emptied.
  if (present.size === 0) return states;
  for (const key of gone) states.delete(key);
  if (gone.length > 0) {
    request.log.info('Files are gone: their positions are forgotten', {
      stream: name,
      count: gone.length,
      files: gone.slice(0, 20),
    });
  }
  return states;
}
