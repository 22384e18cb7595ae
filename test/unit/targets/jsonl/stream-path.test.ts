import * as fc from 'fast-check';
import { mkdir, writeFile } from 'node:fs/promises';
import { join, posix } from 'node:path';
import { expect, test } from 'vitest';
import { parseTemplate } from '../../../../targets/jsonl/path-template.ts';
import { StreamPath, StreamPaths } from '../../../../targets/jsonl/stream-path.ts';
import { temporaryFolder } from '../../../support/tmp.ts';

const root = temporaryFolder();
let folders = 0;

function newPaths(folder = join(root, String(++folders))): (stream: string, template: string) => Promise<StreamPath> {
  const naming = { root: folder, runId: 'r/1', startedAt: new Date('2026-01-31T23:59:58Z'), customName: undefined };
  const paths = new StreamPaths(naming);
  return async (stream, text) => {
    const template = parseTemplate(text, (message) => expect.unreachable(message));
    const path = await paths.of(stream, template, 'jsonl.gz');
    return path instanceof StreamPath ? path : expect.unreachable(`shared with ${path.sharedWith}`);
  };
}

function pathOf(path: StreamPath, partition = '', seq = 7): string {
  return posix.join(path.folder(partition), path.fileName(seq));
}

test.each([
  ['users', '{stream}.{ext}', 'users.jsonl.gz'],
  ['public-users', '{schema}/{table}/{date:yyyy}/{date}-{seq}.{ext}', 'public/users/2026/2026-01-31-000007.jsonl.gz'],
  ['users', '{date:yyyy/MM}/{stream}.{ext}', '2026/01/users.jsonl.gz'],
  ['db-public-users', '{schema}/{table}.{ext}', 'db-public/users.jsonl.gz'],
  ['users', '{schema}/{table}.{ext}', 'default/users.jsonl.gz'],
  ['users', 'run {run_id}/{stream}.{ext}', 'run r%2F1/users.jsonl.gz'],
  ['../../etc/passwd', '{stream}/{seq}.{ext}', '%2E.%2F..%2Fetc%2Fpasswd/000007.jsonl.gz'],
  ['x-..', '{schema}/{table}/{seq}.{ext}', 'x/%2E%2E/000007.jsonl.gz'],
  ['N-UL', '{schema}{table}/{seq}.{ext}', '%4EUL/000007.jsonl.gz'],
  ['users', '{stream}/{partition}/{seq}.{ext}', 'users/a=1/b=2/000007.jsonl.gz'],
])('the stream %s of %s is written to %s', async (stream, template, wanted) => {
  const path = await newPaths()(stream, template);
  expect(pathOf(path, 'a=1/b=2')).toBe(wanted);
  expect(path.owns(wanted)).toBe(true);
});

test('a partitioned path finds its files in every partition, and no others', async () => {
  const path = await newPaths()('users', '{stream}/{partition}/data/{stream}-{seq}.{ext}');
  expect(path.fixedFolder).toBe('users');
  expect(path.owns('users/date=2026-01-01/c=/data/users-000001.jsonl')).toBe(true);
  for (const other of [
    'users/date=1/data/users-x.jsonl',
    'users/date=1/users-000001.jsonl',
    'users/other/data/users-000001.jsonl',
  ])
    expect(path.owns(other), other).toBe(false);
});

test('the number is read from names of any compression, hidden ones too', async () => {
  const path = await newPaths()('users', '{stream}-{seq}.{ext}');
  expect(['users-000012.jsonl', '.users-000013.jsonl.br.part', 'users-1234567.jsonl.gz'].map((name) => path.seqOf(name))).toEqual(
    [12, 13, 1234567],
  );
  expect(
    ['users-12.jsonl', 'users-000001-000002.jsonl', 'musers-000001.jsonl', 'users-000001.jsonl.lock'].map((name) =>
      path.seqOf(name),
    ),
  ).toEqual(Array.from({ length: 4 }));
});

test('two streams that a template would mix are told apart or refused', async () => {
  const of = newPaths();
  expect(pathOf(await of('Users', '{stream}.{ext}'))).toBe('Users.jsonl.gz');
  expect(pathOf(await of('users', '{stream}.{ext}'))).toMatch(/^users-[0-9a-f]{8}\.jsonl\.gz$/);
  await of('a-users', 'only/{table}.{ext}');
  await expect(of('b-users', 'only/{table}.{ext}')).rejects.toThrow('shared with a-users');
  expect(pathOf(await of('a', 'all.{ext}'))).toBe(pathOf(await of('b', 'all.{ext}')));
});

test('a stream finds its folder again, and keeps away from one that differs only by case', async () => {
  const folder = join(root, String(++folders));
  await mkdir(join(folder, 'Users'), { recursive: true });
  await writeFile(join(folder, 'Orders.jsonl.gz'), '');
  expect(pathOf(await newPaths(folder)('Users', '{stream}/{seq}.{ext}'))).toBe('Users/000007.jsonl.gz');
  expect(pathOf(await newPaths(folder)('users', '{stream}/{seq}.{ext}'))).toMatch(/^users-[0-9a-f]{8}\/000007\.jsonl\.gz$/);
  expect(pathOf(await newPaths(folder)('orders', '{stream}.{ext}'))).toMatch(/^orders-[0-9a-f]{8}\.jsonl\.gz$/);
});

test('no stream name leads out of the folder, is hidden or too long for a file system', async () => {
  const name = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 300 }),
    fc.string({ unit: fc.constantFrom('.', '/', '\\', '-', 'A', '%', '\ud800'), maxLength: 8 }),
  );
  const template = fc.constantFrom(
    '{stream}.{ext}',
    '{schema}/{table}/{seq}.{ext}',
    '{schema}{table}{stream}.{ext}',
    'a/{stream}-{run_id}-{seq}.{ext}',
  );
  await fc.assert(
    fc.asyncProperty(name, template, async (stream, text) => {
      const path = pathOf(await newPaths()(stream, text));
      for (const segment of path.split('/')) {
        // oxlint-disable-next-line no-control-regex -- control characters are looked for
        expect(segment).not.toMatch(/[\\\u0000-\u001f]|^\.|^$/u);
        expect(Buffer.byteLength(segment)).toBeLessThanOrEqual(240);
      }
      expect(path.split('/')).toHaveLength(text.split('/').length);
    }),
  );
});
