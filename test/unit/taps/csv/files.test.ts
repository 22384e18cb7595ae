import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findFiles } from '../../../../taps/csv/files.ts';
import { expandBraces, pathMatcher, segmentMatcher } from '../../../../taps/csv/glob.ts';
import { entryOf, folder, readAll } from './harness.ts';

const temp = folder();
afterAll(() => temp.remove());

const NAMES = [
  'b.csv',
  'a.csv',
  'sub/c.CSV',
  'sub/deep/d.csv.gz',
  'sub/readme.txt',
  'sub/[x].csv',
  '.hidden.csv',
  'e.tsv',
  'a.csv.bak',
];

beforeAll(() => {
  mkdirSync(temp.path('in/sub/deep'), { recursive: true });
  for (const name of NAMES) writeFileSync(temp.path(`in/${name}`), 'a\n1\n');
  symlinkSync(temp.path('in'), temp.path('in/sub/circle'));
  symlinkSync(temp.path('in/a.csv'), temp.path('in/sub/linked.csv'));
});

async function names(paths: string[], exclude: string[] = []): Promise<string[]> {
  const { files } = await findFiles(
    paths.map((path) => (path.startsWith('/') || path === '-' ? path : temp.path(path))),
    exclude,
  );
  return files.map((file) => file.key.replace(`${temp.root}/`, ''));
}

describe('finding files', () => {
  it('takes a single file of any name, and a file: URL', async () => {
    expect(await names(['in/sub/readme.txt'])).toEqual(['in/sub/readme.txt']);
    const { files } = await findFiles([pathToFileURL(temp.path('in/a.csv')).href], []);
    expect(files.map((file) => file.key)).toEqual([temp.path('in/a.csv')]);
  });

  it('walks folders, in the order of paths, following links to files but not to folders', async () => {
    const expected = [
      'in/.hidden.csv',
      'in/a.csv',
      'in/b.csv',
      'in/sub/[x].csv',
      'in/sub/c.CSV',
      'in/sub/deep/d.csv.gz',
      'in/sub/linked.csv',
    ];
    expect(await names(['in'])).toEqual(expected);
    expect(await names(['in/'])).toEqual(expected);
    expect((await findFiles([temp.path('in')], [])).passedOver).toBe(3);
  });

  it('expands patterns with *, ?, sets, braces and **', async () => {
    expect(await names(['in/*.csv'])).toEqual(['in/a.csv', 'in/b.csv']);
    expect(await names(['in/?.{csv,tsv}'])).toEqual(['in/a.csv', 'in/b.csv', 'in/e.tsv']);
    expect(await names(['in/[!a].csv'])).toEqual(['in/b.csv']);
    expect(await names(['in/**/*.csv.gz'])).toEqual(['in/sub/deep/d.csv.gz']);
    expect(await names(['in/**/a.csv'])).toEqual(['in/a.csv']);
    expect(await names(['in/sub/**'])).toEqual([
      'in/sub/[x].csv',
      'in/sub/c.CSV',
      'in/sub/deep/d.csv.gz',
      'in/sub/linked.csv',
      'in/sub/readme.txt',
    ]);
    expect(await names(['in/.*.csv'])).toEqual(['in/.hidden.csv']);
  });

  it('prefers a file whose name looks like a pattern', async () => {
    expect(await names(['in/sub/[x].csv'])).toEqual(['in/sub/[x].csv']);
  });

  it('keeps the order of a list and takes each file once', async () => {
    expect(await names(['in/b.csv', 'in/*.csv'])).toEqual(['in/b.csv', 'in/a.csv']);
  });

  it('leaves out what is excluded, by name or by path', async () => {
    expect(await names(['in'], ['[ab].csv', `${temp.root}/in/sub/**`])).toEqual(['in/.hidden.csv']);
  });

  it('names the paths that gave nothing', async () => {
    const { files, missing } = await findFiles([temp.path('none.csv'), temp.path('in/*.parquet'), temp.path('in/a.csv')], []);
    expect(files).toHaveLength(1);
    expect(missing).toEqual([temp.path('none.csv'), temp.path('in/*.parquet')]);
  });

  it('ends the run when nothing is there, naming the path, or warns when asked', async () => {
    const path = temp.path('in/*.parquet');
    await expect(readAll(entryOf({ paths: [path] }))).rejects.toMatchObject({
      code: 'no-files',
      message: expect.stringContaining(path),
      exitCode: 1,
    });
    const { records, said, bookmark } = await readAll(entryOf({ paths: [path], if_no_files: 'warn' }), {
      request: { bookmark: { files: {} } },
    });
    expect(records).toEqual([]);
    expect(bookmark).toEqual({ files: {} });
    expect(said.filter((line) => line.level === 'warning').map((line) => line.fields!['paths'])).toEqual([[path]]);
  });

  it('tells of links that lead nowhere, and that the stream does not see all', async () => {
    mkdirSync(temp.path('links'));
    writeFileSync(temp.path('links/a.csv'), 'a\n1\n');
    const pattern = temp.path('links/*.csv');
    expect((await readAll(entryOf({ paths: [pattern] }))).stream.seesAll?.()).toBe(true);
    symlinkSync(temp.path('links/gone'), temp.path('links/b.csv'));
    for (const path of [pattern, temp.path('links'), temp.path('links/**')]) {
      const { records, said, stream } = await readAll(entryOf({ paths: [path] }));
      expect(records).toEqual([{ a: '1' }]);
      expect(said.find((line) => line.level === 'warning')).toMatchObject({
        message: expect.stringContaining('are not there'),
        fields: { files: [temp.path('links/b.csv')] },
      });
      expect(stream.seesAll?.()).toBe(false);
    }
    const none = [temp.path('links/a.csv'), temp.path('links/none.csv')];
    expect((await readAll(entryOf({ paths: none, if_no_files: 'warn' }))).stream.seesAll?.()).toBe(false);
  });

  it('says what the system answered to a path that cannot be followed', async () => {
    symlinkSync(temp.path('loop'), temp.path('loop'));
    await expect(readAll(entryOf({ paths: [temp.path('loop')] }))).rejects.toMatchObject({
      code: 'file-failed',
      exitCode: 1,
      facts: { file: temp.path('loop'), reason: 'ELOOP' },
    });
  });

  // Root may read everything.
  it.skipIf(process.getuid?.() === 0)('says which file may not be read', async () => {
    const path = temp.path('locked.csv');
    writeFileSync(path, 'a\n');
    chmodSync(path, 0);
    await expect(readAll(entryOf({ paths: [path] }))).rejects.toMatchObject({ code: 'file-unreadable', facts: { file: path } });
  });
});

describe('patterns', () => {
  it('expand nested and several braces, and leave odd ones alone', () => {
    expect(expandBraces('{a,b{1,2}}/{x,y}')).toEqual(['a/x', 'a/y', 'b1/x', 'b1/y', 'b2/x', 'b2/y']);
    expect(expandBraces('{a}')).toEqual(['{a}']);
    expect(expandBraces('{a,b')).toEqual(['{a,b']);
    expect(expandBraces('{,x}')).toEqual(['', 'x']);
  });

  it('match plain names only as themselves', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[^*?[{/]+$/u), fc.string(), (name, other) => {
        fc.pre(!name.startsWith('.'));
        const matches = segmentMatcher(name);
        expect(matches(name)).toBe(true);
        expect(matches(other)).toBe(other === name);
      }),
    );
  });

  it('know sets, ranges and what is not one', () => {
    expect(segmentMatcher('[a-c]x')('bx')).toBe(true);
    expect(segmentMatcher('[!a-c]x')('bx')).toBe(false);
    expect(segmentMatcher('[]a]x')(']x')).toBe(true);
    expect(segmentMatcher('[z-a]')('b')).toBe(false);
    expect(segmentMatcher('[open')('[open')).toBe(true);
    expect(segmentMatcher('😀?')('😀😀')).toBe(true);
  });

  it('without a slash are matched against the name, with one against the path', () => {
    expect(pathMatcher(['*.bak'])('a/b/c.bak')).toBe(true);
    expect(pathMatcher(['b/*.bak'])('a/b/c.bak')).toBe(false);
    expect(pathMatcher(['**/b/*.{bak,old}'])('a/b/c.old')).toBe(true);
    expect(pathMatcher([])('a')).toBe(false);
  });
});
