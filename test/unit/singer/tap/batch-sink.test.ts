import * as fc from 'fast-check';
import { chmodSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { ConfigError, SystemError } from '../../../../singer/errors.ts';
import type { Batch, ReadRequest } from '../../../../singer/tap/source.ts';
import type { Row } from '../../../../singer/json.ts';
import { batchSettings } from '../../../../singer/tap/batch-settings.ts';
import { keepingOutput, memoryStream, type Message, sync } from '../../../support/memory-tap.ts';
import { temporaryFolder } from '../../../support/tmp.ts';

interface BatchMessage extends Message {
  readonly encoding: { readonly format: string; readonly compression: string };
  readonly manifest: readonly string[];
}

function batches(messages: readonly Message[]): BatchMessage[] {
  return messages.filter((message): message is BatchMessage => message.type === 'BATCH');
}

function textOf({ encoding, manifest }: BatchMessage): string {
  const bytes = readFileSync(fileURLToPath(manifest[0]!));
  return (encoding.compression === 'gzip' ? gunzipSync(bytes) : bytes).toString();
}

function recordsOf(message: BatchMessage): unknown[] {
  const text = textOf(message);
  expect(text.endsWith('\n')).toBe(true);
  return text
    .trimEnd()
    .split('\n')
    .map((line): unknown => JSON.parse(line));
}

function config(root: string, more: object = {}, other: object = {}): object {
  return { batch_config: { storage: { root, prefix: 'p-' }, batch_size: 3, ...more }, state_interval_seconds: 3600, ...other };
}

function rows(from: number, count: number): Row[] {
  return Array.from({ length: count }, (_, i) => ({ id: from + i, name: `n${from + i}` }));
}

/** A stream that hands ready lines on, as a fast tap does, `size` at a time. */
function lineStream(count: number, size: number) {
  return memoryStream({ id: 'a' }, async function* (request: ReadRequest): AsyncGenerator<Batch> {
    const { head, tail } = request.envelope();
    for (let id = 0; id < count; id += size) {
      const ids = Array.from({ length: Math.min(size, count - id) }, (_, i) => id + i);
      const bytes = Buffer.concat(ids.map((one) => Buffer.concat([head, Buffer.from(`{"id":${one}}`), tail])));
      yield { lines: { bytes, records: ids.length }, bookmark: { n: id + ids.length } };
    }
  });
}

describe('batch files', () => {
  it.each(['none', 'gzip'])('hold bare records and are complete before their message (%s)', async (compression) => {
    const root = temporaryFolder();
    const seen: number[] = [];
    const output = keepingOutput((bytes) => {
      const message: unknown = JSON.parse(bytes.toString());
      if ((message as Message).type === 'BATCH') seen.push(recordsOf(message as BatchMessage).length);
      return undefined;
    });
    const stream = memoryStream({ id: 'a' }, [
      { rows: rows(0, 5), bookmark: { n: 5 } },
      { rows: rows(5, 2), bookmark: { n: 7 } },
    ]);
    const result = await sync([stream], { config: config(root, { encoding: { format: 'jsonl', compression } }), output });
    expect(result.error).toBeUndefined();
    expect(seen.reduce((a, b) => a + b)).toBe(7);
    expect(result.messages.some(({ type }) => type === 'RECORD')).toBe(false);
    const all = batches(result.messages);
    expect(all.flatMap(recordsOf)).toEqual(rows(0, 7));
    for (const message of all) {
      expect(message).toMatchObject({ stream: 'a', encoding: { format: 'jsonl', compression } });
      expect(message.manifest[0]).toMatch(/^file:\/\/\/.*\/p-a-[0-9a-f]+-\d{5}\.jsonl/);
      expect(message.time_extracted).toMatch(/Z$/);
      expect(recordsOf(message).length).toBeLessThanOrEqual(3);
    }
    expect(readdirSync(root)).toHaveLength(all.length);
    expect(result.counted.get('a')!.records).toBe(7);
  });

  it('are cut at the size, whatever the size of the pieces that come, and every STATE covers only files that were told of', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: 40 }),
        fc.integer({ min: 1, max: 9 }),
        fc.integer({ min: 1, max: 9 }),
        fc.integer({ min: 1, max: 20 }),
        async (count, size, batchSize, interval) => {
          const root = temporaryFolder();
          const settings = config(root, { batch_size: batchSize }, { state_interval_records: interval });
          const result = await sync([lineStream(count, size)], { config: settings });
          expect(result.error).toBeUndefined();
          let told = 0;
          for (const message of result.messages) {
            if (message.type === 'BATCH') {
              const { length } = recordsOf(message as BatchMessage);
              expect(length).toBeLessThanOrEqual(batchSize);
              told += length;
            } else if (message.type === 'STATE') {
              const { bookmarks } = message.value as { bookmarks: { a?: { n: number } } };
              expect(bookmarks.a?.n ?? 0).toBeLessThanOrEqual(told);
            }
          }
          expect(told).toBe(count);
          expect(batches(result.messages).flatMap(recordsOf)).toEqual(Array.from({ length: count }, (_, id) => ({ id })));
          if (count > 0) expect(result.messages.at(-1)).toMatchObject({ value: { bookmarks: { a: { n: count } } } });
        },
      ),
      { numRuns: 60 },
    );
  });

  it('cut what a stream gives as lines when the catalog leaves columns out', async () => {
    const root = temporaryFolder();
    const catalog = {
      streams: [
        {
          tap_stream_id: 'a',
          stream: 'a',
          schema: { type: 'object', properties: { id: { type: 'string' } } },
          metadata: [],
        },
      ],
    };
    const result = await sync([lineStream(2, 2)], { config: config(root), catalog });
    expect(result.error).toBeUndefined();
    expect(batches(result.messages).flatMap(recordsOf)).toEqual([{ id: '0' }, { id: '1' }]);
  });

  it('send a STATE after each file and by time, not in the midst of a file by count', async () => {
    const root = temporaryFolder();
    const settings = config(root, { batch_size: 6 }, { state_interval_records: 1 });
    const result = await sync([lineStream(12, 2)], { config: settings });
    expect(result.messages.map(({ type }) => type)).toEqual(['STATE', 'SCHEMA', 'BATCH', 'STATE', 'BATCH', 'STATE', 'STATE']);
    const often = await sync([lineStream(4, 2)], {
      config: config(root, { batch_size: 6 }, { state_interval_seconds: 0 }),
    });
    expect(often.messages.map(({ type }) => type)).toEqual(['STATE', 'SCHEMA', 'BATCH', 'STATE', 'BATCH', 'STATE', 'STATE']);
  });

  it('carry the version of a whole table, and come before its ACTIVATE_VERSION', async () => {
    const root = temporaryFolder();
    const stream = memoryStream({ id: 'a', methods: ['FULL_TABLE'] }, [{ rows: rows(0, 2), bookmark: { n: 2 } }]);
    const settings = config(root, {}, { emit_activate_version_messages: true, state_interval_seconds: 0 });
    const result = await sync([stream], { config: settings });
    const [message] = batches(result.messages);
    const versions = result.messages.filter(({ type }) => type === 'ACTIVATE_VERSION');
    expect(message!.version).toBe(versions.at(-1)!.version);
    expect(result.messages.map(({ type }) => type).slice(-4)).toEqual(['BATCH', 'STATE', 'ACTIVATE_VERSION', 'STATE']);
  });

  it('leave no file that no message names when the run is stopped or the source fails, and no bookmark of its records', async () => {
    const root = temporaryFolder();
    const failing = memoryStream({ id: 'a' }, async function* (): AsyncGenerator<Batch> {
      yield { rows: rows(0, 3), bookmark: { n: 3 } };
      yield { rows: rows(3, 2), bookmark: { n: 5 } };
      throw new Error('the source is gone');
    });
    const result = await sync([failing], { config: config(root) });
    expect(result.error).toMatchObject({ message: 'the source is gone' });
    expect(batches(result.messages).flatMap(recordsOf)).toEqual(rows(0, 3));
    expect(readdirSync(root)).toHaveLength(1);
    expect(result.messages.at(-1)).toMatchObject({ type: 'STATE', value: { bookmarks: { a: { n: 3 } } } });
  });

  it('are not used for a test of one record', async () => {
    const root = join(temporaryFolder(), 'never made');
    const result = await sync([lineStream(4, 2)], { config: config(root), test: 'all' });
    expect(result.messages.map(({ type }) => type)).toEqual(['SCHEMA', 'RECORD']);
    expect(existsSync(root)).toBe(false);
  });

  it('fail with the path when the folder cannot be made', async () => {
    const root = join(temporaryFolder(), 'file');
    writeFileSync(root, '');
    const result = await sync([lineStream(4, 2)], { config: config(root) });
    expect(result.error).toBeInstanceOf(SystemError);
    expect(result.error).toMatchObject({ code: 'batch-file', facts: { path: expect.stringContaining(root) as string } });
  });

  it.skipIf(process.getuid?.() === 0)('fail when the folder may not be written (root may write everywhere)', async () => {
    const root = temporaryFolder();
    chmodSync(root, 0o500);
    const result = await sync([lineStream(4, 2)], { config: config(root) });
    expect(result.error).toMatchObject({ code: 'batch-file' });
  });

  it.skipIf(process.platform !== 'linux')('fail where a folder takes no other, and do not try for ever', async () => {
    const result = await sync([lineStream(4, 2)], { config: config('/proc/none/here') });
    expect(result.error).toMatchObject({ code: 'batch-file' });
  });
});

describe('batch_config', () => {
  const folder = (root: string): string | undefined => batchSettings({ batch_config: { storage: { root } } })?.folder;

  it('takes a path, a file: URL and the relative file: URL of the SDK', () => {
    const here = process.cwd();
    expect(folder('/a b/c')).toBe('/a b/c');
    expect(folder(pathToFileURL('/a b/ü').href)).toBe('/a b/ü');
    expect(folder('file://tests/core')).toBe(join(here, 'tests/core'));
    expect(folder('file:x')).toBe(join(here, 'x'));
    expect(folder('x/y')).toBe(join(here, 'x/y'));
    expect(batchSettings({})).toBeUndefined();
  });

  it.each([
    ['s3://bucket/x', 'batch_config.storage.root'],
    ['', 'batch_config.storage.root'],
    ['file:///a%2Fb', 'batch_config.storage.root'],
  ])('refuses the root %j', (root, path) => {
    expect(() => folder(root)).toThrow(expect.objectContaining({ problems: [expect.objectContaining({ path })] }) as ConfigError);
  });

  it('refuses a prefix with a folder in it', () => {
    expect(() => batchSettings({ batch_config: { storage: { root: 'x', prefix: '../x' } } })).toThrow(ConfigError);
  });
});
