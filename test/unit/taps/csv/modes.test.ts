import { appendFileSync, renameSync, rmSync, statSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import type { Entry } from '../../../../taps/csv/entries.ts';
import { USUAL } from '../../../../taps/csv/format.ts';
import { openStreams } from '../../../../taps/csv/stream.ts';
import type { ReadResult } from './harness.ts';
import { entryOf, fileStateOf, folder, memoryLog, readAll, requestOf, runOf } from './harness.ts';

const temp = folder();
afterAll(() => temp.remove());
let count = 0;

function path(content: string): string {
  const place = temp.path(`${count++}.csv`);
  writeFileSync(place, content);
  return place;
}

const warnings = (result: Pick<ReadResult, 'said'>): string[] =>
  result.said.filter((line) => line.level === 'warning').map((line) => line.message);

describe('mode hash', () => {
  it('sees a change that size and time do not show, and nothing where nothing changed', async () => {
    const place = path('a\n1\n2\n');
    const { atime, mtime } = statSync(place);
    for (const [mode, rows] of [
      ['mtime', []],
      ['hash', [{ a: '9' }, { a: '2' }]],
    ] as const) {
      const e = entryOf({ paths: [place], mode });
      writeFileSync(place, 'a\n1\n2\n');
      utimesSync(place, atime, mtime);
      const { bookmark } = await readAll(e);
      expect((await readAll(e, { request: { bookmark } })).records).toEqual([]);
      writeFileSync(place, 'a\n9\n2\n');
      utimesSync(place, atime, mtime);
      expect((await readAll(e, { request: { bookmark } })).records).toEqual(rows);
    }
  });

  it('does not send a file again that was only touched', async () => {
    const place = path('a\n1\n');
    const e = entryOf({ paths: [place], mode: 'hash' });
    const { bookmark } = await readAll(e);
    utimesSync(place, 1, 2);
    const again = await readAll(e, { request: { bookmark } });
    expect(again.records).toEqual([]);
    expect(fileStateOf(again.bookmark)['mtime']).toBe('1970-01-01T00:00:02.000000000Z');
  });
});

describe('mode append', () => {
  it.each([
    ['a\n1\n2', ['1'], ',\n3\n'],
    ['a\n1\n"2', ['1'], '\n3"\n4\n'],
    ['a\n1\n', ['1'], '2\n'],
    ['a\n1\n2\r', ['1', '2'], '\n3\n'],
  ])('leaves the last line for the next run until it has its line break: %j', async (content, first, more) => {
    const place = path(content);
    const e = entryOf({ paths: [place], mode: 'append', ragged_rows: 'pad' });
    const one = await readAll(e);
    expect(one.records.map((row) => row['a'])).toEqual(first);
    // Asked again before anything came, it still waits, and says so.
    const idle = await readAll(e, { request: { bookmark: one.bookmark } });
    expect(idle.records).toEqual([]);
    appendFileSync(place, more);
    const two = await readAll(e, { request: { bookmark: idle.bookmark } });
    expect([...one.records, ...two.records]).toEqual((await readAll(e)).records);
  });

  it('says when the last line waits', async () => {
    const e = entryOf({ paths: [path('a\n1\n2')], mode: 'append' });
    const { said } = await readAll(e);
    expect(said.map((line) => line.message)).toContain('The last row has no line break yet and waits for the next run');
  });

  it.each([
    ['a\n9\n2\n3\n', 'The file was rewritten: it is read from the beginning'],
    ['a\n9\n', 'The file became shorter: it is read from the beginning'],
  ])('warns of a file that did not only grow: %j', async (content, message) => {
    const place = path('a\n1\n2\n');
    const e = entryOf({ paths: [place], mode: 'append' });
    const { bookmark } = await readAll(e);
    writeFileSync(place, content);
    const again = await readAll(e, { request: { bookmark } });
    expect(again.text).toBe((await readAll(e)).text);
    expect(warnings(again)).toContain(message);
  });
});

/** Reads a file in small batches; `between` runs after the first. */
async function disturbed(place: string, between: () => void, options: Partial<Entry> = {}): Promise<ReadResult> {
  const { log, said } = memoryLog();
  const entry = entryOf({ paths: [place], ...options });
  const [stream] = await openStreams([entry], false, runOf(log), { ...USUAL, windowBytes: 64, batchBytes: 100 });
  const batches: ReadResult['batches'][number][] = [];
  for await (const batch of stream!.read(requestOf(stream!, log))) {
    batches.push({ text: batch.lines?.bytes.toString() ?? '', bookmark: batch.bookmark });
    if (batches.length === 1) between();
  }
  const text = batches.map((batch) => batch.text).join('');
  return { stream: stream!, batches, records: [], text, bookmark: batches.at(-1)?.bookmark, said };
}

describe('a file that changes while it is read', () => {
  const rows = Array.from({ length: 200 }, (_, row) => `${row}\n`).join('');
  const sent = (result: Pick<ReadResult, 'text'>): string[] =>
    [...result.text.matchAll(/"a":"(\w+)"/g)].map((match) => match[1]!);

  it('and grows: said, and the next run has the rest', async () => {
    const place = path(`a\n${rows}`);
    const first = await disturbed(place, () => appendFileSync(place, 'x\ny\n'));
    expect(first.said.map((line) => line.message)).toContain('The file grew while it was read: the next run reads on');
    appendFileSync(place, 'z\n');
    const second = await readAll(entryOf({ paths: [place] }), { request: { bookmark: first.bookmark } });
    expect([...sent(first), ...sent(second)]).toEqual([...rows.trim().split('\n'), 'x', 'y', 'z']);
  });

  it('by another in its place: warned of, and the next run reads the new one, even of the same size and time', async () => {
    const place = path(`a\n${rows}`);
    const { atime, mtime } = statSync(place);
    utimesSync(place, atime, mtime);
    const first = await disturbed(place, () => {
      const other = path(`a\n${rows.replaceAll('1', '7')}`);
      utimesSync(other, atime, mtime);
      renameSync(other, place);
    });
    expect(warnings(first).join()).toContain('was replaced while it was read');
    expect(sent(first)).toEqual(rows.trim().split('\n'));
    const second = await readAll(entryOf({ paths: [place] }), { request: { bookmark: first.bookmark } });
    expect(sent(second)).toEqual(rows.replaceAll('1', '7').trim().split('\n'));
  });

  it('and is removed: warned of, and read to its end', async () => {
    const place = path(`a\n${rows}`);
    const first = await disturbed(place, () => rmSync(place));
    expect(warnings(first).join()).toContain('was removed while it was read');
    expect(first.stream.seesAll?.()).toBe(true);
    expect(sent(first)).toEqual(rows.trim().split('\n'));
  });

  it('and becomes shorter: warned of, and the next run reads what is there', async () => {
    const place = path(`a\n${rows}`);
    const first = await disturbed(place, () => truncateSync(place, 4));
    expect(warnings(first).join()).toContain('became shorter while it was read');
    expect(first.stream.seesAll?.()).toBe(false);
    const second = await readAll(entryOf({ paths: [place] }), { request: { bookmark: first.bookmark } });
    expect(sent(second)).toEqual(['0']);
  });

  it('and is written anew in place: warned of, and the next run reads what is there', async () => {
    const place = path(`a\n${rows}`);
    const first = await disturbed(place, () => {
      writeFileSync(place, `a\n${rows.replaceAll('1', '7')}`);
      utimesSync(place, 1, 2);
    });
    expect(warnings(first).join()).toContain('was written to while it was read');
    expect(first.stream.seesAll?.()).toBe(false);
    const second = await readAll(entryOf({ paths: [place] }), { request: { bookmark: first.bookmark } });
    expect(sent(second)).toEqual(rows.replaceAll('1', '7').trim().split('\n'));
  });

  it('vanishes between listing and reading: an error that names it, or a warning', async () => {
    for (const if_no_files of ['fail', 'warn'] as const) {
      const places = [path('a\n1\n'), path('a\n2\n')];
      const { log, said } = memoryLog();
      const [stream] = await openStreams([entryOf({ paths: places, if_no_files })], false, runOf(log));
      rmSync(places[0]!);
      const read = async (): Promise<string> => {
        let text = '';
        for await (const batch of stream!.read(requestOf(stream!, log))) text += batch.lines?.bytes.toString() ?? '';
        return text;
      };
      if (if_no_files === 'fail')
        await expect(read()).rejects.toMatchObject({ code: 'file-not-found', facts: { file: places[0] } });
      else {
        expect(sent({ text: await read() })).toEqual(['2']);
        expect(stream!.seesAll?.()).toBe(false);
        expect(said.map((line) => line.message)).toContain('A file vanished before it could be read');
      }
    }
  });
});
