import { gzipSync } from 'node:zlib';
import * as fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import type { Entry } from '../../../../taps/csv/entries.ts';
import { entryMaker, entryOf, folder, readAll } from './harness.ts';

const temp = folder();
afterAll(() => temp.remove());
const made = entryMaker(temp);
const entry = (content: string | Buffer, options: Partial<Entry> = {}): Entry =>
  made(content, { delimiter: 'detect', ...options });

describe('delimiter detect', () => {
  it.each([
    ['comma', 'a,b\n1,2\n', [{ a: '1', b: '2' }]],
    [
      'semicolon with decimal commas',
      'a;b\n1,5;2,5\n3,0;4,1\n',
      [
        { a: '1,5', b: '2,5' },
        { a: '3,0', b: '4,1' },
      ],
    ],
    ['tab', 'a\tb\n1, x\t2\n', [{ a: '1, x', b: '2' }]],
    ['pipe', 'a|b|c\n1|2,2|3\n', [{ a: '1', b: '2,2', c: '3' }]],
    ['delimiters inside quotes', 'a,b\n"1;2;3","x\n;y"\n', [{ a: '1;2;3', b: 'x\n;y' }]],
    [
      'apostrophes as quotes',
      "a,b\n'1,2',x\n'3,4',y\n",
      [
        { a: '1,2', b: 'x' },
        { a: '3,4', b: 'y' },
      ],
    ],
    [
      'apostrophes in words',
      "a,b\nit's,x\n'tis,y\n",
      [
        { a: "it's", b: 'x' },
        { a: "'tis", b: 'y' },
      ],
    ],
    ['one column', 'a\n1\n2\n', [{ a: '1' }, { a: '2' }]],
    ['one column of prose', 'text\nwell, yes\nno; maybe\n', [{ text: 'well, yes' }, { text: 'no; maybe' }]],
    ['a header alone', 'a;b\n', []],
    ['a comment before', '# x,y,z\na;b\n1;2\n', [{ a: '1', b: '2' }]],
  ])('tells %s', async (_name, content, expected) => {
    for (const windowBytes of [4, 4096]) {
      expect((await readAll(entry(content, { comment: '#' }), { tuning: { windowBytes } })).records).toEqual(expected);
    }
  });

  it('tells what it found, per file, also compressed', async () => {
    const paths = [...entry('a;b\n1;2\n').paths, ...entry(gzipSync('a,b\n3,4\n')).paths];
    const { records, said } = await readAll(entryOf({ paths, delimiter: 'detect' }));
    expect(records).toEqual([
      { a: '1', b: '2' },
      { a: '3', b: '4' },
    ]);
    expect(said.filter((line) => line.message === 'The delimiter of files was detected').map((line) => line.fields)).toEqual([
      expect.objectContaining({ delimiter: ';', quotechar: '"', rows: 2, columns: 2, rows_alike: 1, count: 1 }),
      expect.objectContaining({ delimiter: ',' }),
    ]);
    expect(said).toContainEqual(
      expect.objectContaining({ level: 'warning', message: 'The files of the stream differ in their delimiter' }),
    );
  });

  it.each([
    ['two that serve as well', 'a,b;c\n1,2;3\n'],
    ['none that serves', 'a,b\n1\n2\n3,4\n5\n'],
  ])('does not guess: %s', async (_name, content) => {
    await expect(readAll(entry(content))).rejects.toMatchObject({ code: 'delimiter-undetected', exitCode: 1 });
  });

  it('finds what a file was written with', async () => {
    const word = fc.stringMatching(/^[a-zA-Z0-9 .]{0,8}$/);
    const cell = fc.oneof(word, fc.constantFrom('a,b', 'x;y', '1|2', 'tab\tin', 'say "hi"', 'line\nbreak'));
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(',', ';', '\t', '|'),
        fc
          .integer({ min: 2, max: 6 })
          .chain((width) => fc.array(fc.array(cell, { minLength: width, maxLength: width }), { minLength: 1, maxLength: 12 })),
        async (delimiter, rows) => {
          const names = rows[0]!.map((_, index) => `n${index}`);
          const quoted = (text: string): string => (/["\n,;|\t]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
          const content = [names, ...rows].map((row) => `${row.map(quoted).join(delimiter)}\n`).join('');
          const { records } = await readAll(entry(content));
          expect(records.map((row) => Object.values(row))).toEqual(rows);
        },
      ),
      { numRuns: 200 },
    );
  });

  it('goes on where a run stopped', async () => {
    const e = entry(`a;b\n${'1,5;2\n'.repeat(100)}`);
    const tuning = { windowBytes: 64, batchBytes: 500 };
    const whole = await readAll(e, { tuning });
    const rest = await readAll(e, { tuning, request: { bookmark: whole.batches[1]!.bookmark } });
    expect(whole.batches[0]!.text + whole.batches[1]!.text + rest.text).toBe(whole.text);
  });
});
