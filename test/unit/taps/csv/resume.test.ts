import { execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { appendFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { openStreams } from '../../../../taps/csv/stream.ts';
import { entryOf, fileStateOf, folder, memoryLog, readAll, requestOf, runOf } from './harness.ts';

const temp = folder();
afterAll(() => temp.remove());
let count = 0;

function path(content: string | Buffer): string {
  const place = temp.path(`${count++}.csv`);
  writeFileSync(place, content);
  return place;
}

const messages = (said: readonly { level: string; message: string }[]): string[] =>
  said.filter((line) => line.level !== 'debug').map((line) => line.message);

describe('the state of a file', () => {
  it('holds size, time, offset, rows and the SHA-256 of what was read', async () => {
    const place = path('a\n1\n2\n');
    const { bookmark } = await readAll(entryOf({ paths: [place] }));
    expect(bookmark).toEqual({
      files: {
        [place]: {
          size: 6,
          mtime: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z$/),
          offset: 6,
          hash: createHash('sha256').update('a\n1\n2\n').digest('hex'),
          rows: 2,
          line: 4,
          done: true,
        },
      },
    });
    expect(JSON.parse(JSON.stringify(bookmark))).toEqual(bookmark);
  });

  it('lets an unchanged file be passed over, and the bookmark stays the same', async () => {
    const e = entryOf({ paths: [path('a\n1\n')] });
    const { bookmark } = await readAll(e);
    const again = await readAll(e, { request: { bookmark } });
    expect(again.records).toEqual([]);
    expect(again.bookmark).toEqual(bookmark);
    expect(messages(again.said)).toEqual(['Files have not changed since they were read']);
  });

  it('lets a file that was only touched be passed over', async () => {
    const place = path('a\n1\n');
    const e = entryOf({ paths: [place] });
    const { bookmark } = await readAll(e);
    utimesSync(place, new Date(), new Date(Date.now() + 5000));
    const again = await readAll(e, { request: { bookmark } });
    expect(again.records).toEqual([]);
    expect(fileStateOf(again.bookmark)['mtime']).not.toBe(fileStateOf(bookmark)['mtime']);
  });

  it('lets a file that grew go on at the byte', async () => {
    const place = path('a\n1\n');
    const e = entryOf({ paths: [place] });
    const { bookmark } = await readAll(e);
    appendFileSync(place, '2\n');
    const again = await readAll(e, { metadata: true, request: { bookmark } });
    expect(again.records).toMatchObject([{ a: '2', _sdc_source_lineno: 3 }]);
    expect(fileStateOf(again.bookmark)).toMatchObject({ rows: 2, offset: 6 });
  });

  it('lets a gzip file that was written anew with more rows go on after the old ones', async () => {
    const place = path(gzipSync('a\n1\n'));
    const e = entryOf({ paths: [place] });
    const { bookmark } = await readAll(e);
    writeFileSync(place, gzipSync('a\n1\n2\n', { level: 1 }));
    expect((await readAll(e, { request: { bookmark } })).records).toEqual([{ a: '2' }]);
  });

  it.each([
    ['other rows', 'a\n9\n2\n3\n', 'was rewritten'],
    ['fewer rows', 'a\n1\n', 'became shorter'],
    ['another header of the same length', 'b\n1\n2\n', 'was rewritten'],
    ['a longer header', 'a,long header in place of all rows\nx,y\n', 'was rewritten'],
  ])('sends a file that was rewritten from the beginning and says so: %s', async (_name, content, what) => {
    for (const keys of [[], ['_sdc_row_hash']]) {
      const place = path('a\n1\n2\n');
      const e = entryOf({ paths: [place], keys });
      const { bookmark } = await readAll(e);
      writeFileSync(place, content);
      const again = await readAll(e, { request: { bookmark } });
      expect(again.text).toBe((await readAll(e)).text);
      expect(again.records.length).toBeGreaterThan(0);
      expect(messages(again.said)).toContain(`The file ${what}: it is read from the beginning`);
    }
  });

  it('knows whether bytes after a last row without a line break belong to it', async () => {
    const ended = path('a,b\n1,2');
    const { bookmark } = await readAll(entryOf({ paths: [ended] }));
    expect(fileStateOf(bookmark)['open']).toEqual({ offset: 4, rows: 0, line: 2 });
    appendFileSync(ended, '\n3,4\n');
    expect((await readAll(entryOf({ paths: [ended] }), { request: { bookmark } })).records).toEqual([{ a: '3', b: '4' }]);

    const grown = path('a,b\n1,2');
    const first = await readAll(entryOf({ paths: [grown] }));
    appendFileSync(grown, '34\n5,6\n');
    const second = await readAll(entryOf({ paths: [grown] }), { metadata: true, request: { bookmark: first.bookmark } });
    expect(second.records).toMatchObject([
      { a: '1', b: '234', _sdc_source_lineno: 2 },
      { a: '5', b: '6', _sdc_source_lineno: 3 },
    ]);
    expect(messages(second.said)[0]).toContain('has grown');
    expect(fileStateOf(second.bookmark)['rows']).toBe(2);
  });

  it.each([
    ['an escape character', 'a,b\n1,2\n3,\\', '\r\n,4\n5,6\n', { escapechar: '\\' }],
    ['a cell that is too long', 'a,b\n1,2\n"123456789",x', 'y\n5,6\n', { max_field_bytes: 8 }],
    ['a cell that is too long, not quoted', 'a,b\n1,2\n123456789,3', '4\n5,6\n', { max_field_bytes: 8 }],
  ])('takes what is appended to a malformed last row for a part of it: %s', async (_name, before, after, options) => {
    for (const mode of ['mtime', 'append'] as const) {
      const place = path(before);
      const e = entryOf({ paths: [place], on_error: 'skip', mode, ...options });
      const first = await readAll(e, { metadata: true });
      appendFileSync(place, after);
      const second = await readAll(e, { metadata: true, request: { bookmark: first.bookmark } });
      const rows = (records: readonly Record<string, unknown>[]) =>
        records.map((row) => [row['a'], row['b'], row['_sdc_source_lineno']]);
      const whole = await readAll(e, { metadata: true });
      expect([...rows(first.records), ...rows(second.records)]).toEqual(rows(whole.records));
    }
  });

  it('forgets files that are gone, and says so, but not when nothing is there at all', async () => {
    const [a, b] = [path('a\n1\n'), path('a\n2\n')];
    const { bookmark } = await readAll(entryOf({ paths: [a, b] }));
    rmSync(a);
    const both = entryOf({ paths: [a, b], if_no_files: 'warn' });
    const again = await readAll(both, { request: { bookmark } });
    expect(Object.keys(again.bookmark!['files'] as object)).toEqual([b]);
    expect(again.said.find((line) => line.message.startsWith('Files are gone'))?.fields).toMatchObject({ files: [a] });
    rmSync(b);
    expect((await readAll(both, { request: { bookmark } })).bookmark).toEqual(bookmark);
  });

  it('of another shape is warned of, and the stream read from the beginning', async () => {
    const e = entryOf({ paths: [path('a\n1\n')] });
    for (const bookmark of [{ replication_key_value: 'x' }, { files: { x: { size: -1 } } }, { files: [] }]) {
      const { records, said } = await readAll(e, { request: { bookmark } });
      expect(records).toHaveLength(1);
      expect(said.find((line) => line.level === 'warning')?.fields).toEqual({ stream: 's' });
    }
  });

  it('is neither used nor written for FULL_TABLE', async () => {
    const e = entryOf({ paths: [path('a\n1\n')] });
    const { batches, records } = await readAll(e, { request: { method: 'FULL_TABLE' } });
    expect(records).toHaveLength(1);
    expect(batches.map((batch) => batch.bookmark)).toEqual([undefined]);
  });
});

describe('batches', () => {
  it('keep their bytes until the batch after the next is asked for', async () => {
    const place = path(`a\n${Array.from({ length: 2000 }, (_, row) => `${row}\n`).join('')}`);
    const { log } = memoryLog();
    const tuning = { windowBytes: 4096, batchBytes: 1024, slackBytes: 1024, fastLane: true };
    const [stream] = await openStreams([entryOf({ paths: [place] })], false, runOf(log), tuning);
    if (stream === undefined) throw new Error('no stream');
    const held: { bytes: Buffer; text: string }[] = [];
    for await (const batch of stream.read(requestOf(stream, log))) {
      if (batch.lines === undefined) continue;
      for (const earlier of held.slice(-2)) expect(earlier.bytes.toString()).toBe(earlier.text);
      held.push({ bytes: batch.lines.bytes, text: batch.lines.bytes.toString() });
    }
    expect(held.length).toBeGreaterThan(10);
  });

  it('make room for rows of any length', async () => {
    const long = 'x"\n\u0001'.repeat(300_000);
    const place = path(`a,b\n1,"${long.replaceAll('"', '""')}"\n2,y\n`);
    const { records } = await readAll(entryOf({ paths: [place] }));
    expect(records).toEqual([
      { a: '1', b: long },
      { a: '2', b: 'y' },
    ]);
  });
});

describe('named pipes', () => {
  it('are read once, without state', async () => {
    const fifo = temp.path('fifo');
    execFileSync('mkfifo', [fifo]);
    const writer = spawn('sh', ['-c', `printf 'a,b\\n1,2\\n3,4\\n' > '${fifo}'`]);
    const exit = once(writer, 'exit');
    const { records, bookmark } = await readAll(entryOf({ paths: [fifo] }));
    await exit;
    expect(records).toEqual([
      { a: '1', b: '2' },
      { a: '3', b: '4' },
    ]);
    expect(bookmark).toEqual({ files: {} });
  });
});
