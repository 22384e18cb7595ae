import { mkdir, readdir, readFile, stat, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { AppendFile } from '../../../../targets/jsonl/append-file.ts';
import type { Durability } from '../../../../targets/jsonl/disk.ts';
import { recordingLog } from './support.ts';
import { temporaryFolder } from '../../../support/tmp.ts';

const root = temporaryFolder();
let folders = 0;

async function newFile(content?: string): Promise<string> {
  const folder = join(root, String(++folders));
  await mkdir(folder);
  const path = join(folder, 'users.jsonl');
  if (content !== undefined) await writeFile(path, content);
  return path;
}

const { log, warnings } = recordingLog();
const open = (path: string, durability: Durability = 'fsync'): Promise<AppendFile> =>
  AppendFile.open(path, { durability, lines: true, log });
const blocks = (...texts: string[]): Buffer[] => texts.map((text) => Buffer.from(text));
/** More than a file may have to be replaced whole. */
const LARGE = `${'x'.repeat(1023)}\n`.repeat(9 * 1024);

describe.each(['fsync', 'flush', 'none'] as const)('with durability %s', (durability) => {
  test.each([
    ['new', undefined],
    ['small', '{"a":0}\n'],
    ['large', LARGE],
  ])('batches are added to a %s file, and nothing else is left', async (_, before) => {
    const path = await newFile(before);
    const file = await open(path, durability);
    for (const batch of [blocks('{"a":', '1}\n'), blocks('{"a":2}\n')]) {
      await file.stage(batch);
      await file.commit();
    }
    await file.close();
    expect(await readFile(path, 'utf8')).toBe(`${before ?? ''}{"a":1}\n{"a":2}\n`);
    expect(await readdir(join(path, '..'))).toEqual(['users.jsonl']);
  });
});

test('a small file shows nothing of a batch before its commit', async () => {
  const path = await newFile('{"a":0}\n');
  const file = await open(path);
  await file.stage(blocks('{"a":1}\n'));
  expect(await readFile(path, 'utf8')).toBe('{"a":0}\n');
  await file.commit();
  await file.close();
});

test.each([
  ['new', undefined],
  ['small', '{"a":0}\n'],
  ['large', LARGE],
])('a batch that is rolled back leaves a %s file as it was', async (_, before) => {
  const path = await newFile(before);
  const file = await open(path);
  await file.stage(blocks('{"a":1}\n'));
  await file.rollback();
  await file.stage(blocks('{"a":2}\n'));
  await file.close();
  expect(await readdir(join(path, '..'))).toEqual(before === undefined ? [] : ['users.jsonl']);
  if (before !== undefined) expect(await readFile(path, 'utf8')).toBe(before);
});

describe('at the next start', () => {
  test('a part that was never published is removed and that is said', async () => {
    const path = await newFile('{"a":0}\n');
    await writeFile(`${path}.part`, '{"a":0}\n{"a":1');
    await (await open(path)).close();
    expect(await readdir(join(path, '..'))).toEqual(['users.jsonl']);
    expect(warnings()).toEqual([expect.stringContaining('Removed the unfinished batch')]);
  });

  test('an append that was cut is cut back to the length in the journal and that is said', async () => {
    const path = await newFile('{"a":0}\n{"a":1}\n{"a":');
    await writeFile(`${path}.journal`, '8\n');
    await (await open(path)).close();
    expect(await readFile(path, 'utf8')).toBe('{"a":0}\n');
    expect(warnings()).toEqual([expect.stringContaining('Cut off the unfinished batch')]);
  });

  test.each(['', '1', '12'])('a journal that is itself half written (%j) cuts nothing', async (journal) => {
    const path = await newFile('{"a":0}\n');
    await writeFile(`${path}.journal`, journal);
    await (await open(path)).close();
    expect(await readFile(path, 'utf8')).toBe('{"a":0}\n');
    expect(await readdir(join(path, '..'))).toEqual(['users.jsonl']);
  });

  test('a file that has meanwhile become shorter than its journal says is not filled up', async () => {
    const path = await newFile('{"a":0}\n');
    await writeFile(`${path}.journal`, '8000\n');
    await (await open(path)).close();
    expect((await stat(path)).size).toBe(8);
  });

  test('a line that another program left without its newline gets one', async () => {
    const path = await newFile('{"a":0}');
    const file = await open(path);
    await file.stage(blocks('{"a":1}\n'));
    await file.commit();
    await file.close();
    expect(await readFile(path, 'utf8')).toBe('{"a":0}\n{"a":1}\n');
  });
});

test('a large file that somebody shortens between two batches is taken as it is', async () => {
  const path = await newFile(LARGE);
  const file = await open(path);
  await file.stage(blocks('{"a":1}\n'));
  await file.commit();
  await truncate(path, 0);
  await file.stage(blocks('{"a":2}\n'));
  await file.commit();
  await file.close();
  expect(await readFile(path, 'utf8')).toBe('{"a":2}\n');
});

test('a symbolic link stays one', async () => {
  const path = await newFile('{"a":0}\n');
  const link = join(path, '..', 'link.jsonl');
  await symlink(path, link);
  const file = await open(link);
  await file.stage(blocks('{"a":1}\n'));
  await file.commit();
  await file.close();
  expect(await readFile(path, 'utf8')).toBe('{"a":0}\n{"a":1}\n');
});

test('a file that is open is refused to others, and free again after', async () => {
  const path = await newFile();
  const file = await open(path);
  await expect(open(path)).rejects.toMatchObject({ code: 'file-locked' });
  await file.close();
  await (await open(path)).close();
});
