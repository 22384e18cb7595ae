import * as fc from 'fast-check';
import { spawnSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import type { Unit } from '../../../../singer/target/destination.ts';
import { BatchFrames } from '../../../../singer/target/batch-frames.ts';
import { batchFiles } from '../../../../singer/target/batch-message.ts';
import {
  activate,
  lines,
  record,
  schema,
  state,
  withFastLane,
  world,
  type WorldOptions,
} from '../../../support/memory-destination.ts';
import { temporaryFolder } from '../../../support/tmp.ts';
import { isJson } from '../../../support/json-lines.ts';

const JSONL = { format: 'jsonl', compression: 'none' };
const GZIP = { format: 'jsonl', compression: 'gzip' };

function file(name: string, content: string | Buffer, folder = temporaryFolder()): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

const bare = (...numbers: readonly number[]): string => lines(...numbers.map((n) => JSON.stringify({ n })));
const batch = (stream: string, encoding: object, manifest: readonly unknown[], members: object = {}): string =>
  JSON.stringify({ type: 'BATCH', stream, encoding, manifest, ...members });
const numbers = (rows: readonly string[]): number[] => rows.map((row) => Number(/"n":(\d+)/.exec(row)![1]));

describe.each<[string, WorldOptions]>([
  ['general lane', {}],
  ['fast lane', { encoder: withFastLane }],
])('BATCH, %s', (_, options) => {
  test('of the SDK: files of either compression, URLs and paths, in order between the records around them', async () => {
    const folder = temporaryFolder();
    const plain = file('a %ü.jsonl', bare(2, 3), folder);
    const packed = file('b.jsonl.gz', Buffer.concat([gzipSync(bare(4)), gzipSync(bare(5))]), folder);
    const w = world(options);
    await w.run(
      lines(
        schema('a'),
        record('a', 1),
        batch('a', JSONL, [pathToFileURL(plain).href]),
        batch('a', GZIP, [packed]),
        record('a', 6),
        state(1),
      ),
    );
    expect(numbers(w.seen.rows)).toEqual([1, 2, 3, 4, 5, 6]);
    expect([w.seen.states, w.seen.summaries.get('a')]).toEqual([['1'], { batch_files: 2 }]);
  });

  test('of pipelinewise: one filepath, packed if its name says so', async () => {
    const message = (path: string, members: object = {}): string =>
      JSON.stringify({ type: 'BATCH', stream: 'a', filepath: path, ...members });
    const w = world(options);
    await w.run(
      lines(
        schema('a'),
        message(file('x.jsonl.gz', gzipSync(bare(1))), { format: 'jsonl', batch_size: 1 }),
        message(file('y.jsonl', bare(2)), { compression: null }),
        message(file('z', gzipSync(bare(3))), { compression: 'gzip', batch_size: 2 }),
        state(1),
      ),
    );
    expect(numbers(w.seen.rows)).toEqual([1, 2, 3]);
    expect(w.seen.warnings.map(({ fields }) => fields?.['code'])).toEqual(['batch-size']);
  });

  test('URLs that are escaped, are not, and hold a %-sign all lead to their file', async () => {
    const folder = temporaryFolder();
    const odd = file('50% of #1?.jsonl', bare(1), folder);
    const escape = file('a%20b.jsonl', bare(2), folder);
    const w = world(options);
    const urls = [pathToFileURL(odd).href, `file://${odd}`, `file://${escape}`, `file://localhost${escape}`, odd];
    await w.run(lines(schema('a'), batch('a', JSONL, urls)));
    expect(numbers(w.seen.rows)).toEqual([1, 1, 2, 2, 1]);
  });

  test('blank lines, CRLF, a BOM and a missing last newline are fine; members of the message are inherited', async () => {
    const seen: unknown[] = [];
    const w = world({
      encoder: (__, plain) => ({
        encode: (row, meta, out) => {
          seen.push([meta.version, meta.timeExtracted]);
          return plain.encode(row, meta, out);
        },
      }),
    });
    const path = file('a.jsonl', `\uFEFF{"n":1}\r\n\r\n  {"n": 2}  \n\n{"n":3}`);
    const members = { time_extracted: '2026-01-01T00:00:00Z', version: 7 };
    await w.run(lines(schema('a'), batch('a', JSONL, [path], members), activate('a', 7), state(1)));
    expect(w.seen.units.flat()).toEqual(['a {"n":1}', 'a {"n":2}', 'a {"n":3}', 'a! 7']);
    expect(seen).toEqual(Array(3).fill([7, '2026-01-01T00:00:00Z']));
  });

  test('versions of its records count', async () => {
    const w = world(options);
    const path = file('a.jsonl', bare(1, 2));
    await w.run(lines(schema('a'), batch('a', JSONL, [path], { version: 7 }), activate('a', 7), state(1)));
    expect(w.seen.units.flat()).toEqual(['a {"n":1}', 'a {"n":2}', 'a! 7']);
  });

  test('a large file is committed in pieces, and memory stays bounded', async () => {
    const most: number[] = [];
    const w = world({ ...options, load: (unit) => Promise.resolve((most.push(unit.parts[0]?.rows ?? 0), 'committed')) });
    const path = file('a.jsonl.gz', gzipSync(bare(...Array.from({ length: 50_000 }, (__, n) => n))));
    await w.run(lines(schema('a'), batch('a', GZIP, [path]), state(1)), { batch_size_rows: 1000 });
    expect(w.seen.rows).toHaveLength(50_000);
    expect(Math.max(...most)).toBeLessThan(20_000);
  });

  test.each([
    ['not JSON', '{"n":hidden}', { code: 'input-not-json' }],
    ['cut', '{"n":3', { code: 'input-not-json' }],
    ['a list', '[3]', { code: 'batch-not-record' }],
    ['two objects that look like a message in the frame', '{"n":3},"hidden":{"n":4}', { code: 'input-not-json' }],
    ['an object and a record', '{"n":3},"record":{"n":4}', { code: 'input-not-json' }],
    ['an invalid record', '{"n":"hidden"}', { code: 'record-invalid' }],
  ])('a line that is %s fails with file and line, not with its value', async (__, line, expected) => {
    const path = file('a.jsonl', `${bare(1, 2)}\n${line}\n${bare(4)}`);
    const w = world(options);
    const failure = await w
      .run(lines(schema('a'), state(1), batch('a', JSONL, [path]), state(2)))
      .catch((error: unknown) => error);
    expect(failure).toMatchObject({ ...expected, facts: { line: 4, file: path } });
    expect(String(failure)).toContain(`Line 4 of ${path}`);
    expect(String(failure)).not.toContain('hidden');
    expect(w.seen.states).toEqual(['1']);
  });

  test('bytes that are not UTF-8 and lines that are too long are named by file and line', async () => {
    const bad = file('a.jsonl', Buffer.concat([Buffer.from(bare(1)), Buffer.of(0x22, 0xff, 0x22, 0x0a)]));
    await expect(world(options).run(lines(schema('a'), batch('a', JSONL, [bad])))).rejects.toMatchObject({
      code: 'input-not-utf8',
      facts: { line: 2, file: bad },
    });
    const long = file('b.jsonl', `${bare(1)}{"n":1,"x":"${'x'.repeat(1_100_000)}"}`);
    await expect(world(options).run(lines(schema('a'), batch('a', JSONL, [long])))).rejects.toMatchObject({
      code: 'input-line-too-long',
      facts: { line: 2, file: long },
    });
  });

  test.each([
    ['missing', (folder: string) => join(folder, 'gone.jsonl'), JSONL],
    ['a folder', (folder: string) => folder, JSONL],
    ['cut off', (folder: string) => file('a.gz', gzipSync(bare(1, 2, 3)).subarray(0, -12), folder), GZIP],
    ['no gzip file', (folder: string) => file('b.gz', bare(1), folder), GZIP],
    ['an empty gzip file', (folder: string) => file('c.gz', '', folder), GZIP],
  ])('a file that is %s fails with its path, and no later state leaves', async (__, make, encoding) => {
    const path = make(temporaryFolder());
    const w = world(options);
    await expect(
      w.run(lines(schema('a'), record('a', 1), state(1), batch('a', encoding, [path]), state(2))),
    ).rejects.toMatchObject({ code: 'batch-file', facts: { file: path } });
    expect([w.seen.states, numbers(w.seen.rows)]).toEqual([['1'], [1]]);
  });

  test('the lines after a BATCH are numbered as before', async () => {
    const path = file('a.jsonl', bare(1, 2, 3));
    await expect(world(options).run(lines(schema('a'), batch('a', JSONL, [path]), record('a', 1), 'oops'))).rejects.toMatchObject(
      {
        message: 'Line 4 of the input: is not JSON',
      },
    );
  });
});

describe('BATCH', () => {
  test.each([
    [{ format: 'parquet' }, '/x/a.parquet'],
    [{ format: 'jsonl', compression: 'zstd' }, '/x/a.jsonl.zst'],
    [JSONL, 's3://bucket/a.jsonl'],
    [JSONL, 'file://host/a.jsonl'],
  ])('of %j at %s is refused with both', async (encoding, location) => {
    const failure = await world()
      .run(lines(schema('a'), state(1), batch('a', encoding, [location])))
      .catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'batch-unsupported', facts: { format: encoding.format, file: location } });
    expect(String(failure)).toContain(location);
  });

  test('of a URL that is refused, no credentials and no signature are shown', async () => {
    const location = 'https://user:hush@bucket.example/a/b.jsonl?X-Signature=hush#hush';
    const failure: unknown = await world()
      .run(lines(schema('a'), batch('a', JSONL, [location])))
      .catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'batch-unsupported', facts: { file: 'https://bucket.example/a/b.jsonl' } });
    expect(String(failure)).not.toContain('hush');
  });

  test.skipIf(process.platform === 'win32')('a pipe that nobody writes to is refused at once', async () => {
    const path = join(temporaryFolder(), 'pipe');
    expect(spawnSync('mkfifo', [path]).status).toBe(0);
    await expect(world().run(lines(schema('a'), batch('a', JSONL, [path])))).rejects.toMatchObject({
      code: 'batch-file',
      facts: { file: path, cause: 'no file' },
    });
  });

  test.each([
    '{"type":"BATCH","stream":"a"}',
    '{"type":"BATCH","stream":"a","manifest":["/x"]}',
    '{"type":"BATCH","stream":"a","encoding":{"format":"jsonl"}}',
    '{"type":"BATCH","stream":"a","encoding":{"format":"jsonl"},"manifest":"/x"}',
    '{"type":"BATCH","stream":"a","encoding":{"format":"jsonl"},"manifest":[1]}',
    '{"type":"BATCH","stream":"a","encoding":"jsonl","manifest":[]}',
    '{"type":"BATCH","stream":"a","filepath":1}',
  ])('that is malformed fails: %s', async (message) => {
    await expect(world().run(lines(schema('a'), message))).rejects.toMatchObject({ code: 'batch-malformed' });
  });

  test('before its SCHEMA it fails', async () => {
    await expect(world().run(lines(batch('a', JSONL, [])))).rejects.toMatchObject({ type: 'RecordsWithoutSchemaException' });
  });

  test('files are deleted when the records of all of them are committed, if that is wanted', async () => {
    const paths = [1, 2, 3].map((n) => file(`${n}.jsonl`, bare(n)));
    const left: boolean[][] = [];
    const w = world({
      load: (unit: Unit) => {
        left.push(paths.map((path) => existsSync(path)));
        return Promise.resolve(unit.state === '2' ? 'committed' : 'open');
      },
    });
    const input = lines(schema('a'), batch('a', JSONL, paths.slice(0, 2)), state(1), batch('a', JSONL, [paths[2]]), state(2));
    await w.run(input, { batch_size_rows: 1 });
    expect(paths.map((path) => existsSync(path))).toEqual([true, true, true]);
    left.length = 0;
    await w.run(input, { delete_batch_files: true, batch_size_rows: 1 });
    expect(new Set(left.flat())).toEqual(new Set([true]));
    expect(paths.map((path) => existsSync(path))).toEqual([false, false, false]);
  });

  test('files are not deleted when loading fails, nor when only a later line does and no STATE covers them', async () => {
    const path = file('a.jsonl', bare(1));
    const failing = world({ load: () => Promise.reject(new Error('disk full')) });
    const input = lines(schema('a'), batch('a', JSONL, [path]));
    await expect(failing.run(input, { delete_batch_files: true })).rejects.toThrow('disk full');
    await expect(world().run(`${input}oops\n`, { delete_batch_files: true })).rejects.toMatchObject({ code: 'input-not-json' });
    expect(existsSync(path)).toBe(true);
  });

  test('of a stream that is left out its records are counted as left out, its files stay', async () => {
    const path = file('a.jsonl', `${bare(1)}\n${bare(2)}{"n":3}`);
    const packed = file('b.jsonl', gzipSync(bare(4)));
    const w = world({ encoder: () => undefined });
    const messages = [batch('a', JSONL, [path]), batch('a', { format: 'jsonl', compression: 'gzip' }, [packed]), record('a', 5)];
    await w.run(lines(schema('a'), ...messages, state(1)), { delete_batch_files: true });
    expect([w.seen.rows, w.seen.summaries.get('a')]).toEqual([[], { left_out: 5 }]);
    expect([path, packed].every((one) => existsSync(one))).toBe(true);
  });

  test('of a stream that is left out, files that cannot be read are told and stop nothing', async () => {
    const w = world({ encoder: () => undefined });
    const damaged = file('c.jsonl', Buffer.of(0xff, 0x0a));
    const parquet = batch('a', { format: 'parquet' }, ['/nowhere/a.parquet']);
    await w.run(lines(schema('a'), batch('a', JSONL, ['/nowhere/a.jsonl', damaged]), parquet, state(1)));
    expect([w.seen.states, w.seen.summaries.get('a')]).toEqual([['1'], { left_out_files: 3 }]);
  });
});

describe('frames', () => {
  const frame = batchFiles({ type: 'BATCH', stream: 'ä"', filepath: '/x', version: 1 }, 'ä"', { line: 1, file: undefined });
  const line = fc.oneof(
    fc.json({ maxDepth: 3 }),
    fc.constantFrom(
      '',
      '{}',
      '{"a":1}',
      ' {"a":1}',
      '{"a":{"b":"}"}}',
      '{"a":1},"b":{"c":1}',
      '{"a":1}}',
      '{"a":"',
      '}',
      '{"a":{}}\r',
    ),
    fc.string({ maxLength: 20 }).map((text) => text.replaceAll('\n', ' ')),
    fc.integer({ min: 0, max: 400_000 }).map((size) => `{"a":"${'x'.repeat(size)}"}`),
  );

  test('keep every line and its order, and are whole messages only where the line is one object', () => {
    fc.assert(
      fc.property(fc.array(line, { maxLength: 8 }), (list) => {
        const bytes = Buffer.from(list.map((text) => `${text}\n`).join(''));
        let framed = '';
        // A piece is valid until the next one is asked for.
        for (const piece of new BatchFrames(frame).pieces({ bytes, start: 0, end: bytes.length })) {
          framed += piece.bytes.toString('utf8', piece.start, piece.end);
        }
        const texts = framed.split('\n').slice(0, -1);
        expect(texts.map((text) => text.slice(frame.head.toString().length, 1 - frame.tail.length))).toEqual(
          list.map((text) => Buffer.from(text).toString()),
        );
        texts.forEach((text, i) => {
          if (text.startsWith('{') && isJson(text)) {
            expect(JSON.parse(text)).toEqual({
              type: 'RECORD',
              stream: 'ä"',
              version: 1,
              record: JSON.parse(list[i]!) as unknown,
            });
          }
        });
        const isPlain = (text: string): boolean => /^\{[^{}]*\}$/.test(text) && isJson(text);
        expect(texts.filter((text, i) => !text.startsWith('{') && isPlain(list[i]!))).toEqual([]);
      }),
      { numRuns: 200 },
    );
  });
});
