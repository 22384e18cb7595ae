import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { Entry } from '../../../../taps/csv/entries.ts';
import { entryOf, folder, readAll } from './harness.ts';
import { zipOf } from './zip-support.ts';

const temp = folder();
afterAll(() => temp.remove());
let count = 0;

function entry(files: Readonly<Record<string, string | Buffer>>, options: Partial<Entry>): Entry {
  const root = temp.path(`tree${count++}`);
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(`${root}/${name}`), { recursive: true });
    writeFileSync(`${root}/${name}`, content);
  }
  return entryOf({ paths: [`${root}/**/*`], ...options });
}

const FILES = {
  'date=2026-01-01/hour=05/a.csv': 'a,b\n1,x\n',
  'date=2026-01-02/hour=__HIVE_DEFAULT_PARTITION__/a.csv': 'a,b\n2,"y\nz"\n',
  'other/a.csv': 'a,b\n3,\n',
};

describe('path columns', () => {
  it('are all folders of the form name=value, as text', async () => {
    const { records, stream } = await readAll(entry(FILES, { path_columns: true }), { metadata: true });
    expect(Object.keys(stream.schema['properties'] as object)).toEqual([
      '_sdc_source_file',
      '_sdc_source_file_mtime',
      'date',
      'hour',
      '_sdc_source_lineno',
      'a',
      'b',
    ]);
    expect(records.map(({ date, hour, a }) => [date, hour, a])).toEqual([
      ['2026-01-01', '05', '1'],
      ['2026-01-02', null, '2'],
      [null, null, '3'],
    ]);
  });

  it('have types', async () => {
    const { records, stream } = await readAll(entry(FILES, { path_columns: { date: 'date', hour: 'integer' } }));
    expect(stream.schema['properties']).toMatchObject({
      date: { type: ['null', 'string'], format: 'date' },
      hour: { type: ['null', 'integer'] },
    });
    expect(records[0]).toEqual({ date: '2026-01-01', hour: 5, a: '1', b: 'x' });
  });

  it('are the same in both lanes', async () => {
    const e = entry(FILES, { path_columns: ['date'] });
    const fast = await readAll(e, { metadata: true });
    expect((await readAll(e, { metadata: true, tuning: { fastLane: false } })).text).toBe(fast.text);
    expect(Object.keys(fast.records[0]!)).not.toContain('hour');
  });

  it('take the place of a column of the file, which gets another name, told', async () => {
    const { records, said } = await readAll(entry({ 'date=1/a.csv': 'date,b\nx,y\n' }, { path_columns: true }));
    expect(records).toEqual([{ date: '1', date_2: 'x', b: 'y' }]);
    expect(said.map((line) => line.message)).toContain('Columns with an empty or repeated name got another');
  });

  it('are unescaped, also in archives and for JSON lines', async () => {
    const files = {
      'na%20me=a%2Fb/100%=5%/a.csv': 'a\n1\n',
      'na%20me=z.zip': zipOf([{ name: 'na%20me=in/a.csv', content: 'a\n2\n' }]),
    };
    const { records } = await readAll(entry(files, { path_columns: true }));
    expect(records).toEqual([
      { 'na me': 'a/b', '100%': '5%', a: '1' },
      { 'na me': 'in', '100%': null, a: '2' },
    ]);
    const lines = await readAll(entry({ 'n=7/a.jsonl': '{"a":1,"n":2}\n{}\n' }, { path_columns: { n: 'integer' } }));
    expect(lines.records).toEqual([{ n: 7, a: 1, _sdc_extra: { n: 2 } }, { n: 7 }]);
  });

  it.each([
    ['date', 'd=2026-02-30'],
    ['date', 'd=x'],
    ['integer', 'd=1.5'],
  ] as const)('that do not fit their type end the run: %s %s', async (type, name) => {
    const e = entry({ [`${name}/a.csv`]: 'a\n1\n' }, { path_columns: { d: type } });
    await expect(readAll(e)).rejects.toMatchObject({ code: 'path-column-type', facts: { column: 'd' } });
  });

  it('may be keys', async () => {
    const { records } = await readAll(entry({ 'd=1/a.csv': 'a\n1\n' }, { path_columns: true, keys: ['d', 'a'] }));
    expect(records).toEqual([{ d: '1', a: '1' }]);
  });
});
