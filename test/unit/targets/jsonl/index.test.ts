import { chmod, mkdir, readdir, readFile, rmdir, stat, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import type { Json } from '../../../../singer/index.ts';
import { temporaryFolder } from '../../../support/tmp.ts';
import { header, openFolder, type Opened, part, recordingLog, targetRun, unit, write } from './support.ts';

const root = temporaryFolder();
let folders = 0;
const newFolder = (): string => join(root, String(++folders), 'made', 'when missing');

const { log, warnings } = recordingLog();
const run = targetRun(log);

const open = (folder: string, config: Readonly<Record<string, Json>> = {}): Promise<Opened> => openFolder(folder, config, run);

test('record bytes are kept as they came', async () => {
  const folder = newFolder();
  const records = [
    '{"a": 1.10, "b":1e400,"c":123456789012345678901234567890}',
    '{ "z":"\\u00e9 \\/","a":[ 1 , {"x": null}] }',
    '{}',
  ];
  await write(await open(folder), { users: records });
  expect(await readFile(join(folder, 'users.jsonl'), 'utf8')).toBe(records.map((record) => `${record}\n`).join(''));
  expect(await readdir(folder)).toEqual(['users.jsonl']);
});

test('streams get files of their own, batches and runs are added behind', async () => {
  const folder = newFolder();
  await write(await open(folder), { users: ['{"a":1}'], 'a/b': ['{"b":1}'] }, { users: ['{"a":2}'] });
  await write(await open(folder), { users: ['{"a":3}'] });
  expect(await readdir(folder)).toEqual(['a%2Fb.jsonl', 'users.jsonl']);
  expect(await readFile(join(folder, 'users.jsonl'), 'utf8')).toBe('{"a":1}\n{"a":2}\n{"a":3}\n');
});

test('a stream without records leaves no file', async () => {
  const folder = newFolder();
  const destination = await open(folder);
  await destination.openStream(header('users'));
  await destination.close();
  expect(await readdir(folder)).toEqual([]);
});

test('with custom_name all streams share one file, in the order of the unit', async () => {
  const folder = newFolder();
  await write(await open(folder, { custom_name: 'all' }), { users: ['{"a":1}'], orders: ['{"b":1}'] }, { users: ['{"a":2}'] });
  expect(await readdir(folder)).toEqual(['all.jsonl']);
  expect(await readFile(join(folder, 'all.jsonl'), 'utf8')).toBe('{"a":1}\n{"b":1}\n{"a":2}\n');
});

test('with do_timestamp_file the file name carries the local time of the run', async () => {
  const folder = newFolder();
  await write(await open(folder, { do_timestamp_file: true }), { users: ['{}'] });
  const two = (value: number): string => String(value).padStart(2, '0');
  const at = run.startedAt;
  const day = `${at.getFullYear()}${two(at.getMonth() + 1)}${two(at.getDate())}`;
  expect(await readdir(folder)).toEqual([
    `users-${day}T${two(at.getHours())}${two(at.getMinutes())}${two(at.getSeconds())}.jsonl`,
  ]);
});

test('gzip files grow by members that a reader joins', async () => {
  const folder = newFolder();
  await write(await open(folder, { compression: 'gzip' }), { users: ['{"a":1}'] }, { users: ['{"a":2}'] });
  expect(await readdir(folder)).toEqual(['users.jsonl.gz']);
  expect(gunzipSync(await readFile(join(folder, 'users.jsonl.gz'))).toString()).toBe('{"a":1}\n{"a":2}\n');
});

test('streams whose names differ only by case stay apart', async () => {
  const folder = newFolder();
  await write(await open(folder), { Users: ['{"a":1}'], users: ['{"b":1}'] });
  await write(await open(folder), { users: ['{"b":2}'], Users: ['{"a":2}'] });
  const [capital, hashed] = await readdir(folder);
  expect(capital).toBe('Users.jsonl');
  expect(await readFile(join(folder, capital!), 'utf8')).toBe('{"a":1}\n{"a":2}\n');
  expect(await readFile(join(folder, hashed!), 'utf8')).toBe('{"b":1}\n{"b":2}\n');
});

test('what crashed runs left is cleared up at the start, also of files that this run does not write', async () => {
  const folder = newFolder();
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'old-20200101T000000.jsonl.part'), '{"a":');
  await writeFile(join(folder, 'orders.jsonl'), '{"b":1}\n{"b":');
  await writeFile(join(folder, 'orders.jsonl.journal'), '8\n');
  await writeFile(join(folder, 'mine.lock'), 'not ours');
  await (await open(folder)).close();
  expect(await readdir(folder)).toEqual(['mine.lock', 'orders.jsonl']);
  expect(await readFile(join(folder, 'orders.jsonl'), 'utf8')).toBe('{"b":1}\n');
  expect(warnings()).toHaveLength(2);
});

test('a unit that fails in one file leaves no trace in the others, and can be loaded again', async () => {
  const folder = newFolder();
  const destination = await open(folder);
  const parts = [];
  for (const stream of ['users', 'orders'])
    parts.push(part(header(stream), await destination.openStream(header(stream)), ['{}']));
  const blocker = join(folder, 'orders.jsonl.part');
  await mkdir(blocker);
  await expect(destination.load(unit(...parts))).rejects.toMatchObject({ code: 'destination-not-a-folder' });
  await expect(stat(join(folder, 'users.jsonl'))).rejects.toThrow('ENOENT');
  await rmdir(blocker);
  await destination.load(unit(...parts));
  await destination.close();
  expect(await readdir(folder)).toEqual(['orders.jsonl', 'users.jsonl']);
});

test('two runs into one folder are at peace unless they write the same file', async () => {
  const folder = newFolder();
  const first = await open(folder);
  const second = await open(folder);
  await first.openStream(header('users'));
  await second.openStream(header('orders'));
  await expect(second.openStream(header('users'))).rejects.toMatchObject({
    code: 'file-locked',
    hint: expect.stringContaining('users.jsonl.lock'),
  });
  await first.close();
  await second.close();
});

test.each([
  ['a file in place of the folder', 'destination-not-a-folder', async (folder: string) => writeFile(folder, '')],
  [
    'a folder in place of the file',
    'destination-not-a-file',
    async (folder: string) => mkdir(join(folder, 'users.jsonl'), { recursive: true }),
  ],
])('%s is a coded error', async (_, code, prepare) => {
  const folder = join(root, String(++folders));
  await prepare(folder);
  const writing = open(folder).then((destination) => write(destination, { users: ['{}'] }));
  await expect(writing).rejects.toMatchObject({ code, exitCode: 1, hint: expect.any(String) });
});

// Root may write everywhere.
test.skipIf(process.getuid?.() === 0)('a folder without the right to write is a coded error', async () => {
  const folder = join(root, String(++folders));
  await mkdir(folder);
  await chmod(folder, 0o500);
  const destination = await open(folder);
  await expect(destination.openStream(header('users'))).rejects.toMatchObject({ code: 'permission-denied' });
  await destination.close();
});

test('a path that begins with ~ is in the home folder', async () => {
  const folder = newFolder();
  const home = process.env.HOME;
  process.env.HOME = folder;
  try {
    expect(homedir()).toBe(folder);
    await (await open('~/landing')).close();
  } finally {
    if (home === undefined) delete process.env.HOME;
    else process.env.HOME = home;
  }
  expect(await readdir(folder)).toEqual(['landing']);
});
