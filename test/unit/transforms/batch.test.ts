import { existsSync } from 'node:fs';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { gunzipSync, gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import type { JsonObject } from '../../../singer/index.ts';
import { temporaryFolder } from '../../support/tmp.ts';
import { schemaOf, transform } from './run.ts';

const USERS = schemaOf('users', { id: { type: 'integer' }, email: { type: 'string' } }, ['id']);
const rules = { transforms: { users: { fields: { email: 'redact' } } } };
const lines = '{"id":1.0,"email":"A"}\n\n{"id":2,"e\\u006dail":"B"}\n';

function batchOf(manifest: readonly string[], compression: string): JsonObject {
  return {
    type: 'BATCH',
    stream: 'users',
    encoding: { format: 'jsonl', compression },
    manifest,
    time_extracted: '2026-01-01T00:00:00Z',
  };
}

test('the records of BATCH files go through the rules into one file beside them', async () => {
  const folder = temporaryFolder();
  const paths = [join(folder, 'a.jsonl'), join(folder, 'b.jsonl')];
  for (const path of paths) await writeFile(path, lines);
  const batch = batchOf(
    paths.map((path) => pathToFileURL(path).href),
    'none',
  );
  const { messages } = await transform(rules, [USERS, batch, { type: 'STATE', value: { a: 1 } }]);
  const { manifest, ...around } = messages[1]! as JsonObject & { readonly manifest?: readonly string[] };
  expect(around).toEqual({ ...batch, manifest: undefined });
  expect(messages.map(({ type }) => type)).toEqual(['SCHEMA', 'BATCH', 'STATE']);
  const text = await readFile(fileURLToPath(manifest![0]!), 'utf8');
  expect(text).toBe('{"id":1.0,"email":"REDACTED"}\n{"id":2,"email":"REDACTED"}\n'.repeat(2));
  expect(paths.every((path) => existsSync(path))).toBe(true);
});

test('gzip stays gzip, and the other dialect its own', async () => {
  const path = join(temporaryFolder(), 'a.jsonl.gz');
  await writeFile(path, gzipSync(lines));
  const batch = { type: 'BATCH', stream: 'users', filepath: path, format: 'jsonl', compression: 'gzip', batch_size: 2 };
  const { messages } = await transform(rules, [USERS, batch]);
  expect(messages[1]).toMatchObject({ type: 'BATCH', stream: 'users', format: 'jsonl', compression: 'gzip', batch_size: 2 });
  expect(
    gunzipSync(await readFile(messages[1]!['filepath'] as string))
      .toString()
      .split('\n'),
  ).toHaveLength(3);
});

test('where a second file serves nobody its records become RECORD messages', async () => {
  const folder = temporaryFolder();
  await writeFile(join(folder, 'a.jsonl'), lines);
  const batches = { rewrite: false, deleteFiles: true };
  const { messages } = await transform(rules, [USERS, batchOf([join(folder, 'a.jsonl')], 'none')], { batches });
  expect(messages.slice(1)).toEqual([
    {
      type: 'RECORD',
      stream: 'users',
      record: { id: expect.anything() as unknown, email: 'REDACTED' },
      time_extracted: '2026-01-01T00:00:00Z',
    },
    { type: 'RECORD', stream: 'users', record: { id: 2, email: 'REDACTED' }, time_extracted: '2026-01-01T00:00:00Z' },
  ]);
  expect(await readdir(folder)).toEqual([]);
});

test('a BATCH that fails leaves no file of ours behind, and the files that it names where they are', async () => {
  const folder = temporaryFolder();
  await writeFile(join(folder, 'a.jsonl'), `${'{"id":1,"email":"A"}\n'.repeat(9000)}{"id":1,"email"\n`);
  const work = transform(rules, [USERS, batchOf([join(folder, 'a.jsonl')], 'none')], { batches: { deleteFiles: true } });
  await expect(work).rejects.toThrow(/line 9001|Line 9001/);
  expect(await readdir(folder)).toEqual(['a.jsonl']);
});

test('the files of a stream without rules pass as they are; those of a removed one are not read', async () => {
  const batch = batchOf(['/nowhere/a.jsonl'], 'none');
  expect((await transform({ transforms: {} }, [USERS, batch])).messages[1]).toEqual(batch);
  expect((await transform({ transforms: { users: 'drop' } }, [USERS, batch])).messages).toEqual([]);
});
