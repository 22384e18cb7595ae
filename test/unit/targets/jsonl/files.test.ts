import { mkdir, readdir, readFile, rmdir, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import zlib, { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { describe, expect, test, vi } from 'vitest';
import type { Json } from '../../../../singer/index.ts';
import { temporaryFolder } from '../../../support/tmp.ts';
import { configOf, loadRecords, type Opened, openFolder, recordingLog, targetRun, write } from './support.ts';
import target from '../../../../targets/jsonl/index.ts';
import { NumberedFiles } from '../../../../targets/jsonl/numbered-files.ts';
import { streamOptions } from '../../../../targets/jsonl/options.ts';
import { StreamPath } from '../../../../targets/jsonl/stream-path.ts';

const root = temporaryFolder();
let folders = 0;
const newFolder = (): string => join(root, String(++folders));

const { log, warnings } = recordingLog();
const run = targetRun(log);
const open = (folder: string, config: Readonly<Record<string, Json>>): Promise<Opened> => openFolder(folder, config, run);

/** The files in a folder with their lines, hidden ones only by name. */
async function filesIn(folder: string): Promise<Record<string, string[] | 'hidden'>> {
  const found: [string, string[] | 'hidden'][] = [];
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    const name = path.slice(folder.length + 1);
    if (entry.name.startsWith('.')) found.push([name, 'hidden']);
    else {
      const bytes = await readFile(path);
      const text = name.endsWith('.gz') ? gunzipSync(bytes) : name.endsWith('.br') ? brotliDecompressSync(bytes) : bytes;
      found.push([name, text.toString().split('\n').slice(0, -1)]);
    }
  }
  return Object.fromEntries(found.toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

async function published(folder: string): Promise<Record<string, string[]>> {
  return Object.fromEntries(
    Object.entries(await filesIn(folder)).filter((entry): entry is [string, string[]] => entry[1] !== 'hidden'),
  );
}

const records = (...numbers: readonly number[]): string[] => numbers.map((number) => `{"a":${number}}`);
const COMPLETE = { complete: new Set(['users', 'orders']), state: '{"s":1}' };

describe('rotation', () => {
  test.each(['none', 'gzip', 'brotli'])('files have so many rows and go on from run to run (%s)', async (compression) => {
    const folder = newFolder();
    const ending = { none: '', gzip: '.gz', brotli: '.br' }[compression]!;
    const config = { rotate_rows: 2, compression };
    await write(await open(folder, config), { users: records(1) }, { users: records(2, 3, 4, 5) });
    await write(await open(folder, config), { users: records(6) });
    expect(await filesIn(folder)).toEqual({
      [`users-000001.jsonl${ending}`]: records(1, 2),
      [`users-000002.jsonl${ending}`]: records(3, 4),
      [`users-000003.jsonl${ending}`]: records(5),
      [`users-000004.jsonl${ending}`]: records(6),
    });
  });

  test('files have no more than so many bytes, but for one record that is larger', async () => {
    const folder = newFolder();
    const long = `{"a":"${'x'.repeat(100)}"}`;
    await write(await open(folder, { rotate_bytes: 17 }), { users: [...records(1, 2, 3), long, ...records(4)] });
    expect(await filesIn(folder)).toEqual({
      'users-000001.jsonl': records(1, 2),
      'users-000002.jsonl': records(3),
      'users-000003.jsonl': [long],
      'users-000004.jsonl': records(4),
    });
  });

  test('a file that is not full is hidden, safe, and published when the run ends, also when it fails', async () => {
    const folder = newFolder();
    const destination = await open(folder, { rotate_rows: 3 });
    expect(await loadRecords(destination, { users: records(1, 2, 3, 4) })).toBe('committed');
    expect(await published(folder)).toEqual({ 'users-000001.jsonl': records(1, 2, 3) });
    expect(await readFile(join(folder, '.users-000002.jsonl.part'), 'utf8')).toBe('{"a":4}\n');
    await destination.close();
    expect(await filesIn(folder)).toEqual({ 'users-000001.jsonl': records(1, 2, 3), 'users-000002.jsonl': records(4) });
  });

  test('a file is published when it is too old, though nothing comes any more', async () => {
    const folder = newFolder();
    const destination = await open(folder, { rotate_seconds: 1 });
    await loadRecords(destination, { users: records(1) });
    expect(await published(folder)).toEqual({});
    await vi.waitFor(async () => expect(await published(folder)).toEqual({ 'users-000001.jsonl': records(1) }), 5000);
    await loadRecords(destination, { users: records(2) });
    await destination.close();
    expect(await filesIn(folder)).toEqual({ 'users-000001.jsonl': records(1), 'users-000002.jsonl': records(2) });
  });

  test('a batch that fails in one file is in none, and can be loaded again', async () => {
    const folder = newFolder();
    const destination = await open(folder, { rotate_rows: 2 });
    await loadRecords(destination, { users: records(1), orders: records(1) });
    const blocker = join(folder, '.orders-000002.jsonl.part');
    await mkdir(blocker);
    // The folder stands for what a disk can refuse.
    const failing = loadRecords(destination, { users: records(2, 3), orders: records(2, 3) });
    await expect(failing).rejects.toMatchObject({ code: 'destination-not-a-folder' });
    expect(await published(folder)).toEqual({});
    await rmdir(blocker);
    await loadRecords(destination, { users: records(2, 3), orders: records(2, 3) });
    await destination.close();
    const found = Object.values(await filesIn(folder));
    expect(found).toEqual([records(1, 2), records(3), records(1, 2), records(3)]);
  });

  test('a second run on the same files is refused, one on others is not', async () => {
    const folder = newFolder();
    const [first, second] = [await open(folder, { rotate_rows: 2 }), await open(folder, { rotate_rows: 2 })];
    await loadRecords(first, { users: records(1) });
    await expect(loadRecords(second, { users: records(1) })).rejects.toMatchObject({ code: 'file-locked' });
    await loadRecords(second, { orders: records(1) });
    await first.close();
    await second.close();
    expect(await filesIn(folder)).toEqual({ 'orders-000001.jsonl': records(1), 'users-000001.jsonl': records(1) });
  });
});

describe('new files for every run', () => {
  test('are named after it', async () => {
    const folder = newFolder();
    for (const number of [1, 2]) await write(await open(folder, { load_method: 'new' }), { users: records(number) });
    await write(await open(folder, { mode: 'new', path_template: '{run_id}/{stream}.{ext}' }), { users: records(3) });
    expect(await filesIn(folder)).toEqual({
      'run-1/users.jsonl': records(3),
      'users-run-1-000001.jsonl': records(1),
      'users-run-1-000002.jsonl': records(2),
    });
  });

  test('are refused when they are there already', async () => {
    const folder = newFolder();
    const config = { load_method: 'new', path_template: '{stream}-{run_id}.{ext}' };
    await write(await open(folder, config), { users: records(1) });
    const destination = await open(folder, config);
    await expect(loadRecords(destination, { users: records(1) })).rejects.toMatchObject({ code: 'file-exists' });
    await destination.close();
    expect(await filesIn(folder)).toEqual({ 'users-run-1.jsonl': records(1) });
  });
});

describe('partitions', () => {
  test('rows go into folders by value, in order, with any other setting', async () => {
    const folder = newFolder();
    const config = { partition_by: ['a'], add_record_metadata: true, rotate_rows: 2, compression: 'gzip' };
    const rows = [1, 2, 1, 1, 2, 1].map((a, b) => `{"a":${a},"b":${b}}`);
    await write(await open(folder, config), { users: rows.slice(0, 4) }, { users: rows.slice(4) });
    const found = Object.entries(await published(folder)).map(([path, lines]) => [path, lines.map((line) => JSON.parse(line).b)]);
    expect(found).toEqual([
      ['users/a=1/users-000001.jsonl.gz', [0, 2]],
      ['users/a=1/users-000002.jsonl.gz', [3, 5]],
      ['users/a=2/users-000001.jsonl.gz', [1, 4]],
    ]);
  });

  test('of more partitions than may be open, the one not written to for longest is completed, and that is said', async () => {
    const folder = newFolder();
    const path = new StreamPath(
      [['users'], [{ part: 'partition', format: undefined }], [{ part: 'seq', format: undefined }]],
      'jsonl',
    );
    const stream = streamOptions(configOf(folder, { partition_by: ['a'] }));
    const files = new NumberedFiles({ root: folder, path, stream, durability: 'flush', summed: false, log, maxOpen: 2 });
    const written: string[] = [];
    for (const partition of ['a=1', 'a=2', 'a=1', 'a=3', 'a=2', 'a=1']) {
      await files.add(partition, { blocks: [Buffer.from('{}\n')], rows: 1, bytes: 3 });
      await files.stage();
      files.accept();
      written.push(files.closed.map(({ file }) => relative(folder, file)).join(' '));
      files.published(files.closed);
    }
    expect(written).toEqual(['', '', '', 'users/a=2/000001', 'users/a=1/000001', 'users/a=3/000001']);
    expect(warnings()).toEqual(Array.from({ length: 3 }, () => expect.stringContaining('files stay small')));
  });

  test('a stream without the column is written beside, and that is said', async () => {
    const folder = newFolder();
    await write(await open(folder, { partition_by: ['a', 'elsewhere'] }), { users: records(1) });
    expect(await filesIn(folder)).toEqual({ 'users/a=1/users-000001.jsonl': records(1) });
    expect(warnings()).toEqual([expect.stringContaining('lacks columns of partition_by')]);
  });
});

describe('[150] overwrite', () => {
  const CONFIGS: readonly (readonly [string, Readonly<Record<string, Json>>])[] = [
    ['one file', {}],
    ['rotated files', { rotate_rows: 2 }],
    ['partitions', { partition_by: ['a'], path_template: '{stream}/{partition}/data.{ext}' }],
    ['compressed files', { compression: 'brotli', manifest: true }],
  ];

  /** Content by stream, without regard to files. */
  async function contentOf(folder: string): Promise<string[]> {
    const found = Object.entries(await published(folder)).filter(([path]) => path !== 'manifest.json');
    return found.flatMap(([, lines]) => lines).toSorted();
  }

  test.each(CONFIGS)('the old content stays until the end and goes in its last step (%s)', async (_, more) => {
    const folder = newFolder();
    const config = { load_method: 'overwrite', ...more };
    for (const content of [records(1, 2, 3), records(3, 4, 5)]) {
      const destination = await open(folder, config);
      const before = await contentOf(folder);
      expect(await loadRecords(destination, { users: content.slice(0, 1) }, '{"s":0}')).toBe('open');
      expect(await loadRecords(destination, { users: content.slice(1) })).toBe('open');
      expect(await contentOf(folder)).toEqual(before);
      await destination.finish(COMPLETE);
      expect(await contentOf(folder)).toEqual(content);
      await destination.close();
      expect(Object.values(await filesIn(folder))).not.toContain('hidden');
      expect(await contentOf(folder)).toEqual(content);
    }
  });

  test.each(CONFIGS)('an end without proof, or a failure, leaves the old content (%s)', async (_, more) => {
    const folder = newFolder();
    const config = { load_method: 'overwrite', ...more };
    const first = await open(folder, config);
    await loadRecords(first, { users: records(1) });
    await first.finish(COMPLETE);
    await first.close();
    const second = await open(folder, config);
    await loadRecords(second, { users: records(2) });
    await expect(second.finish({ complete: new Set(), state: undefined })).rejects.toMatchObject({
      code: 'overwrite-incomplete',
    });
    await second.close();
    const third = await open(folder, config);
    await loadRecords(third, { users: records(3) });
    await third.close();
    expect(await contentOf(folder)).toEqual(records(1));
    expect(Object.values(await filesIn(folder))).not.toContain('hidden');
  });

  test('with overwrite_on_eof the end is proof enough', async () => {
    const folder = newFolder();
    const destination = await open(folder, { load_method: 'overwrite', overwrite_on_eof: true });
    await loadRecords(destination, { users: records(1) });
    await destination.finish({ complete: new Set(), state: undefined });
    await destination.close();
    expect(await contentOf(folder)).toEqual(records(1));
  });

  test('a stream without records leaves its files as they are, and so does another stream', async () => {
    const folder = newFolder();
    const config = { load_method: 'overwrite', rotate_rows: 1 };
    const destination = await open(folder, config);
    await loadRecords(destination, { users: records(1), 'users-000001': records(8), orders: records(9) });
    await destination.finish({ complete: new Set(['users', 'users-000001', 'orders']), state: undefined });
    await destination.close();
    const again = await open(folder, config);
    await loadRecords(again, { users: records(2), orders: [] });
    await again.finish(COMPLETE);
    await again.close();
    expect(await contentOf(folder)).toEqual(records(2, 8, 9));
  });

  test('with a manifest, files of another naming are replaced too', async () => {
    const folder = newFolder();
    await write(await open(folder, { manifest: true }), { users: records(1), orders: records(5) });
    const destination = await open(folder, { manifest: true, load_method: 'overwrite', rotate_rows: 1 });
    await loadRecords(destination, { users: records(2) });
    await destination.finish(COMPLETE);
    await destination.close();
    expect(await contentOf(folder)).toEqual(records(2, 5));
  });
});

describe('schema files', () => {
  test('stand beside the files; an earlier schema is kept under a number', async () => {
    const folder = newFolder();
    const config = { schema_files: true, path_template: '{stream}/{seq}.{ext}', rotate_rows: 9 };
    await write(await open(folder, config), { users: records(1) });
    const path = join(folder, 'users', 'users.schema.json');
    const schema = await readFile(path, 'utf8');
    expect(JSON.parse(schema)).toEqual({ type: 'object', properties: { a: {}, b: {}, c: {} } });
    for (const older of ['{"older":1}\n', '{"older":2}\n']) {
      await writeFile(path, older);
      await write(await open(folder, config), { users: records(1) });
    }
    await write(await open(folder, config), { users: records(1) });
    expect((await readdir(join(folder, 'users'))).filter((name) => name.endsWith('.json'))).toEqual([
      'users.schema.1.json',
      'users.schema.2.json',
      'users.schema.json',
    ]);
    expect(await readFile(join(folder, 'users', 'users.schema.2.json'), 'utf8')).toBe('{"older":2}\n');
    expect(await readFile(path, 'utf8')).toBe(schema);
  });
});

describe('empty files', () => {
  test.each([
    ['appended', {}, ['users.jsonl']],
    ['rotated', { rotate_rows: 2 }, ['users-000001.jsonl']],
    ['of every run', { load_method: 'new' }, ['users-run-1-000001.jsonl', 'users-run-1-000002.jsonl']],
    ['overwritten', { load_method: 'overwrite' }, ['users.jsonl']],
    ['compressed', { compression: 'gzip' }, ['users.jsonl.gz']],
  ])('are written for streams without records, if there is none (%s)', async (_, more, names) => {
    const folder = newFolder();
    for (let round = 0; round < 2; round++) await write(await open(folder, { empty_files: true, ...more }), { users: [] });
    expect(await filesIn(folder)).toEqual(Object.fromEntries(names.map((name) => [name, []])));
  });
});

test.each([
  [{ destination_path: '-' }, 'destination_path: cannot be stdout'],
  [{ path_template: '{stream}.{ext}', custom_name: 'x' }, 'custom_name: is not used'],
  [{ path_template: '{stream}.{ext}', do_timestamp_file: true }, 'do_timestamp_file: is not used'],
  [{ path_template: '{stream}.{ext}', rotate_rows: 1 }, 'path_template: needs {seq}, because rotation'],
  [{ path_template: '{stream}.{ext}', partition_by: ['a'] }, 'path_template: needs {seq}, because every run'],
  [{ path_template: '{stream}.{ext}', load_method: 'new' }, 'path_template: needs {run_id} or {seq}'],
  [{ path_template: '{stream}-{date}.{ext}', load_method: 'overwrite' }, 'path_template: with overwrite cannot put {date}'],
  [{ do_timestamp_file: true, load_method: 'overwrite' }, 'do_timestamp_file: with overwrite'],
  [{ path_template: '{stream}.{ext}', compression: 'brotli' }, 'compression: brotli files cannot be appended to'],
  [{ compression: 'gzip', compression_level: 10 }, 'compression_level: must be from 1 to 9'],
  [{ compression_level: 1 }, 'compression_level: is of no use'],
])('%j is a problem of the settings', async (given, message) => {
  const { destination_path: path, ...rest } = { destination_path: newFolder(), ...given };
  await expect(target.open(configOf(path, rest), run)).rejects.toMatchObject({
    exitCode: 2,
    message: expect.stringContaining(message),
  });
});

/** Node 22.15 and later have it. */
const { zstdDecompressSync }: Pick<typeof zlib, 'gunzipSync'> & { zstdDecompressSync?: (bytes: Buffer) => Buffer } = zlib;

test.runIf(zstdDecompressSync === undefined)('zstd is refused by name where Node lacks it', async () => {
  await expect(open(newFolder(), { compression: 'zstd' })).rejects.toThrow(/compression: zstd needs Node 22\.15/);
});

test.runIf(zstdDecompressSync !== undefined)('zstd files grow by frames', async () => {
  const folder = newFolder();
  await write(await open(folder, { compression: 'zstd' }), { users: records(1) }, { users: records(2) });
  expect(zstdDecompressSync!(await readFile(join(folder, 'users.jsonl.zst'))).toString()).toBe('{"a":1}\n{"a":2}\n');
});
