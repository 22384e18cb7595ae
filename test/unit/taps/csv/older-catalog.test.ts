import { rmSync, writeFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import { afterAll, describe, expect, it } from 'vitest';
import { discover } from '../../../../singer/tap/catalog.ts';
import type { Entry } from '../../../../taps/csv/entries.ts';
import { openStreams } from '../../../../taps/csv/stream.ts';
import { type SyncResult, sync } from '../../../support/memory-tap.ts';
import { entryOf, folder, memoryLog, runOf } from './harness.ts';

const temp = folder();
afterAll(() => temp.remove());
const ajv = new Ajv({ strict: false, validateFormats: false });
let count = 0;

/** Discovers with `before` in the file, then syncs by that catalog with `after` in it. */
async function syncByOlder(before: string, after: string, options: Partial<Entry>, ending = 'csv'): Promise<SyncResult> {
  const path = temp.path(`${count++}.${ending}`);
  const entry = entryOf({ paths: [path], infer_types: 'sample', ...options });
  const run = runOf(memoryLog().log);
  writeFileSync(path, before);
  const catalog = discover(await openStreams([entry], false, run));
  writeFileSync(path, after);
  return sync(await openStreams([entry], false, run), { catalog });
}

function recordsOf({ messages, error }: SyncResult): unknown[] {
  expect(error).toBeUndefined();
  const schema = messages.find((message) => message.type === 'SCHEMA')!.schema!;
  const records = messages.flatMap((message) => (message.type === 'RECORD' ? [message.record!] : []));
  for (const record of records) expect(ajv.validate(schema, record)).toBe(true);
  return records;
}

const warned = ({ log }: SyncResult): string[] => log.lines.filter(({ level }) => level === 'warn').map(({ message }) => message);

describe('the types of a catalog that saw other rows', () => {
  it.each([
    ['number', '5.5'],
    ['text', 'x'],
    ['a time', '2026-01-01T00:00:00Z'],
  ])('stay: what does not fit them any more is kept beside, counted and told, and nothing crashes: %s', async (_name, cell) => {
    const result = await syncByOlder('v,d\n1,2026-01-01\n', `v,d\n${cell},\n7,soon\n`, {});
    expect(recordsOf(result)).toEqual([
      { v: null, d: null, _sdc_misfits: { v: cell } },
      { v: 7, d: null, _sdc_misfits: { d: 'soon' } },
    ]);
    expect(warned(result)).toHaveLength(2);
    expect(warned(result).join()).toContain('kept in _sdc_misfits');
  });

  it('stay where they are wider', async () => {
    const text = await syncByOlder('v\nx\n', 'v\n5\n', {});
    expect(recordsOf(text)).toEqual([{ v: '5' }]);
    const number = await syncByOlder('v\n5.5\n', 'v\n5\n', {});
    expect(recordsOf(number)).toEqual([{ v: 5, _sdc_misfits: null }]);
    expect([...warned(text), ...warned(number)]).toEqual([]);
  });

  it('do not change what the settings say of a column', async () => {
    const result = await syncByOlder('v,w\n1,1\n', 'v,w\nx,x\n', { types: { v: 'integer' }, on_error: 'skip' });
    expect(recordsOf(result)).toEqual([]);
    expect(warned(result).join()).toContain('Malformed rows were left out');
  });

  it('stay in JSON lines, too; where text is announced everything becomes text', async () => {
    const result = await syncByOlder(
      '{"a":1,"b":[1],"s":null}\n',
      '{"a":1,"b":[2],"s":7}\n{"a":"x","b":{"q":1}}\n{"a":2.5}\n',
      {},
      'jsonl',
    );
    expect(recordsOf(result)).toEqual([
      { a: 1, b: [2], s: '7' },
      { a: null, b: null, _sdc_misfits: { a: 'x', b: '{"q":1}' } },
      { a: null, _sdc_misfits: { a: '2.5' } },
    ]);
  });

  it('stay in JSON lines where no record that was looked at shows a property: one that comes later has its place', async () => {
    const result = await syncByOlder(
      '{"a":1,"b":{"c":1},"s":"x"}\n',
      '{"a":1}\n{"a":2,"b":{"c":2},"s":"y"}\n',
      { infer_rows: 1 },
      'jsonl',
    );
    expect(recordsOf(result)).toEqual([{ a: 1 }, { a: 2, b: { c: 2 }, s: 'y' }]);
    expect(warned(result)).toEqual([]);
  });

  it('stay in JSON lines where there is no file at all', async () => {
    const path = temp.path('none-yet.jsonl');
    const entry = entryOf({ paths: [path], if_no_files: 'warn', keys: ['a'] });
    const run = runOf(memoryLog().log);
    writeFileSync(path, '{"a":1,"d":"2026-01-01"}\n');
    const catalog = discover(await openStreams([entry], false, run));
    const announced = catalog.streams[0]!.schema;
    rmSync(path);
    const { messages } = await sync(await openStreams([entry], false, run), { catalog });
    expect(messages.find(({ type }) => type === 'SCHEMA')!.schema).toEqual(announced);
  });
});
