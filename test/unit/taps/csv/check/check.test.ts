import { mkdirSync, writeFileSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import tap from '../../../../../taps/csv/index.ts';
import { check } from '../../../../../taps/csv/check/check.ts';
import type { Report } from '../../../../../taps/csv/check/facts.ts';
import { KeyTally } from '../../../../../taps/csv/check/tally.ts';
import { dialectOf } from '../../../../../taps/csv/dialect.ts';
import { RowParser } from '../../../../../taps/csv/parser.ts';
import type { CsvConfig, FileConfig } from '../../../../../taps/csv/settings.ts';
import { entryOf, folder, memoryLog, runOf } from '../harness.ts';

const temp = folder();
afterAll(() => temp.remove());
let count = 0;

function file(content: string): string {
  const path = temp.path(`${count++}.csv`);
  writeFileSync(path, content);
  return path;
}

function configOf(entries: readonly Partial<FileConfig>[]): CsvConfig {
  const files = entries.map((entry) => ({ ...entryOf({ paths: [] }), exclude: null, entity: 's', path: '', ...entry }));
  const set = JSON.parse(JSON.stringify(files), (_, value: unknown) => value ?? undefined) as CsvConfig['files'];
  return { files: set, csv_files_definition: undefined, add_metadata_columns: false };
}

async function checked(...entries: Partial<FileConfig>[]): Promise<Report & { text: string }> {
  return checkedWith({}, ...entries);
}

async function checkedWith(settings: Partial<CsvConfig>, ...entries: Partial<FileConfig>[]): Promise<Report & { text: string }> {
  const ask = {
    catalog: undefined,
    input: (async function* () {})(),
    rehearse: () => Promise.resolve(),
    requests: () => Promise.resolve([]),
  };
  const run = runOf(memoryLog().log);
  const config = { ...configOf(entries), ...settings };
  const { ok, text } = await check(config, run, { ...ask, format: 'json' });
  const plain = await check(config, run, { ...ask, format: 'text' });
  expect(plain.ok).toBe(ok);
  return { ...(JSON.parse(text) as Report), text: plain.text };
}

describe('--check', () => {
  it('is a mode of the tap', () => {
    expect(Object.keys(tap.modes ?? {})).toEqual(['check']);
  });

  it('finds nothing wrong with sound files, and says what is in them', async () => {
    const report = await checked({ path: file('id,n,t\n1,1.5,\n2,,"x\ny"\n'), keys: ['id'], empty_as_null: true });
    expect(report.ok).toBe(true);
    expect(report.streams[0]).toMatchObject({
      rows: 2,
      files: [{ encoding: 'utf-8', dialect: { delimiter: ',', quotechar: '"' }, first_row_line: 2, columns: 3, findings: [] }],
      columns: [
        { name: 'id', type: 'string', inferred: 'integer', null_rate: 0 },
        { name: 'n', inferred: 'number', null_rate: 0.5 },
        { name: 't', inferred: 'string', null_rate: 0.5, empty_rate: 0 },
      ],
      key: { duplicates: 0, compared: 2, nulls: 0 },
      problems: [],
    });
    expect(report.text).toContain('key id: unique');
    expect(report.text).toContain('No problems.');
  });

  it('tells drift between files, and takes the columns by name all the same', async () => {
    const paths = [file('a,b,c\n1,2,3\n'), file('b,a,d\n4,5,6\n')];
    const report = await checked({ path: paths });
    expect(report.ok).toBe(true);
    expect(report.streams[0]!.files[1]).toMatchObject({ missing_columns: ['c'], extra_columns: ['d'], other_order: true });
    expect(report.streams[0]!.columns.map(({ name, null_rate }) => [name, null_rate])).toEqual([
      ['a', 0],
      ['b', 0],
      ['c', 0.5],
      ['d', 0.5],
    ]);
  });

  it('goes on after rows that would end a run, and names their lines but no value', async () => {
    const path = file('a,b\n1,"x"secret\n2,3\n4\n5,"secret\n6,7\n');
    const report = await checked({ path, strict: true, ragged_rows: 'pad', keys: ['a'] });
    expect(report.ok).toBe(false);
    const [{ files, problems }] = report.streams as [Report['streams'][0]];
    expect(files[0]!.findings).toEqual([
      { reason: 'text-after-quote', message: 'text after a closing quote', fate: 'ends the run', rows: 1, lines: [2] },
      { reason: 'too-few-cells', message: 'fewer cells than the header', fate: 'padded', rows: 1, lines: [4] },
      { reason: 'unclosed-quote', message: 'a quoted cell that is never closed', fate: 'ends the run', rows: 1, lines: [5] },
    ]);
    expect(problems).toHaveLength(2);
    expect(JSON.stringify(report)).not.toContain('secret');
    expect(report.text).toContain('PROBLEM');
  });

  it('is content with malformed rows that a run leaves out, up to the limits', async () => {
    const path = file('a,b\n1,"x"y\n2,3\n');
    const entry = { path, strict: true, on_error: 'skip' } as const;
    expect(await checked(entry)).toMatchObject({
      ok: true,
      streams: [{ rows: 1, files: [{ findings: [{ fate: 'left out' }] }] }],
    });
    expect(await checked({ ...entry, max_errors: 0 })).toMatchObject({ ok: false });
    expect(await checked({ ...entry, max_error_rate: 0.4 })).toMatchObject({ ok: false });
  });

  it('finds keys that are not unique, also between files, and keys without a value', async () => {
    const paths = [file('id,v\n1,a\n2,b\n1,c\n'), file('v,id\nx,2\ny,-\n')];
    const report = await checked({ path: paths, keys: ['id'], null_values: ['-'] });
    expect(report.ok).toBe(false);
    expect(report.streams[0]!.key).toEqual({
      columns: ['id'],
      duplicates: 2,
      first: [
        { file: paths[0], line: 4 },
        { file: paths[1], line: 2 },
      ],
      compared: 5,
      nulls: 1,
    });
    expect((await checked({ path: paths, keys: ['id', 'v'] })).streams[0]!.key).toMatchObject({ duplicates: 0 });
    const missing = await checked({ path: paths, keys: ['nr'] });
    expect(missing.ok).toBe(false);
    expect(missing.text).toContain('not checked');
  });

  it.each(['csv', 'jsonl'] as const)('counts what the tap adds itself among the columns of a key (%s)', async (format) => {
    const rows = format === 'csv' ? 'id\n1\n2\n' : '{"id":1}\n{"id":2}\n';
    const root = temp.path(`made-${format}`);
    for (const day of ['x=1', 'x=2']) {
      mkdirSync(`${root}/${day}`, { recursive: true });
      writeFileSync(`${root}/${day}/a.${format}`, rows);
    }
    const entry = { path: root, format } as const;
    const [plain, byFolder] = [
      await checked({ ...entry, keys: ['id'] }),
      await checked({ ...entry, keys: ['x', 'id'], path_columns: ['x'] as never }),
    ];
    expect(plain).toMatchObject({ ok: false, streams: [{ key: { duplicates: 2 } }] });
    expect(byFolder).toMatchObject({ ok: true, streams: [{ key: { duplicates: 0, compared: 4 }, files: [{ columns: 1 }, {}] }] });
    const keys = ['_sdc_source_file', '_sdc_source_lineno'];
    expect(await checkedWith({ add_metadata_columns: true }, { ...entry, keys })).toMatchObject({
      ok: true,
      streams: [{ key: { duplicates: 0, compared: 4 } }],
    });
    // A line number alone comes again in the next file.
    expect(await checkedWith({ add_metadata_columns: true }, { ...entry, keys: keys.slice(1) })).toMatchObject({
      ok: false,
      streams: [{ key: { duplicates: 2 } }],
    });
    const wrong = await checked({ ...entry, path_columns: { x: 'date' } as never });
    expect(wrong.ok).toBe(false);
    expect(wrong.streams[0]!.problems[0]).toContain('holds no date');
  });

  it('names columns as a run does', async () => {
    const entry = { path: file('_sdc_source_file,_sdc_extra\n1,2,3\n'), ragged_rows: 'extra' } as const;
    const report = await checkedWith({ add_metadata_columns: true }, entry);
    expect(report.streams[0]!.columns.map(({ name }) => name)).toEqual(['_sdc_source_file_2', '_sdc_extra_2']);
  });

  it('says what types would not fit', async () => {
    const report = await checked({ path: file('n\n1\nx\n'), infer_types: 'sample', infer_rows: 1 });
    expect(report).toMatchObject({
      ok: true,
      streams: [{ files: [{ findings: [{ reason: 'type-mismatch', fate: 'kept aside', column: 'n' }] }] }],
    });
    const declared = JSON.parse('{"n":"integer"}') as FileConfig['types'];
    expect(await checked({ path: file('n\n1\nx\n'), types: declared })).toMatchObject({ ok: false });
  });

  it('reports a file whose header cannot be read, and examines the others', async () => {
    const report = await checked({ path: [file('"a\n'), file('a\n1\n')] });
    expect(report).toMatchObject({ ok: false, streams: [{ rows: 1, files: [{ rows: 1 }] }] });
  });

  it('reads JSON lines as a run would, and goes on after malformed ones', async () => {
    const path = temp.path('events.jsonl');
    writeFileSync(path, '{"id":1,"t":"x"}\nsecret\n{"id":1,"t":null}\n{"id":null,"t":""}\n');
    const report = await checked({ path, keys: ['id'] });
    expect(report).toMatchObject({
      ok: false,
      streams: [
        {
          rows: 3,
          files: [
            {
              dialect: null,
              rows: 3,
              findings: [
                { column: 'id', rows: 1, lines: [4] },
                { fate: 'ends the run', rows: 1, lines: [2] },
              ],
            },
          ],
          columns: [
            { name: 'id', type: 'integer', null_rate: 0.333333 },
            { name: 't', type: 'string', null_rate: 0.333333, empty_rate: 0.333333 },
          ],
          key: { duplicates: 1, compared: 3, nulls: 1, first: [{ file: path, line: 3 }] },
        },
      ],
    });
    expect(report.streams[0]!.problems).toHaveLength(3);
    expect(JSON.stringify(report)).not.toContain('secret');
    const skipped = await checked({ path, on_error: 'skip' });
    expect(skipped).toMatchObject({ ok: true, streams: [{ files: [{ findings: [{ fate: 'left out' }] }] }] });
  });

  it('compares as many keys as it may remember, and says so', () => {
    const parser = new RowParser(dialectOf(entryOf({ paths: [] }), 'x.csv'), 100);
    const tally = new KeyTally(['a'], 2);
    for (const [index, key] of ['1', '2', '3', '1'].entries()) {
      parser.parse(Buffer.from(key), 0, 1, true);
      tally.add(parser, [0], 'x.csv', index, Buffer.alloc(0));
    }
    expect(tally.facts).toMatchObject({ compared: 2, duplicates: 0 });
  });
});
