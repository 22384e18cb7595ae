import type { Batch, JsonSchema, ReadRequest, Row, Run, Stream } from '../../singer/index.ts';
import { InputError, SystemError } from '../../singer/index.ts';
import { CELL_SCHEMA, EXTRA, LINE, MADE_COLUMNS, MTIME, ROW_HASH, SOURCE } from './columns.ts';
import { dialectOf } from './dialect.ts';
import type { Entry } from './entries.ts';
import type { FoundFile } from './files.ts';
import { layoutOf } from './layout.ts';
import { openWithHeader } from './opened.ts';
import type { Part } from './parts.ts';
import { closeAll, partsOf } from './parts.ts';
import { BATCH_BYTES, Out, SLACK_BYTES } from './out.ts';
import { RejectFile, RowPolicy } from './policy.ts';
import { readRows } from './reader.ts';
import { resumeAt, startOf } from './resume.ts';
import type { FileState } from './state.ts';
import { bookmarkOf, statesOf } from './state.ts';
import { WINDOW_BYTES } from './window.ts';

/** For tests: how files are read, never what is read. */
export interface Tuning {
  readonly windowBytes: number;
  readonly batchBytes: number;
  readonly slackBytes: number;
  readonly fastLane: boolean;
}

export const USUAL: Tuning = { windowBytes: WINDOW_BYTES, batchBytes: BATCH_BYTES, slackBytes: SLACK_BYTES, fastLane: true };

/** Header lines are short: discovery asks for no more than this at once. */
const HEADER_BYTES = 16 * 1024;

/** One stream: the files of all entries with its name. */
export interface CsvStream extends Stream {
  /** Closes what discovery left open. */
  close(): Promise<void>;
}

/**
 * Finds a stream's files and reads their headers. Throws SystemError for files that are not there or may not be read, InputError
 * for a header that cannot be read or lacks a key.
 */
export async function openStream(
  name: string,
  entries: readonly Entry[],
  metadataColumns: boolean,
  run: Run,
  tuning: Tuning = USUAL,
): Promise<CsvStream> {
  const { log, signal } = run;
  const parts = await partsOf(name, entries, run);
  const keys = entries[0]!.keys;
  const made = new Set(metadataColumns ? [SOURCE, MTIME, LINE] : []);
  if (entries.some((entry) => entry.ragged_rows === 'extra')) made.add(EXTRA);
  const columns = new Set<string>();
  const lacking: { file: string; columns: string[] }[] = [];
  try {
    for (const part of parts) {
      const opened = await openWithHeader(part.file, {
        entry: part.entry,
        reserved: made,
        windowBytes: part.file.regular ? Math.min(HEADER_BYTES, tuning.windowBytes) : tuning.windowBytes,
        signal,
      });
      if (part.file.regular) await opened.close();
      else part.held = opened;
      if (opened.header === undefined) {
        log.warn('The file is empty', { stream: name, file: part.file.key });
        continue;
      }
      const { renamed } = opened.header;
      if (renamed.length > 0) {
        log.warn('Columns with an empty or repeated name got another', { stream: name, file: part.file.key, columns: renamed });
      }
      const present = new Set(opened.header.columns);
      const absent = keys.filter((key) => key !== ROW_HASH && !present.has(key) && !made.has(key));
      if (absent.length > 0) lacking.push({ file: part.file.key, columns: absent });
      for (const column of present) if (column !== undefined) columns.add(column);
    }
    if (lacking.length > 0) throw keysError(name, lacking);
  } catch (error) {
    await closeAll(parts);
    throw error;
  }
  if (keys.includes(ROW_HASH) && !columns.has(ROW_HASH)) made.add(ROW_HASH);
  // Without a single header the keys are all that is known.
  if (columns.size === 0) for (const key of keys) if (!made.has(key)) columns.add(key);

  const schema = schemaOf(columns, made);
  return {
    id: name,
    schema,
    keys,
    methods: ['INCREMENTAL', 'FULL_TABLE'],
    read: (request) => read({ name, parts, made, columns, run, tuning }, request),
    close: () => closeAll(parts),
  };
}

function keysError(name: string, lacking: readonly { file: string; columns: readonly string[] }[]): InputError {
  const list = lacking.map(({ file, columns }) => `${file} has no column ${columns.join(', ')}`).join('; ');
  return new InputError(`Stream ${name}: key columns are missing: ${list}`, {
    code: 'csv-key-missing',
    facts: { stream: name, files: lacking },
    hint: 'Name columns of the header in keys; names count as they are written, also upper and lower case.',
  });
}

function schemaOf(columns: ReadonlySet<string>, made: ReadonlySet<string>): JsonSchema {
  const front = [SOURCE, MTIME, LINE].filter((name) => made.has(name));
  const back = [EXTRA, ROW_HASH].filter((name) => made.has(name));
  const schemas: Readonly<Record<string, JsonSchema>> = MADE_COLUMNS;
  const own = (name: string): [string, JsonSchema] => [name, (made.has(name) ? schemas[name] : undefined) ?? CELL_SCHEMA];
  return { type: 'object', properties: Object.fromEntries([...front, ...columns, ...back].map(own)) };
}

interface Reading {
  readonly name: string;
  readonly parts: readonly Part[];
  readonly made: ReadonlySet<string>;
  readonly columns: ReadonlySet<string>;
  readonly run: Run;
  readonly tuning: Tuning;
}

async function* read(reading: Reading, request: ReadRequest): AsyncGenerator<Batch> {
  const { name, parts } = reading;
  const incremental = request.method === 'INCREMENTAL';
  const states = incremental ? priorStates(reading, request) : new Map<string, FileState>();
  const out = new Out(reading.tuning.batchBytes, reading.tuning.slackBytes);
  const rejects = new Map<string, RejectFile>();
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
      if (prior?.done === true && prior.size === part.file.size && prior.mtime === part.file.mtime) {
        unchanged++;
        continue;
      }
      const rows = readPart(reading, part, prior, { request, left, rejects }, out);
      for (;;) {
        const before = out.records;
        const step = await rows.next();
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

/** Rows that the core converts to types the catalog wants leave as objects. */
const BARE = { head: Buffer.alloc(0), tail: Buffer.from('\n') };

function rowsOf(lines: Buffer): Row[] {
  return lines
    .toString()
    .trimEnd()
    .split('\n')
    .map((line): Row => JSON.parse(line));
}

/** The states of the files that are still there. */
function priorStates(reading: Reading, request: ReadRequest): Map<string, FileState> {
  const { name, parts } = reading;
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

interface Wanted {
  readonly request: ReadRequest;
  readonly left: number;
  readonly rejects: Map<string, RejectFile>;
}

async function* readPart(
  reading: Reading,
  part: Part,
  prior: FileState | undefined,
  wanted: Wanted,
  out: Out,
): AsyncGenerator<FileState, FileState> {
  const { made, name, run, tuning } = reading;
  const { request } = wanted;
  const { file, entry } = part;
  const log = request.log;
  // Many small files should not each take the memory of a large one.
  const windowBytes = file.regular ? Math.min(tuning.windowBytes, Math.max(HEADER_BYTES, file.size)) : tuning.windowBytes;
  const options = { entry, reserved: made, windowBytes, signal: run.signal };
  let opened = part.held ?? (await openWithHeader(file, options));
  part.held = undefined;
  try {
    let start = startOf(opened);
    if (opened.header === undefined) {
      return { size: opened.size, mtime: opened.mtime, offset: 0, hash: opened.window.digest(), rows: 0, line: 1, done: true };
    }
    const hashed = made.has(ROW_HASH) && request.columns.includes(ROW_HASH);
    if (prior !== undefined) {
      const found = await resumeAt(opened, prior, dialectOf(entry, file.key).rowBreak);
      if (found === undefined)
        log.info('The file was rewritten: it is read from the beginning', { stream: name, file: file.key });
      else {
        if (found.again)
          log.info('The last row of the file has grown: it is sent again, with what followed it', {
            stream: name,
            file: file.key,
            line: found.line,
          });
        start = found;
      }
      if (found === undefined || hashed || found.offset !== opened.window.offset) {
        await opened.close();
        opened = await openWithHeader(file, options);
        if (found === undefined) start = startOf(opened);
        else if (!hashed && !(await opened.window.skipTo(found.offset))) throw shrunk(file);
      }
    }
    const header = opened.header?.columns ?? [];
    warnOfUnknown(reading, file, header, request);
    const envelope = request.whole ? request.envelope() : BARE;
    const layout = layoutOf({ header, columns: request.columns, key: file.key, mtime: opened.mtime, made, ...envelope });
    const policy = new RowPolicy(entry, file.key, log, rejectsOf(entry, wanted.rejects));
    log.debug('Reading a file', { stream: name, file: file.key, from: start.offset });
    const { fastLane } = tuning;
    return yield* readRows({ file, entry, opened, start, layout, policy, limit: wanted.left, fastLane, log }, out);
  } finally {
    await opened.close();
  }
}

function rejectsOf(entry: Entry, open: Map<string, RejectFile>): RejectFile | undefined {
  if (entry.on_error !== 'quarantine' || !entry.reject_file) return undefined;
  let file = open.get(entry.reject_file);
  if (file === undefined) open.set(entry.reject_file, (file = new RejectFile(entry.reject_file)));
  return file;
}

/** Columns that came into the file after the streams were listed. Deselected columns are no news. */
function warnOfUnknown(reading: Reading, file: FoundFile, header: readonly (string | undefined)[], request: ReadRequest): void {
  for (const column of header) {
    if (column === undefined || reading.columns.has(column)) continue;
    request.log.warnOnce(`${file.key}\n${column}`, 'A column is not in the catalog and is left out', {
      stream: reading.name,
      file: file.key,
      column,
    });
  }
}

function shrunk(file: FoundFile): SystemError {
  return new SystemError(`${file.key} became shorter while it was read`, {
    code: 'file-changed',
    facts: { file: file.key },
    hint: 'Run again when nobody writes to it.',
  });
}
