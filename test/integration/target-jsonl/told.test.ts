import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { executable, type Finished, run } from '../../support/processes.ts';
import { temporaryFolder } from '../../support/tmp.ts';

const SCHEMA = '{"properties":{"id":{"type":"integer"},"x":{"type":["null","number"]}}}';
const schema = (stream: string): string => `{"type":"SCHEMA","stream":"${stream}","schema":${SCHEMA},"key_properties":["id"]}`;
const record = (stream: string, text: string): string => `{"type":"RECORD","stream":"${stream}","record":${text}}`;

interface Loaded extends Finished {
  readonly folder: string;
  readonly files: readonly string[];
}

async function loaded(config: object, list: readonly string[], folder = temporaryFolder()): Promise<Loaded> {
  const out = join(folder, 'out');
  writeFileSync(join(folder, 'config.json'), JSON.stringify({ destination_path: out, ...config }));
  const args = [executable('target-jsonl'), '--config', join(folder, 'config.json')];
  const finished = await run(process.execPath, args, { input: list.map((line) => `${line}\n`).join('') });
  return { ...finished, folder: out, files: readdirSync(out).toSorted() };
}

describe('numbers that JSON does not have', () => {
  const LIST = [
    schema('s'),
    record('s', '{"id":1,"x":NaN}'),
    record('s', '{"id":2,"x":1.50,"more":{"a":[-Infinity,"NaN"]}}'),
    record('s', '{"id":3,"x":null,"text":"NaN"}'),
  ];

  test.each([{}, { add_record_metadata: true }, { partition_by: ['id'] }])(
    'are null, noted with what they were, warned of once and counted (%j)',
    async (config) => {
      const ran = await loaded(config, [...LIST, record('s', '{"id":4,"x":Infinity}')]);
      expect(ran.status, ran.stderr).toBe(0);
      const names = readdirSync(ran.folder, { recursive: true })
        .map(String)
        .filter((name) => name.endsWith('.jsonl'))
        .sort();
      const text = names.map((name) => readFileSync(join(ran.folder, name), 'utf8'));
      const rows = text
        .join('')
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as Record<string, unknown>);
      const note = (column: string, old: string): object => ({ column, reason: 'not-a-number', old });
      expect(rows.map(({ _sdc_changes }) => _sdc_changes)).toEqual([
        [note('x', 'NaN')],
        [note('more', '{"a":["-Infinity","NaN"]}')],
        undefined,
        [note('x', 'Infinity')],
      ]);
      expect(rows.map(({ x }) => x)).toEqual([null, 1.5, null, null]);
      expect(ran.stderr.match(/JSON has no NaN/g)).toHaveLength(2);
      expect(ran.stderr).toContain('changed=3');
    },
  );

  test('stay readable in the quarantine', async () => {
    const ran = await loaded({ on_bad_record: 'quarantine' }, [schema('s'), record('s', '{"id":"bad","x":NaN}')]);
    const row = JSON.parse(readFileSync(join(ran.folder, '_sdc_quarantine.jsonl'), 'utf8')) as { record: string };
    expect(JSON.parse(row.record)).toEqual({ id: 'bad', x: 'NaN' });
  });
});

test('settings that do not fit one stream are named with the stream', async () => {
  const ran = await loaded({ path_template: '{stream}.{ext}', stream_options: { b: { rotate_rows: 2 } } }, [
    schema('a'),
    schema('b'),
  ]);
  expect(ran).toMatchObject({ status: 2, files: [] });
  expect(ran.stderr).toContain(
    'path_template: needs {seq}, because rotation gives a stream several files (stream b, by stream_options)',
  );
});

test.skipIf(process.platform !== 'linux')('a folder that takes no other is an error, not a run without an end', async () => {
  const config = join(temporaryFolder(), 'config.json');
  writeFileSync(config, JSON.stringify({ destination_path: '/proc/none/here' }));
  const ran = await run(process.execPath, [executable('target-jsonl'), '--config', config]);
  expect(ran).toMatchObject({ status: 1, stderr: expect.stringContaining('code=file-error path=/proc/none/here') });
});

describe('streams that share their files', () => {
  const LIST = [schema('a'), schema('b'), record('a', '{"id":1}'), record('b', '{"id":2}'), '{"type":"STATE","value":{"n":1}}'];

  test.each([
    ['load_method', { b: { load_method: 'overwrite' } }],
    ['load_method', { a: { load_method: 'overwrite' } }],
    ['compression', { a: { compression: 'gzip' } }],
    ['rotate_rows', { a: { rotate_rows: 1 }, b: { rotate_rows: 2 } }],
  ])('must agree on %s: %j', async (setting, stream_options) => {
    const ran = await loaded({ custom_name: 'all', stream_options }, LIST);
    expect(ran).toMatchObject({ status: 2, stdout: '', files: [] });
    expect(ran.stderr).toContain(`${setting}: differs between b and a`);
  });

  test('leave the quarantine a file of its own, which an overwrite does not touch', async () => {
    const config = {
      custom_name: 'all',
      load_method: 'overwrite',
      on_bad_record: 'quarantine',
      partition_by: ['x'],
      path_template: undefined,
    };
    const bad = [...LIST.slice(0, 3), record('b', '{"id":"bad"}'), LIST.at(-1)!];
    const folder = temporaryFolder();
    expect(await loaded(config, bad, folder)).toMatchObject({ status: 0 });
    const again = await loaded(config, bad, folder);
    expect(again.files).toEqual(['_sdc_quarantine.jsonl', 'all']);
    expect(readFileSync(join(again.folder, '_sdc_quarantine.jsonl'), 'utf8').trim().split('\n')).toHaveLength(2);
    expect(again.stderr).not.toContain('partition_by');
  });
});
