import type { JsonSchema, Log, ReadRequest } from '../../singer/index.ts';
import { isJsonObject, SystemError } from '../../singer/index.ts';
import { EXTRA, LINE, MADE_COLUMNS, MISFITS, MTIME, ROW_HASH, SOURCE } from './columns.ts';
import type { Entry } from './entries.ts';
import { withFate } from './fate.ts';
import type { FoundFile } from './files.ts';
import type { Discovered, Discovery, Wanted } from './format.ts';
import { BARE, fileWindow, headerWindow } from './format.ts';
import type { Part } from './groups.ts';
import type { Header } from './header.ts';
import { layoutOf } from './layout.ts';
import { openWithHeader } from './opened.ts';
import type { Out } from './out.ts';
import { rejectsOf, RowPolicy } from './policy.ts';
import { readRows } from './reader.ts';
import { resumeOrTell, startOf } from './resume.ts';
import type { FileState } from './state.ts';
import { extraColumnsError, StreamColumns } from './stream-columns.ts';
import { tailClock } from './tail-clock.ts';
import { keepsMisfits, TYPE_SCHEMAS } from './types/column-type.ts';
import type { StreamTypes } from './types/survey.ts';
import { TypeSurvey } from './types/survey.ts';
import { VerdictLog } from './verdicts.ts';

interface Reading extends Discovery {
  /** Columns of `made` that are announced. */
  readonly announced: ReadonlySet<string>;
  readonly columns: ReadonlySet<string>;
  readonly types: StreamTypes;
  /** Names that the columns of files may not have. */
  readonly reserved: ReadonlySet<string>;
}

/**
 * Reads the headers of a stream's files. Throws SystemError for files that may not be read, InputError for a header that cannot be
 * read or lacks a key.
 */
export async function discoverDelimited(discovery: Discovery): Promise<Discovered> {
  const { made, run, tuning } = discovery;
  const { name, entries, parts } = discovery.group;
  const { log, signal } = run;
  const keys = entries[0]!.keys;
  addAsides(made, entries);
  const reserved = new Set(made);
  const columns = new StreamColumns(name, keys, made, log);
  const verdicts = new VerdictLog();
  const survey = new TypeSurvey(name, entries, parts.length);
  for (const part of parts) {
    const opened = await openWithHeader(part.file, {
      entry: part.entry,
      reserved,
      windowBytes: headerWindow(part.file, tuning),
      signal,
    });
    // Standard input can be opened once only.
    if (!part.file.regular) part.held = opened;
    try {
      verdicts.add(part.file.key, opened.verdicts);
      columns.add(part.file.key, part.entry, opened.header);
      tellJson(part, opened.header, name, log);
      await survey.sample(part.entry, opened);
    } finally {
      if (part.file.regular) await opened.close();
    }
  }
  verdicts.end(log, name);
  columns.end();
  if (keys.includes(ROW_HASH) && !columns.names.has(ROW_HASH)) made.add(ROW_HASH);
  const types = survey.end(columns.names, log);
  // Where every column is text there is nothing that might not fit.
  const announced = new Set(made);
  if (!entries.some((entry) => types.mayKeep(entry, columns.names))) announced.delete(MISFITS);
  const reading: Reading = { ...discovery, announced, columns: columns.names, types, reserved };
  return {
    schema: schemaOf(reading),
    given: (older) => schemaOf({ ...reading, announced: announcedIn(older, made), types: types.as(older) }),
    readFile: (wanted, out) => readFile(reading, wanted, out),
  };
}

/** A first column of this name begins no header, but the first record of a file of JSON. */
const JSON_START = /^\s*(\[\s*$|\[?\s*\{\s*("|$))/;

function tellJson({ file, entry }: Part, header: Header | undefined, stream: string, log: Log): void {
  if (entry.format !== 'auto' || entry.header === false || !JSON_START.test(header?.columns[0] ?? '')) return;
  log.warn('The file is read as CSV but looks like JSON: set format to jsonl if it has one object a line', {
    stream,
    file: file.key,
  });
}

/** Adds the columns beside those of the files that the entries ask for: surplus cells and misfits. */
export function addAsides(made: Set<string>, entries: readonly Entry[]): void {
  if (entries.some(fillsExtra)) made.add(EXTRA);
  if (entries.some(keepsMisfits)) made.add(MISFITS);
}

/** True if cells may go to the list of surplus cells. */
function fillsExtra(entry: Entry): boolean {
  return entry.ragged_rows === 'extra' || entry.duplicate_headers === 'extra' || entry.extra_columns === 'extra';
}

/** The columns of `made` but for that of misfits, unless the older catalog has it. */
function announcedIn({ properties }: JsonSchema, made: ReadonlySet<string>): ReadonlySet<string> {
  const has = isJsonObject(properties) && Object.hasOwn(properties, MISFITS);
  return new Set([...made].filter((name) => name !== MISFITS || has));
}

function schemaOf({ columns, made, announced, pathColumns, types }: Reading): JsonSchema {
  const front = [SOURCE, MTIME, ...pathColumns.keys(), LINE].filter((name) => announced.has(name));
  const back = [EXTRA, MISFITS, ROW_HASH].filter((name) => announced.has(name));
  const schemas: Readonly<Record<string, JsonSchema>> = { ...MADE_COLUMNS, ...Object.fromEntries(pathColumns) };
  const own = (name: string): [string, JsonSchema] => [
    name,
    (made.has(name) ? schemas[name] : undefined) ?? TYPE_SCHEMAS[types.of(name)],
  ];
  return { type: 'object', properties: Object.fromEntries([...front, ...columns, ...back].map(own)) };
}

async function* readFile(reading: Reading, wanted: Wanted, out: Out): AsyncGenerator<FileState, FileState> {
  const { made, run, tuning } = reading;
  const { name } = reading.group;
  const { part, prior, request } = wanted;
  const { file, entry } = part;
  const log = request.log;
  const windowBytes = fileWindow(file, tuning);
  const options = { entry, reserved: reading.reserved, windowBytes, signal: run.signal };
  let opened = part.held ?? (await openWithHeader(file, options));
  part.held = undefined;
  try {
    let start = startOf(opened);
    if (opened.header === undefined) {
      return { size: opened.size, mtime: opened.mtime, offset: 0, hash: opened.window.digest(), rows: 0, line: 1, done: true };
    }
    const hashed = made.has(ROW_HASH) && request.columns.includes(ROW_HASH);
    if (prior !== undefined) {
      const found = await resumeOrTell(opened, prior, { rowBreak: opened.dialect.rowBreak, stream: name, part, log });
      if (found !== undefined) start = found;
      if (found === undefined || hashed || found.offset !== opened.window.offset) {
        await opened.close();
        opened = await openWithHeader(file, options);
        if (found === undefined) start = startOf(opened);
        else if (!hashed && !(await opened.window.skipTo(found.offset))) throw shrunk(file);
      }
    }
    const { header } = opened;
    if (header === undefined) throw shrunk(file);
    const envelope = request.whole ? request.envelope() : BARE;
    const layout = layoutOf({
      header: header.columns,
      cells: await reading.types.as(request.schema).writers(entry, header.columns, request.keys),
      extraCells: extraCellsOf(reading, part, header, request),
      keys: request.keys,
      columns: request.columns,
      key: file.key,
      mtime: opened.mtime,
      made,
      constants: reading.constantsOf(part),
      ...envelope,
    });
    const policy = new RowPolicy(entry, file.key, log, rejectsOf(name, entry, wanted.rejects), wanted.errors);
    log.debug('Reading a file', { stream: name, file: file.key, from: start.offset });
    const { fastLane } = tuning;
    const job = { file, entry, opened, start, layout, policy, limit: wanted.left, newTail: tailClock(request), fastLane, log };
    const state = yield* readRows(job, out);
    return await withFate(state, opened, { stream: name, file, log, onTorn: wanted.onTorn });
  } finally {
    await opened.close();
  }
}

/**
 * The cells of columns that the stream does not have, by the entry's policy: those to put into the list of surplus cells. A column
 * that came into the file after the streams were listed is told; deselected columns are no news. Throws InputError.
 */
function extraCellsOf(reading: Reading, part: Part, header: Header, request: ReadRequest): readonly number[] {
  const { file, entry } = part;
  const stream = reading.group.name;
  const unknown = header.columns.flatMap((column, cell) =>
    column === undefined || reading.columns.has(column) ? [] : [{ column, cell }],
  );
  if (entry.extra_columns === 'fail' && unknown.length > 0) {
    throw extraColumnsError(stream, [{ file: file.key, columns: unknown.map(({ column }) => column) }]);
  }
  if (entry.extra_columns === 'extra') return [...header.extraCells, ...unknown.map(({ cell }) => cell)].sort((a, b) => a - b);
  if (entry.extra_columns === 'evolve') {
    for (const { column } of unknown) {
      const facts = { stream, file: file.key, column };
      request.log.warnOnce(`${file.key}\n${column}`, 'A column is not in the catalog and is left out', facts);
    }
  }
  return header.extraCells;
}

function shrunk(file: FoundFile): SystemError {
  return new SystemError(`${file.key} became shorter while it was read`, {
    code: 'file-changed',
    facts: { file: file.key },
    hint: 'Run again when nobody writes to it.',
  });
}
