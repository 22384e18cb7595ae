import { afterEach, expect } from 'vitest';
import {
  BlockPool,
  ByteBlocks,
  type Column,
  type Destination,
  type Encoder,
  type Json,
  type Log,
  type Part,
  type StreamHeader,
  type TargetRun,
  type Unit,
} from '../../../../singer/index.ts';
import { checkConfig } from '../../../../singer/shell/config.ts';
import target from '../../../../targets/jsonl/index.ts';
import { settings, type TargetConfig } from '../../../../targets/jsonl/settings.ts';

/** A log whose warnings the test reads; emptied after each test. */
export function recordingLog(): { readonly log: Log; readonly warnings: () => readonly string[] } {
  const warned: string[] = [];
  afterEach(() => void warned.splice(0));
  const ignore = (): void => undefined;
  const warn = (message: string): void => void warned.push(message);
  return {
    log: { debug: ignore, info: ignore, warn, error: warn, warnOnce: (_, message) => warn(message), conceal: ignore },
    warnings: () => warned,
  };
}

export function targetRun(log: Log): TargetRun {
  const startedAt = new Date();
  return {
    name: 'target-jsonl',
    version: '0',
    log,
    signal: new AbortController().signal,
    startedAt,
    runId: 'run-1',
    clock: { receivedAt: startedAt, batchedAt: startedAt },
  };
}

const COLUMNS: readonly Column[] = ['a', 'b', 'c'].map((name) => ({
  name,
  type: 'json',
  nullable: true,
  plain: true,
  schema: {},
}));

export function header(stream: string): StreamHeader {
  return {
    stream,
    schema: { type: 'object', properties: Object.fromEntries(COLUMNS.map((column) => [column.name, column.schema])) },
    columns: COLUMNS,
    keys: [],
    notesChanges: false,
  };
}

/** A destination all of whose streams have the config of the whole target. */
export interface Opened extends Omit<Destination, 'openStream'> {
  openStream(header: StreamHeader): Promise<Encoder>;
}

/** The settings as the core hands them over: checked, with defaults. */
export function configOf(folder: string, given: Readonly<Record<string, Json>>): TargetConfig {
  const checked = checkConfig(settings, { ...given, destination_path: folder });
  expect(checked).toMatchObject({ problems: [], unknown: [] });
  return checked.config as TargetConfig;
}

export async function openFolder(folder: string, given: Readonly<Record<string, Json>>, run: TargetRun): Promise<Opened> {
  const config = configOf(folder, given);
  const destination = await target.open(config, run);
  return {
    async openStream(stream) {
      const encoder = await destination.openStream(stream, config);
      return encoder ?? expect.unreachable(`${stream.stream} is left out`);
    },
    load: (one) => destination.load(one),
    finish: (end) => destination.finish(end),
    close: () => destination.close(),
    summary: (stream) => destination.summary?.(stream) ?? {},
  };
}

export type Records = Readonly<Record<string, readonly string[]>>;

/** Loads the records of each stream as one unit. */
export async function loadRecords(destination: Opened, records: Records, state?: string): Promise<'committed' | 'open'> {
  const parts = [];
  for (const [stream, texts] of Object.entries(records)) {
    parts.push(part(header(stream), await destination.openStream(header(stream)), texts));
  }
  return destination.load({ ...unit(...parts), state });
}

/** Writes the records of each stream, one unit for each list of streams, and ends the run. */
export async function write(destination: Opened, ...units: readonly Records[]): Promise<void> {
  for (const records of units) expect(await loadRecords(destination, records)).toBe('committed');
  await destination.finish({ complete: new Set(), state: undefined });
  await destination.close();
}

/** The part that the encoder makes of these records, each given as its JSON text. */
export function part(stream: StreamHeader, encoder: Encoder, records: readonly string[]): Part {
  const out = new ByteBlocks(new BlockPool());
  for (const record of records) {
    const head = `{"type": "RECORD", "stream": ${JSON.stringify(stream.stream)}, "record": `;
    const line = Buffer.from(`${head}${record}}\r\n`);
    const recordStart = Buffer.byteLength(head);
    const meta = {
      timeExtracted: undefined,
      version: undefined,
      changes: [],
      line,
      recordStart,
      recordEnd: recordStart + Buffer.byteLength(record),
    };
    encoder.encode(JSON.parse(record), meta, out);
  }
  return { header: stream, encoder, ...out.takeAll() };
}

export function unit(...parts: readonly Part[]): Unit {
  return { parts, state: undefined, last: false };
}
