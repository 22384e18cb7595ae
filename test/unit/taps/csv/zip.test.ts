import { writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import * as fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { TaplineError } from '../../../../singer/index.ts';
import { entryMaker, folder, readAll } from './harness.ts';
import type { Member } from './zip-support.ts';
import { zipOf } from './zip-support.ts';

const temp = folder();
afterAll(() => temp.remove());
const entry = entryMaker(temp, 'zip');

const ROWS = Array.from({ length: 500 }, (_, row) => `${row},value ${row}\n`).join('');
const CSV = `a,b\n${ROWS}`;
const MEMBERS: Member[] = [
  { name: 'one.csv', content: CSV },
  { name: 'in/two.csv', content: CSV, stored: true },
  { name: 'three.csv', content: CSV, streamed: true, wide: true },
];

describe('a ZIP archive', () => {
  it.each([
    ['as usual', {}],
    ['with a comment that looks like an end', { comment: 'PK\u0005\u0006 comment of some length here' }],
    ['in its 64-bit form', { wide: true }],
    ['behind another program', { before: Buffer.from('PK\u0003\u0004 stub '.repeat(9)) }],
  ])('gives each file in it: %s', async (_name, options) => {
    const { records, bookmark } = await readAll(entry(zipOf(MEMBERS, options)), { metadata: true });
    expect(records).toHaveLength(1500);
    expect(new Set(records.map((row) => String(row['_sdc_source_file']).replace(/.*\.zip/, '')))).toEqual(
      new Set(['#one.csv', '#in/two.csv', '#three.csv']),
    );
    expect(Object.keys(bookmark!['files'] as object)).toHaveLength(3);
  });

  it('leaves out folders, links and hidden files, and what zip_members does not name', async () => {
    const extra = [
      { name: 'in/', content: '' },
      { name: '__MACOSX/one.csv', content: 'x' },
      { name: 'in/.hidden', content: 'x' },
      { name: 'link.csv', content: 'one.csv', attributes: 0xa1ff0000 },
      { name: 'read.me', content: 'a,b\n1,2\n' },
    ];
    const archive = zipOf([...MEMBERS, ...extra]);
    const all = await readAll(entry(archive));
    expect(all.records).toHaveLength(1501);
    const some = await readAll(entry(archive, { zipMembers: ['*.csv'] }), { metadata: true });
    expect(some.records).toHaveLength(1500);
    expect(some.said).toContainEqual(expect.objectContaining({ message: 'Files in archives were passed over' }));
    expect((await readAll(entry(archive, { zipMembers: ['in/*'] }))).records).toHaveLength(500);
    const nothing = { zipMembers: ['nope'] };
    await expect(readAll(entry(archive, nothing))).rejects.toMatchObject({ code: 'no-files' });
    expect((await readAll(entry(archive, { ...nothing, if_no_files: 'warn' }))).records).toEqual([]);
  });

  it('may hold compressed files', async () => {
    const { records } = await readAll(entry(zipOf([{ name: 'a.csv.gz', content: gzipSync(CSV), stored: true }])));
    expect(records).toHaveLength(500);
  });

  it('that is empty has no files', async () => {
    expect((await readAll(entry(zipOf([])))).records).toEqual([]);
  });

  it('goes on inside a file of it where a run stopped', async () => {
    const e = entry(zipOf(MEMBERS));
    const tuning = { windowBytes: 64, batchBytes: 1000, slackBytes: 100 };
    const whole = await readAll(e, { tuning });
    for (const index of [0, 7, whole.batches.length - 2]) {
      const before = whole.batches.slice(0, index + 1).map((batch) => batch.text);
      const rest = await readAll(e, { tuning, request: { bookmark: whole.batches[index]!.bookmark } });
      expect(before.join('') + rest.text).toBe(whole.text);
      expect(rest.bookmark).toEqual(whole.bookmark);
    }
  });

  it('sends what was added to it, not what was there', async () => {
    const e = entry(zipOf(MEMBERS));
    const { bookmark } = await readAll(e);
    writeFileSync(e.paths[0]!, zipOf([...MEMBERS, { name: 'new.csv', content: 'a,b\n7,8\n' }]));
    expect((await readAll(e, { request: { bookmark } })).records).toEqual([{ a: '7', b: '8' }]);
  });

  it.each([
    ['zip-encrypted', { flags: 1 }],
    ['zip-method', { method: 14 }],
    ['zip-method', { method: 77 }],
    ['zip-damaged', { content: CSV, data: gzipSync('x').subarray(3) }],
  ])('with a file that cannot be read is refused by name: %s', async (code, wrong) => {
    const archive = zipOf([{ name: 'x.csv', content: CSV, ...wrong }]);
    const refused = readAll(entry(archive));
    await expect(refused).rejects.toMatchObject({ code, exitCode: 1 });
    await expect(refused).rejects.toThrow(/x\.csv/);
  });

  it('of an office program is refused by name, unless its members are chosen', async () => {
    const archive = zipOf([
      { name: '[Content_Types].xml', content: '<a/>' },
      { name: 'xl/a.csv', content: CSV },
    ]);
    await expect(readAll(entry(archive))).rejects.toMatchObject({ code: 'office-file', exitCode: 1 });
    expect((await readAll({ ...entry(archive), zipMembers: ['*.csv'] })).records).toHaveLength(CSV.trim().split('\n').length - 1);
  });

  it('whose content is not what its checksum says is an error', async () => {
    const archive = zipOf([{ name: 'x.csv', content: CSV, stored: true }]);
    archive[archive.indexOf('value 7')] = 0x58;
    await expect(readAll(entry(archive))).rejects.toMatchObject({ code: 'zip-damaged' });
  });

  it('that is cut off or damaged anywhere never gives rows that are not in it', async () => {
    const archive = zipOf(MEMBERS.slice(0, 2));
    const good = new Set(CSV.split('\n').slice(1));
    await fc.assert(
      fc.asyncProperty(fc.nat(archive.length - 1), fc.option(fc.nat(255)), async (at, byte) => {
        const broken = Buffer.from(byte === null ? archive.subarray(0, at) : archive);
        if (byte !== null) broken[at] = byte;
        const e = entry(broken);
        const result = await readAll(e).catch((error: unknown) => error);
        if (result instanceof Error) expect(result).toBeInstanceOf(TaplineError);
        // A file too short to be told from CSV is read as such.
        else if (at >= 4) {
          const { records } = result as { records: Record<string, string>[] };
          for (const row of records) expect(good).toContain(`${row['a']},${row['b']}`);
        }
      }),
      { numRuns: 300 },
    );
  });
});
