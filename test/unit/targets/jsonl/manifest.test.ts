import { createHash } from 'node:crypto';
import { appendFile, copyFile, mkdir, readdir, readFile, rm, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Json } from '../../../../singer/index.ts';
import target from '../../../../targets/jsonl/index.ts';
import { temporaryFolder } from '../../../support/tmp.ts';
import { configOf, loadRecords, type Opened, openFolder, recordingLog, targetRun, write } from './support.ts';

const root = temporaryFolder();
let folders = 0;
const newFolder = (): string => join(root, String(++folders));

const { log, warnings } = recordingLog();
const run = targetRun(log);
const open = (folder: string, config: Readonly<Record<string, Json>>): Promise<Opened> =>
  openFolder(folder, { manifest: true, ...config }, run);
const command = (name: 'verify' | 'state', folder: string, ...args: string[]): Promise<string> =>
  target.commands![name]!.run(configOf(folder, {}), run, args);

async function manifestIn(
  folder: string,
): Promise<{ files: { path: string; rows: number; bytes: number; sha256: string }[]; state: unknown }> {
  return JSON.parse(await readFile(join(folder, 'manifest.json'), 'utf8'));
}

const records = (...numbers: readonly number[]): string[] => numbers.map((number) => `{"a":${number}}`);

test('it lists every file with rows, bytes and sum, the streams, and the state with exact numbers', async () => {
  const folder = newFolder();
  const destination = await open(folder, { schema_files: true });
  await loadRecords(destination, { users: records(1, 2), none: [] }, '{"at":1.10}');
  const text = await readFile(join(folder, 'manifest.json'), 'utf8');
  expect(text).toContain('"state":{"at":1.10}');
  expect(JSON.parse(text)).toMatchObject({
    version: 1,
    run_id: 'run-1',
    files: [
      {
        path: 'users.jsonl',
        streams: ['users'],
        rows: 2,
        bytes: 16,
        sha256: createHash('sha256').update('{"a":1}\n{"a":2}\n').digest('hex'),
        run_id: 'run-1',
      },
    ],
    streams: { users: { key_properties: [], schema_file: 'users.schema.json' }, none: { schema_file: 'none.schema.json' } },
  });
  await destination.close();
  expect(await command('state', folder, 'get')).toBe('{"at":1.10}');
  expect(await command('verify', folder)).toContain('1 files with 2 records (16 bytes)');
});

test.each([
  ['appended', {}],
  ['compressed', { compression: 'gzip' }],
  ['rotated', { rotate_rows: 2 }],
  ['packed', { rotate_rows: 2, compression: 'brotli' }],
  ['partitioned', { partition_by: ['a'] }],
])('after several runs it is true of all files (%s)', async (_, config) => {
  const folder = newFolder();
  for (let round = 1; round <= 3; round++)
    await write(await open(folder, config), { users: records(1, 2, 3) }, { users: records(4), orders: records(round) });
  expect(await command('verify', folder)).toContain(' with 15 records ');
});

test('files that were there before it are taken into it when they are appended to', async () => {
  const folder = newFolder();
  await write(await open(folder, { manifest: false, compression: 'gzip' }), { users: records(1, 2) });
  await write(await open(folder, { compression: 'gzip' }), { users: records(3) });
  expect((await manifestIn(folder)).files).toMatchObject([{ path: 'users.jsonl.gz', rows: 3 }]);
  expect(await command('verify', folder)).toContain('1 files with 3 records');
});

test('verify tells what is missing, changed and extra, and fails', async () => {
  const folder = newFolder();
  await write(await open(folder, { rotate_rows: 1 }), { users: records(1, 2, 3) });
  await unlink(join(folder, 'users-000001.jsonl'));
  await appendFile(join(folder, 'users-000002.jsonl'), '\n');
  await writeFile(join(folder, 'users-000003.jsonl'), '{"a":4}\n');
  await mkdir(join(folder, 'deeper'));
  await copyFile(join(folder, 'users-000003.jsonl'), join(folder, 'deeper', 'x.jsonl.gz'));
  await writeFile(join(folder, 'notes.txt'), '');
  await expect(command('verify', folder)).rejects.toMatchObject({
    code: 'verify-failed',
    exitCode: 1,
    facts: { files: 3, missing: 1, changed: 2, extra: 1 },
    message: expect.stringContaining(
      '1 missing (users-000001.jsonl), 2 changed (users-000002.jsonl, users-000003.jsonl), 1 extra (deeper/x.jsonl.gz)',
    ),
  });
});

test('a change by another hand is said when the file is appended to', async () => {
  const folder = newFolder();
  await write(await open(folder, {}), { users: records(1) });
  await appendFile(join(folder, 'users.jsonl'), '{"a":9}\n');
  await write(await open(folder, {}), { users: records(2) });
  expect(warnings()).toEqual([expect.stringContaining('not as the manifest has it')]);
  expect(await command('verify', folder)).toContain('with 3 records');
});

test('while an overwrite waits, the state is that of the old content', async () => {
  const folder = newFolder();
  const config = { load_method: 'overwrite' };
  const first = await open(folder, config);
  await loadRecords(first, { users: records(1) }, '{"s":1}');
  await first.finish({ complete: new Set(['users']), state: '{"s":1}' });
  await first.close();
  const second = await open(folder, config);
  await loadRecords(second, { users: records(2, 3) }, '{"s":2}');
  expect(await command('state', folder, 'get')).toBe('{"s":1}');
  await second.finish({ complete: new Set(['users']), state: '{"s":2}' });
  await second.close();
  expect(await command('state', folder, 'get')).toBe('{"s":2}');
  expect(await command('verify', folder)).toContain('1 files with 2 records');
});

test('only one run at a time keeps the manifest of a folder', async () => {
  const folder = newFolder();
  const first = await open(folder, {});
  await expect(open(folder, {})).rejects.toMatchObject({
    code: 'file-locked',
    message: expect.stringContaining('manifest.json'),
  });
  await first.close();
  await (await open(folder, {})).close();
});

test.each([
  ['no manifest', undefined, 'manifest-missing'],
  ['one that is no JSON', '{"version":1', 'manifest-unreadable'],
  ['one of another version', '{"version":2,"files":[]}', 'manifest-unreadable'],
])('%s is a coded error', async (_, text, code) => {
  const folder = newFolder();
  await mkdir(folder);
  if (text !== undefined) await writeFile(join(folder, 'manifest.json'), text);
  await expect(command('verify', folder)).rejects.toMatchObject({ code, hint: expect.any(String) });
  if (text !== undefined) await expect(open(folder, {})).rejects.toMatchObject({ code });
  await rm(join(folder, 'manifest.json'), { force: true });
  expect(await readdir(folder)).toEqual([]);
});

test('state without get is a problem, and {} when there is none', async () => {
  const folder = newFolder();
  await mkdir(folder);
  await expect(command('state', folder)).rejects.toMatchObject({ exitCode: 2 });
  expect(await command('state', folder, 'get')).toBe('{}');
});
