import type { JsonSchema, Log, Out } from '../../singer/tap/index.ts';
import { isJsonObject } from '../../singer/tap/index.ts';
import { EXTRA, LINE, MADE_COLUMNS, MISFITS, MTIME, ROW_HASH, SOURCE } from './columns.ts';
import type { Entry } from './entries.ts';
import type { Discovered, Discovery, Wanted } from './format.ts';
import { headerWindow } from './format.ts';
import type { Part } from './groups.ts';
import type { Header } from './header.ts';
import { openWithHeader } from './opened.ts';
import type { FileState } from './state.ts';
import { StreamColumns } from './stream-columns.ts';
import { keepsMisfits, TYPE_SCHEMAS } from './types/column-type.ts';
import type { StreamTypes } from './types/survey.ts';
import { TypeSurvey } from './types/survey.ts';
import { VerdictLog } from './verdicts.ts';

/** All that is known of a stream's files once their headers were read. */
export interface Reading extends Discovery {
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

/** Loaded at the first file: discovery reads none. */
async function* readFile(reading: Reading, wanted: Wanted, out: Out): AsyncGenerator<FileState, FileState> {
  const { readDelimited } = await import('./read-delimited.ts');
  return yield* readDelimited(reading, wanted, out);
}
