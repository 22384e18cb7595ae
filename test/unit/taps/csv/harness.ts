import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { JsonObject, Log, ReadRequest, Run } from '../../../../singer/index.ts';
import { InputError } from '../../../../singer/index.ts';
import type { Entry } from '../../../../taps/csv/entries.ts';
import { fileSettings } from '../../../../taps/csv/settings.ts';
import type { Tuning } from '../../../../taps/csv/format.ts';
import { USUAL } from '../../../../taps/csv/format.ts';
import type { CsvStream } from '../../../../taps/csv/stream.ts';
import { openStreams } from '../../../../taps/csv/stream.ts';

export interface Said {
  readonly level: string;
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>> | undefined;
}

/** A log that remembers. */
export function memoryLog(): { log: Log; said: Said[] } {
  const said: Said[] = [];
  const once = new Set<string>();
  const add = (level: string) => (message: string, fields?: Readonly<Record<string, unknown>>) =>
    void said.push({ level, message, fields });
  const warn = add('warning');
  const log: Log = {
    debug: add('debug'),
    info: add('info'),
    warn,
    error: add('error'),
    conceal: () => undefined,
    warnOnce(key, message, fields) {
      if (once.has(key)) return;
      once.add(key);
      warn(message, fields);
    },
  };
  return { log, said };
}

export function runOf(log: Log, signal: AbortSignal = new AbortController().signal): Run {
  return { name: 'tap-csv', version: '0.0.0', log, signal };
}

/** A file entry with the defaults of the settings. */
export function entryOf(options: Partial<Entry> & { paths: readonly string[] }): Entry {
  const defaults = Object.fromEntries(
    Object.entries(fileSettings).map(([name, setting]) => [name, 'default' in setting ? setting.default : undefined]),
  );
  return { ...defaults, entity: 's', exclude: [], zipMembers: [], keys: [], ...options } as Entry;
}

/** A temporary folder, removed by `remove`. */
export function folder(): { path: (name: string) => string; root: string; remove: () => void } {
  const root = mkdtempSync(join(tmpdir(), 'tap-csv-'));
  return { root, path: (name) => join(root, name), remove: () => rmSync(root, { recursive: true, force: true }) };
}

/** Makes entries of one new file each, in the folder. */
export function entryMaker(temp: { path: (name: string) => string }, ending = 'csv') {
  let count = 0;
  return (content: string | Buffer, options: Partial<Entry> = {}): Entry => {
    const path = temp.path(`${count++}.${ending}`);
    writeFileSync(path, content);
    return entryOf({ paths: [path], ...options });
  };
}

/** Sixty rows, of which compressed forms stand in the tests. */
export const SIXTY_ROWS = `a,b\n${Array.from({ length: 60 }, (_, row) => `${row},value ${row}\n`).join('')}`;

export interface ReadOptions {
  readonly request?: Partial<ReadRequest>;
  readonly metadata?: boolean;
  readonly tuning?: Partial<Tuning>;
}

export interface ReadResult {
  readonly stream: CsvStream;
  /** The text of each batch (its bytes are used again) and its bookmark. */
  readonly batches: readonly { readonly text: string; readonly bookmark: JsonObject | undefined }[];
  readonly records: Record<string, unknown>[];
  /** All lines, as text. */
  readonly text: string;
  readonly bookmark: JsonObject | undefined;
  readonly said: readonly Said[];
}

export function requestOf(stream: CsvStream, log: Log, request: Partial<ReadRequest> = {}): ReadRequest {
  return {
    method: 'INCREMENTAL',
    replicationKey: undefined,
    bookmark: undefined,
    keys: stream.keys,
    schema: stream.schema,
    columns: Object.keys(stream.schema['properties'] as object),
    versioned: false,
    whole: true,
    limit: undefined,
    envelope: () => ({ head: Buffer.from('{"type":"RECORD","stream":"s","record":'), tail: Buffer.from('}\n') }),
    signal: new AbortController().signal,
    log,
    ...request,
  };
}

/** Discovers and reads a stream to its end. */
export async function readAll(entries: Entry | readonly Entry[], options: ReadOptions = {}): Promise<ReadResult> {
  const { log, said } = memoryLog();
  const list = Array.isArray(entries) ? (entries as readonly Entry[]) : [entries as Entry];
  const [stream] = await openStreams(list, options.metadata ?? false, runOf(log), { ...USUAL, ...options.tuning });
  if (stream === undefined) throw new Error('no file makes a stream');
  try {
    const batches: { text: string; bookmark: JsonObject | undefined }[] = [];
    for await (const batch of stream.read(requestOf(stream, log, options.request))) {
      batches.push({ text: batch.lines?.bytes.toString('utf8') ?? '', bookmark: batch.bookmark });
    }
    const text = batches.map((batch) => batch.text).join('');
    const records = text
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => (JSON.parse(line) as { record: Record<string, unknown> }).record);
    return { stream, batches, records, text, bookmark: batches.at(-1)?.bookmark, said };
  } finally {
    await stream.close();
  }
}

/** The state of the only file in a bookmark. */
export function fileStateOf(bookmark: JsonObject | undefined): Record<string, unknown> {
  const files = Object.values((bookmark?.['files'] ?? {}) as Record<string, Record<string, unknown>>);
  return files[0] ?? {};
}

/** The error of an input that cannot be read. */
export async function failure(action: Promise<unknown>): Promise<InputError> {
  const error = await action.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(InputError);
  return error as InputError;
}
