import type { JsonObject, JsonSchema, Out, ReadRequest } from '../../../singer/tap/index.ts';
import { InputError, isJsonObject, parseExact, SystemError } from '../../../singer/tap/index.ts';
import { EXTRA, LINE, MADE_COLUMNS, MISFITS, MTIME, ROW_HASH, SOURCE } from '../columns.ts';
import type { Entry } from '../entries.ts';
import { withFate } from '../fate.ts';
import { tellIdle } from '../idle-settings.ts';
import type { Discovered, Discovery, Wanted } from '../format.ts';
import { BARE, fileWindow, headerWindow } from '../format.ts';
import { fileMembers } from '../layout.ts';
import type { Part } from '../groups.ts';
import { rejectsOf, RowPolicy } from '../policy.ts';
import { resumeOrTell, startOf } from '../resume.ts';
import type { FileState } from '../state.ts';
import { tailClock } from '../tail-clock.ts';
import { VerdictLog } from '../verdicts.ts';
import { lineCheck } from './line-check.ts';
import type { OpenedLines } from './open-lines.ts';
import { openLines } from './open-lines.ts';
import { readLines } from './reader.ts';
import type { Kinds } from './record-types.ts';
import { fits, kindsOfSchema, RecordTypes, schemaOfKinds } from './record-types.ts';
import type { RecordLayout } from './record-writer.ts';

interface Reading extends Discovery {
  readonly properties: ReadonlyMap<string, Kinds>;
}

/** Bytes of a file that are looked at, at most. */
const SAMPLE_BYTES = 4 * 1024 * 1024;
/** So many files are looked at in full measure; more share what these would give. */
const FULL_FILES = 10;
/** Records that a file gives at least. */
const LEAST_RECORDS = 100;
const LF = 0x0a;
/** What a property is taken for of which nothing else is known: the core makes dates and the like of texts. */
const TEXT: Kinds = new Set(['string']);

/**
 * Looks at the first records of a stream's files of JSON lines. Throws SystemError for files that may not be read, InputError for
 * keys that no record has.
 */
export async function discoverLines(discovery: Discovery): Promise<Discovered> {
  const { made, run, tuning, group } = discovery;
  const { entries, parts } = group;
  const keys = entries[0]!.keys;
  if (keys.includes(ROW_HASH)) throw noRowHash(group.name);
  if (entries.some(keepsExtra)) made.add(EXTRA);
  if (entries.some(keepsMisfits)) made.add(MISFITS);
  for (const entry of entries) tellIdle(entry, run.log);
  const types = new RecordTypes();
  const verdicts = new VerdictLog();
  for (const part of parts) {
    const { file, entry } = part;
    const windowBytes = headerWindow(file, tuning);
    const opened = await openLines(file, entry, windowBytes, run.signal);
    // Standard input can be opened once only.
    if (!file.regular) part.heldLines = opened;
    try {
      verdicts.add(file.key, opened.verdicts);
      const share = parts.length <= FULL_FILES ? entry.infer_rows : Math.ceil((entry.infer_rows * FULL_FILES) / parts.length);
      await sample(opened, Math.min(entry.infer_rows, Math.max(LEAST_RECORDS, share)), types);
    } finally {
      if (file.regular) await opened.close();
    }
  }
  verdicts.end(run.log, group.name);
  const found = types.end();
  const lacking = keys.filter((key) => !found.has(key) && !made.has(key));
  if (types.records > 0 && lacking.length > 0) throw keysError(group.name, lacking);
  for (const key of lacking) found.set(key, new Set(['string']));
  for (const name of made) found.delete(name);
  const reading: Reading = { ...discovery, properties: found };
  return {
    schema: schemaOf(reading),
    given: (older) => schemaOf(asAnnounced(reading, older)),
    readFile: (wanted, out) => readFile(reading, wanted, out),
  };
}

function keepsExtra(entry: Entry): boolean {
  return entry.extra_columns === 'evolve' || entry.extra_columns === 'extra';
}

function keepsMisfits(entry: Entry): boolean {
  return (entry.on_type_error ?? 'keep') === 'keep';
}

/** Adds the records at the beginning of a file, at most `limit`; the window stays where it is. Lines that are no records are left out. */
async function sample({ window }: OpenedLines, limit: number, types: RecordTypes): Promise<void> {
  let ahead = 0;
  for (let left = limit; left > 0 && ahead < SAMPLE_BYTES;) {
    const from = window.start + ahead;
    if (from >= window.end && window.eof) return;
    const at = window.bytes.indexOf(LF, from);
    const end = at >= 0 && at < window.end ? at : window.end;
    if (end === window.end && !window.eof) {
      await window.fill();
      continue;
    }
    const record = recordOf(window.bytes.toString('utf8', from, end));
    if (record !== undefined) {
      types.add(record);
      left--;
    }
    ahead = end + 1 - window.start;
  }
}

function recordOf(text: string): JsonObject | undefined {
  try {
    const value = parseExact(text);
    return isJsonObject(value) ? value : undefined;
  } catch {
    // Told when the line is read.
    return undefined;
  }
}

/**
 * With the types of an older catalog, which saw other records: what does not fit them is a misfit, not an error. Its properties are there
 * whether a record that was looked at shows them or not.
 */
function asAnnounced(reading: Reading, { properties }: JsonSchema): Reading {
  if (!isJsonObject(properties)) return reading;
  const older = (name: string): Kinds | undefined => {
    const property = Object.hasOwn(properties, name) ? properties[name] : undefined;
    return isJsonObject(property) ? kindsOfSchema(property) : undefined;
  };
  const kept = ([name, kinds]: [string, Kinds]): [string, Kinds] => [name, narrowed(kinds, older(name))];
  const ours = (name: string): boolean => reading.made.has(name) || Object.hasOwn(MADE_COLUMNS, name);
  const unseen = Object.keys(properties).filter((name) => !reading.properties.has(name) && !ours(name));
  const added = unseen.map((name): [string, Kinds] => [name, older(name) ?? TEXT]);
  return { ...reading, properties: new Map([...[...reading.properties].map(kept), ...added]) };
}

/** Text takes every value: there the core converts. */
function narrowed(kinds: Kinds, older: Kinds | undefined): Kinds {
  return older === undefined || older.has('string') || [...kinds].every((kind) => fits(older, kind)) ? kinds : older;
}

function schemaOf({ made, pathColumns, properties }: Reading): JsonSchema {
  const front = [SOURCE, MTIME, ...pathColumns.keys(), LINE].filter((name) => made.has(name));
  const back = [EXTRA, MISFITS].filter((name) => made.has(name));
  // Not a list of cells, as in CSV files: members have names.
  const extra = { [EXTRA]: { type: ['null', 'object'] } };
  const schemas: Readonly<Record<string, JsonSchema>> = { ...MADE_COLUMNS, ...extra, ...Object.fromEntries(pathColumns) };
  const own = (name: string): [string, JsonSchema] => [name, schemas[name] ?? {}];
  const columns = [...properties].map(([name, kinds]): [string, JsonSchema] => [name, schemaOfKinds(kinds)]);
  return { type: 'object', properties: Object.fromEntries([...front.map(own), ...columns, ...back.map(own)]) };
}

async function* readFile(reading: Reading, wanted: Wanted, out: Out): AsyncGenerator<FileState, FileState> {
  const { group, run, tuning } = reading;
  const { part, prior, request } = wanted;
  const { file, entry } = part;
  const { log } = request;
  const windowBytes = fileWindow(file, tuning);
  let opened = part.heldLines ?? (await openLines(file, entry, windowBytes, run.signal));
  part.heldLines = undefined;
  try {
    let start = startOf(opened);
    if (prior !== undefined) {
      const found = await resumeOrTell(opened, prior, { rowBreak: undefined, stream: group.name, part, log });
      if (found === undefined || found.offset !== opened.window.offset) {
        await opened.close();
        opened = await openLines(file, entry, windowBytes, run.signal);
      }
      start = found ?? startOf(opened);
      if (!(await opened.window.skipTo(start.offset))) throw shrunk(file.key);
    }
    const keys = request.keys.filter((key) => !reading.made.has(key));
    const layout = recordLayout(asAnnounced(reading, request.schema), part, request, opened.mtime);
    const rejects = rejectsOf(group.name, entry, wanted.rejects);
    const policy = new RowPolicy(entry, file.key, log, rejects, wanted.errors);
    const check = tuning.fastLane ? lineCheck(layout.properties, keys, tuning) : undefined;
    log.debug('Reading a file', { stream: group.name, file: file.key, from: start.offset });
    const job = { file, entry, opened, start, layout, check, keys, policy, limit: wanted.left, newTail: tailClock(request), log };
    return await withFate(yield* readLines(job, out), opened, { stream: group.name, file, log, onTorn: wanted.onTorn });
  } finally {
    await opened.close();
  }
}

function recordLayout(reading: Reading, part: Part, request: ReadRequest, mtime: string): RecordLayout {
  const { made, properties } = reading;
  const selected = new Set(request.columns);
  const makes = (name: string): boolean => made.has(name) && selected.has(name);
  const { head, tail } = request.whole ? request.envelope() : BARE;
  const constants = fileMembers({ key: part.file.key, mtime, constants: reading.constantsOf(part) })
    .filter(([name]) => makes(name))
    .map(([name, value]) => `${JSON.stringify(name)}:${value}`);
  return {
    known: new Set(properties.keys()),
    properties: new Map([...properties].filter(([name]) => selected.has(name))),
    front: Buffer.concat([head, Buffer.from(`{${constants.join(',')}`)]),
    hasConstants: constants.length > 0,
    hasLine: makes(LINE),
    keepsExtra: keepsExtra(part.entry) && makes(EXTRA),
    keepsMisfits: keepsMisfits(part.entry) && makes(MISFITS),
    tail,
  };
}

function keysError(stream: string, columns: readonly string[]): InputError {
  return new InputError(`Stream ${stream}: no record that was looked at has ${columns.join(', ')}`, {
    code: 'csv-key-missing',
    facts: { stream, columns },
    hint: 'Name properties of the records in keys; names count as they are written, also upper and lower case.',
  });
}

function noRowHash(stream: string): InputError {
  return new InputError(`Stream ${stream}: ${ROW_HASH} cannot be made for JSON lines`, {
    code: 'row-hash-unknown',
    facts: { stream },
    hint: 'Name properties of the records in keys, or none.',
  });
}

function shrunk(key: string): SystemError {
  return new SystemError(`${key} became shorter while it was read`, {
    code: 'file-changed',
    facts: { file: key },
    hint: 'Run again when nobody writes to it.',
  });
}
