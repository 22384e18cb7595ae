import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { afterAll, describe, expect, it } from 'vitest';
import type { InputError } from '../../../../../singer/index.ts';
import { ConfigError } from '../../../../../singer/index.ts';
import type { Entry } from '../../../../../taps/csv/entries.ts';
import type { TypeDeclaration } from '../../../../../taps/csv/types/column-type.ts';
import { typeProblems } from '../../../../../taps/csv/types/column-type.ts';
import { formatProblem } from '../../../../../taps/csv/types/times.ts';
import { entryOf, folder, readAll } from '../harness.ts';

const temp = folder();
afterAll(() => temp.remove());
let count = 0;

function entry(content: string, options: Partial<Entry> = {}): Entry {
  const path = temp.path(`${count++}.csv`);
  writeFileSync(path, content);
  return entryOf({ paths: [path], ...options });
}

/** Declarations as a config file brings them. */
function typesOf(types: object): Entry['types'] {
  return JSON.parse(JSON.stringify(types)) as Entry['types'];
}

/** The JSON texts of a column's values, as they stand in the records. */
async function valuesOf(
  cells: readonly string[],
  type: TypeDeclaration | string,
  options: Partial<Entry> = {},
): Promise<string[]> {
  const types = typesOf({ v: type });
  const content = `i,v\n${cells.map((cell) => `0,"${cell.replaceAll('"', '""')}"\n`).join('')}`;
  const { text } = await readAll(entry(content, { types, on_type_error: 'null', ...options }));
  return [...text.matchAll(/"v":("[^"]*"|[^,}]*)/g)].map(([, value]) => value!);
}

async function inferred(cells: readonly string[], options: Partial<Entry> = {}): Promise<unknown> {
  const { stream } = await readAll(
    entry(`i,v\n${cells.map((cell) => `0,${cell}\n`).join('')}`, { infer_types: 'sample', ...options }),
  );
  const { type, format } = (stream.schema['properties'] as Record<string, { type: string[]; format?: string }>)['v']!;
  expect(type[0]).toBe('null');
  return format ?? type[1];
}

const NO = 'null';

describe('declared types', () => {
  const cases: readonly (readonly [string, TypeDeclaration | string, readonly (readonly [cell: string, value: string])[]])[] = [
    [
      'integer',
      'integer',
      [['12', '12'], ['007', '7'], ['+5', '5'], ['-0', '0'], ['5.00', '5'], ['123456789012345678901234567890', '123456789012345678901234567890'],
       ['1.5', NO], ['1e3', NO], ['0x10', NO], ['', NO], ['-', NO], ['1 2', NO]],
    ],
    [
      'number, every digit kept',
      'number',
      [['1.10', '1.10'], ['.5', '0.5'], ['5.', '5'], ['-.5', '-0.5'], ['1E5', '1E5'], ['0.1234567890123456789', '0.1234567890123456789'], ['1,5', NO], ['NaN', NO], ['1.2.3', NO]],
    ],
    ['decimal as text', 'decimal', [['1.10', '"1.10"'], [' 5 ', '"5"'], ['x', NO]]],
    [
      'decimal comma and thousands',
      { type: 'number', decimal: ',', thousands: '.' },
      [['1.234,50', '1234.50'], ['1234,5', '1234.5'], ['1.234', '1234'], ['12', '12'], ['1.23', NO], ['1,2,3', NO], ['1.2345', NO], ['1,234.5', NO]],
    ],
    ['decimal comma alone', { type: 'number', decimal: ',' }, [['1,5', '1.5'], ['1.5', NO]]],
    ['thousands', { type: 'integer', thousands: ',' }, [['1,234,567', '1234567'], ['1,23', NO], ['1234', '1234'], ['12 345', NO]]],
    ['spaces between thousands', { type: 'integer', thousands: ' ' }, [['12 345', '12345'], ['12 34', NO]]],
    [
      'currency',
      { type: 'decimal', strip: 'currency' },
      [['€ 5', '"5"'], ['-$5.50', '"-5.50"'], ['$-5.50', '"-5.50"'], ['5 CHF', '"5"'], ['5 XXX', NO], ['€', NO], ['--5', NO]],
    ],
    ['percent', { type: 'number', strip: ['%'] }, [['12.5%', '12.5']]],
    ['boolean', 'boolean', [['TRUE', 'true'], ['f', 'false'], ['Yes', 'true'], ['0', 'false'], ['2', NO], ['', NO]]],
    ['date', 'date', [['2024-02-29', '"2024-02-29"'], ['2025-02-29', NO], ['2025-1-1', NO], ['29.02.2024', NO]]],
    [
      'date of several forms',
      { type: 'date', format: ['dd.MM.yyyy', 'LLL d, yyyy', '%Y/%m/%d'] },
      [['29.02.2024', '"2024-02-29"'], ['Mar 5, 2024', '"2024-03-05"'], ['2024/3/5', '"2024-03-05"'], ['30.02.2024', NO], ['2024-03-05', NO]],
    ],
    ['time', 'time', [['10:20', '"10:20:00"'], ['10:20:30.123456', '"10:20:30.123456"'], ['25:00', NO]]],
    [
      'date-time',
      'date-time',
      [['2026-01-02T03:04:05Z', '"2026-01-02T03:04:05Z"'], ['2026-01-02 03:04:05.123456789+0530', '"2026-01-02T03:04:05.123456789+05:30"'],
       ['2026-01-02 03:04:05+00', '"2026-01-02T03:04:05+00:00"'], ['2026-01-02T03:04Z', '"2026-01-02T03:04:00Z"'], ['2026-01-02 03:04:05', NO], ['2026-01-02', NO]],
    ],
    [
      'date-time of a zone: what the clocks bring twice is the first, what they leave out does not fit',
      { type: 'date-time', zone: 'Europe/Berlin' },
      [['2026-01-02 03:04:05.5', '"2026-01-02T03:04:05.5+01:00"'], ['2026-07-02T03:04:05', '"2026-07-02T03:04:05+02:00"'],
       ['2026-10-25 02:30:00', '"2026-10-25T02:30:00+02:00"'], ['2026-03-29 02:30:00', NO], ['2026-01-02T03:04:05Z', '"2026-01-02T03:04:05Z"']],
    ],
    ['date-time in UTC', { type: 'date-time', zone: 'UTC' }, [['2026-01-02 03:04:05', '"2026-01-02T03:04:05Z"']]],
    [
      'date-time of a form, its fraction kept whole',
      { type: 'date-time', format: ['%d/%m/%Y %H:%M:%S.%f', 'M/d/yyyy h:mm a'], zone: 'UTC' },
      [['02/01/2026 03:04:05.123456', '"2026-01-02T03:04:05.123456Z"'], ['1/2/2026 3:04 PM', '"2026-01-02T15:04:00Z"']],
    ],
    [
      'date-time of a form with an offset',
      { type: 'date-time', format: 'yyyy-MM-dd HH:mm ZZZ' },
      [['2026-01-02 03:04 +0530', '"2026-01-02T03:04:00+05:30"']],
    ],
  ]; // prettier-ignore

  it.each(cases)('%s', async (_name, type, values) => {
    const found = await valuesOf(
      values.map(([cell]) => cell),
      type,
    );
    expect(found).toEqual(values.map(([, value]) => value));
  });

  it('make a row malformed that does not fit, naming column and type and no value', async () => {
    const error = await readAll(entry('id,n\n1,2\n2,secret\n', { types: typesOf({ n: 'integer' }) })).catch(
      (e: unknown) => e as InputError,
    );
    expect(error).toMatchObject({ code: 'csv-type-mismatch', facts: { line: 3, cell: 2, column: 'n', type: 'integer' } });
    expect((error as InputError).message).not.toContain('secret');
  });

  it('go to the reject file with column and type, and the count has a limit', async () => {
    const reject = temp.path('r.jsonl');
    const options = {
      types: typesOf({ n: 'integer' }),
      on_error: 'quarantine',
      reject_file: reject,
      max_errors: 2,
    } as const;
    const { records } = await readAll(entry('n\n1\nx\n2\ny\n', options));
    expect(records).toEqual([{ n: 1 }, { n: 2 }]);
    const lines = readFileSync(reject, 'utf8').trimEnd().split('\n');
    expect(JSON.parse(lines[0]!)).toMatchObject({ line: 3, reason: 'type-mismatch', column: 'n', type: 'integer', raw: 'x\n' });
    await expect(readAll(entry('n\n1\nx\n2\ny\nz\n', options))).rejects.toMatchObject({
      code: 'csv-too-many-errors',
      facts: { line: 6 },
    });
  });

  it('are checked before anything is read, all at once', () => {
    const types = {
      a: 'text',
      b: { type: 'number', decimal: '.', thousands: '.' },
      c: { form: 'x' },
      d: { type: 'date-time', zone: 'Mars' },
    };
    const problems = typeProblems({ ...entryOf({ paths: [] }), types: typesOf(types), zone: 'Nowhere' });
    expect(problems.map((problem) => problem.setting)).toEqual([
      'zone',
      'types.a.type',
      'types.b.thousands',
      'types.c.form',
      'types.c.type',
      'types.d.zone',
    ]);
  });

  it.each([
    [
      'date',
      ['dd.MM.yyyy', 'd.M.yy', 'LLL d yyyy', 'yyyyMMdd', 'LLL yyyy', "kkkk-'W'WW-c", '%d/%m/%Y', '%A %d %B %Y', '%j/%Y', 'DDD'],
    ],
    ['time', ['HH:mm', 'h:mm a', 'HHmmss', '%I:%M %p', 'dd.MM.yyyy HH:mm']],
    [
      'date-time',
      ['dd.MM.yyyy HH:mm', 'dd.MM.yyyy', "yyyy-MM-dd'T'HH:mm:ss.SSSZZ", '%d/%b/%Y:%H:%M:%S %z', '%Y-%m-%dT%H:%M:%S.%f'],
    ],
  ] as const)('of %s know the usual forms', (kind, formats) => {
    for (const format of formats) expect([format, formatProblem(format, kind)]).toEqual([format, undefined]);
  });

  it.each([
    // Tokens of other libraries, letters without quotes, whole dates within others.
    ['date', ['DD.MM.YYYY', 'yyyy-MM-dd%', 'JJJJ', '%F', '%Y-%m-%d %T', '']],
    // The year of today, the month of January, the morning: none of them was written.
    ['date', ['dd.MM.', '%d/%m', 'dd/mm/yyyy']],
    ['time', ['h:mm', '%I:%M', 'yyyy']],
    ['date-time', ['yyyy-MM-ddTHH:mm', 'dd.MM.yyyy hh:mm', 'HH:mm', 'X']],
  ] as const)('of %s refuse forms that would add what is not there', (kind, formats) => {
    for (const format of formats) expect([format, formatProblem(format, kind)]).toEqual([format, expect.stringContaining('"')]);
  });

  it('must be the same in all entries of a stream', async () => {
    const one = entry('n\n1\n', { types: typesOf({ n: 'integer' }) });
    const two = entry('n\n1\n', { types: typesOf({ n: 'date' }) });
    await expect(readAll([one, two])).rejects.toBeInstanceOf(ConfigError);
  });

  it('are told when no file has the column, as are renames', async () => {
    const options = { types: typesOf({ m: 'integer' }), rename: { x: 'y', n: 'o' } };
    const { said } = await readAll(entry('n\n1\n', options));
    const warnings = said.filter((line) => line.level === 'warning');
    expect(warnings.map((line) => [line.message, line.fields?.['columns']])).toEqual([
      ['rename names columns that no file has', ['x']],
      ['types names columns that the stream does not have', ['m']],
    ]);
  });

  it('may be written differently in the files of each entry', async () => {
    const one = entry('n\n1.5\n', { types: typesOf({ n: 'number' }) });
    const two = entry('n;m\n1,5;x\n', { delimiter: ';', types: typesOf({ n: { type: 'number', decimal: ',' } }) });
    expect((await readAll([one, two])).text.match(/"n":[^,}]*/g)).toEqual(['"n":1.5', '"n":1.5']);
  });
});

describe('inferred types', () => {
  it('announce a column for what does not fit only where something may not fit', async () => {
    const options = { infer_types: 'sample' } as const;
    const names = async (content: string, more: Partial<Entry> = {}): Promise<string[]> =>
      Object.keys((await readAll(entry(content, { ...options, ...more }))).stream.schema['properties'] as object);
    expect(await names('a,b\nx,y\n')).toEqual(['a', 'b']);
    expect(await names('a,b\nx,1\n')).toEqual(['a', 'b', '_sdc_misfits']);
    expect(await names('a,b\nx,1\n', { types: typesOf({ b: 'integer' }) })).toEqual(['a', 'b']);
    expect(await names('a,b\nx,1\n', { types: typesOf({ b: 'integer' }), on_type_error: 'keep' })).toContain('_sdc_misfits');
    // A column of that name is called the same, whatever the others are.
    const { records } = await readAll(entry('_sdc_misfits\nx\n', options));
    expect(records).toEqual([{ _sdc_misfits_2: 'x' }]);
  });

  it.each([
    ['integer', ['1', '-20', '', '9223372036854775807']],
    ['string', ['1', '007']],
    ['string', ['1', '+5']],
    ['string', ['9223372036854775808']],
    ['string', ['12e5']],
    ['number', ['1', '2.50', '-1.5e-05']],
    ['singer.decimal', ['1.5', '0.12345678901234567']],
    ['boolean', ['true', 'FALSE']],
    ['string', ['t', 'f']],
    ['string', ['true', '1']],
    ['date', ['2026-01-31', '']],
    ['string', ['2026-02-30']],
    ['string', ['31.01.2026']],
    ['string', ['2026-01-31', '2026-01-31T10:00:00Z']],
    ['date-time', ['2026-01-31T10:00:00Z', '2026-01-31 10:00:00.5+01']],
    ['string', ['', '']],
    ['string', ['1', 'x']],
    ['string', [' 1']],
  ])('%s from %j', async (type, cells) => {
    expect(await inferred(cells)).toBe(type);
  });

  it('leave times without a zone as text and say so, unless the zone is given', async () => {
    const cells = ['2026-01-31 10:00:00'];
    expect(await inferred(cells)).toBe('string');
    expect(await inferred(cells, { zone: 'Europe/Berlin' })).toBe('date-time');
    const { said } = await readAll(entry('at\n2026-01-31 10:00:00\n', { infer_types: 'sample' }));
    expect(said.find((line) => line.message.includes('without a zone'))?.fields?.['columns']).toEqual(['at']);
  });

  it('take null values for what they are', async () => {
    expect(await inferred(['1', 'NA'], { null_values: ['NA'] })).toBe('integer');
  });

  it('never lose a later value that does not fit: it is null, kept as text, counted and told', async () => {
    const e = entry('id,n\n1,2\n2,"a ""b"""\n3,007\n4,\n', { infer_types: 'sample', infer_rows: 1 });
    const { records, said } = await readAll(e);
    expect(records).toEqual([
      { id: 1, n: 2, _sdc_misfits: null },
      { id: 2, n: null, _sdc_misfits: { n: 'a "b"' } },
      { id: 3, n: null, _sdc_misfits: { n: '007' } },
      { id: 4, n: null, _sdc_misfits: null },
    ]);
    expect(said.filter((line) => line.level === 'warning').map((line) => line.fields)).toEqual([
      { file: e.paths[0], column: 'n', type: 'integer', rows: 2, first_line: 3 },
    ]);
  });

  it('come from all files together', async () => {
    const one = entry('n\n1\n', { infer_types: 'sample' });
    writeFileSync(temp.path('other.csv'), 'n\n1.5\n');
    const { records } = await readAll({ ...one, paths: [...one.paths, temp.path('other.csv')] });
    expect(records.map((row) => row['n'])).toEqual([1, 1.5]);
  });

  it.skipIf(process.platform === 'win32')('come from a pipe, too, which is read once only', async () => {
    const path = temp.path('pipe.csv');
    execFileSync('mkfifo', [path]);
    const written = writeFile(path, `n\n${'1\n'.repeat(50)}x\n`);
    const { records } = await readAll(entryOf({ paths: [path], infer_types: 'sample', infer_rows: 5 }), {
      tuning: { windowBytes: 16 },
    });
    await written;
    expect([records.length, records[0], records.at(-1)]).toEqual([
      51,
      { n: 1, _sdc_misfits: null },
      { n: null, _sdc_misfits: { n: 'x' } },
    ]);
  });

  it('give way to the types of the settings', async () => {
    const { stream, records } = await readAll(entry('n,m\n1,1\n', { infer_types: 'sample', types: typesOf({ n: 'string' }) }));
    expect(stream.schema['properties']).toMatchObject({ n: { type: ['null', 'string'] }, m: { type: ['null', 'integer'] } });
    expect(records).toEqual([{ n: '1', m: 1, _sdc_misfits: null }]);
  });
});

describe('nulls', () => {
  it('are the texts of null_values, quoted or not, of the entry or the column', async () => {
    const types = typesOf({ b: { type: 'string', null_values: ['-'] } });
    const { records } = await readAll(
      entry('a,b,c\nNULL,NULL,\n"NULL",-,\\N\nnull,x,"\\N"\n', { null_values: ['NULL', '\\N'], types }),
    );
    expect(records).toEqual([
      { a: null, b: 'NULL', c: '' },
      { a: null, b: null, c: null },
      { a: 'null', b: 'x', c: null },
    ]);
  });

  it('in a key column are told, or make the row malformed', async () => {
    const options = { keys: ['id'], null_values: ['-'] };
    const sent = await readAll(entry('a,id\nx,1\ny,-\nz\n', options));
    expect(sent.records.map((row) => row['id'])).toEqual(['1', null, null]);
    expect(sent.said.find((line) => line.message.includes('key column'))?.fields).toMatchObject({
      column: 'id',
      rows: 2,
      first_line: 3,
    });
    await expect(readAll(entry('a,id\nx,-\n', { ...options, null_keys: 'malformed' }))).rejects.toMatchObject({
      code: 'csv-null-key',
    });
    const skipped = await readAll(entry('a,id\nx,-\ny,2\n', { ...options, null_keys: 'malformed', on_error: 'skip' }));
    expect(skipped.records).toEqual([{ a: 'y', id: '2' }]);
  });
});

describe('limits of malformed rows', () => {
  it('count over the files of a stream', async () => {
    const one = entry('a,b\n1\n2,3\n', { ragged_rows: 'fail', on_error: 'skip', max_errors: 1 });
    const two = { ...one, paths: [...one.paths, ...entry('a,b\n1\n').paths] };
    expect((await readAll(one)).records).toHaveLength(1);
    await expect(readAll(two)).rejects.toMatchObject({ code: 'csv-too-many-errors' });
  });

  it('may be a part of a file', async () => {
    const e = entry('a,b\n1\n2,3\n', { ragged_rows: 'fail', on_error: 'skip', max_error_rate: 0.4 });
    await expect(readAll(e)).rejects.toMatchObject({ code: 'csv-too-many-errors', facts: { malformed: 1 } });
    expect((await readAll({ ...e, max_error_rate: 0.5 })).records).toHaveLength(1);
  });
});

describe('columns that files have beyond the first', () => {
  const files = (extra_columns: Entry['extra_columns']): Entry => {
    const e = entry('a,b\n1,2\n', { extra_columns });
    return { ...e, paths: [...e.paths, ...entry('c,a\n3,4\n').paths] };
  };

  it('are taken up, left out, kept in a list, or refused', async () => {
    expect((await readAll(files('evolve'))).records[1]).toEqual({ a: '4', b: null, c: '3' });
    const ignored = await readAll(files('ignore'));
    expect(ignored.records[1]).toEqual({ a: '4', b: null });
    expect(ignored.said.find((line) => line.level === 'warning')?.fields?.['columns']).toEqual(['c']);
    expect((await readAll(files('extra'))).records).toEqual([
      { a: '1', b: '2', _sdc_extra: null },
      { a: '4', b: null, _sdc_extra: ['3'] },
    ]);
    await expect(readAll(files('fail'))).rejects.toMatchObject({ code: 'csv-extra-column' });
  });
});
