import { mkdirSync, writeFileSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { ConfigError } from '../../../../singer/index.ts';
import { entriesOf } from '../../../../taps/csv/entries.ts';
import tap from '../../../../taps/csv/index.ts';
import type { CsvConfig, FileConfig } from '../../../../taps/csv/settings.ts';
import { fileSettings } from '../../../../taps/csv/settings.ts';
import { folder, memoryLog, requestOf, runOf } from './harness.ts';
import type { CsvStream } from '../../../../taps/csv/stream.ts';

const temp = folder();
afterAll(() => temp.remove());

/** An entry as the core hands it over: defaults filled in. */
function item(options: Record<string, unknown>): FileConfig {
  const defaults = Object.fromEntries(
    Object.entries(fileSettings).map(([name, s]) => [name, 'default' in s ? s.default : undefined]),
  );
  return { ...defaults, ...options } as unknown as FileConfig;
}

function config(options: Partial<CsvConfig>): CsvConfig {
  return { files: undefined, csv_files_definition: undefined, add_metadata_columns: false, ...options };
}

function definition(content: unknown): string {
  const path = temp.path('files.json');
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
}

async function problems(options: Partial<CsvConfig>): Promise<string[]> {
  const error = await entriesOf(config(options), memoryLog().log).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(ConfigError);
  return (error as ConfigError).problems.map((problem) => `${problem.path}: ${problem.message}`);
}

describe('the settings', () => {
  it('keep the names and defaults of the first ten file settings of MeltanoLabs', () => {
    expect(Object.keys(tap.settings)).toEqual(['files', 'csv_files_definition', 'add_metadata_columns']);
    expect(Object.keys(fileSettings).slice(0, 10)).toEqual([
      'entity',
      'path',
      'keys',
      'encoding',
      'delimiter',
      'doublequote',
      'escapechar',
      'quotechar',
      'skipinitialspace',
      'strict',
    ]);
    expect(item({})).toMatchObject({
      encoding: 'utf-8',
      doublequote: true,
      quotechar: '"',
      skipinitialspace: false,
      strict: false,
    });
  });

  it('are checked all at once, with the place of each problem', async () => {
    const list = [
      item({ entity: '', path: 'x.csv', delimiter: '' }),
      item({ entity: 'a', path: [], quotechar: '""', escapechar: '\n' }),
      item({ entity: 'a', path: 'x', keys: ['k'], quotechar: ',', on_error: 'quarantine' }),
      item({ entity: 'b', path: 'x', delimiter: '|', record_delimiter: '|\\n' }),
      item({ entity: 'c', path: ['file://elsewhere/x.csv', 'file:///x.csv'], comment: '#\n', record_delimiter: '"~' }),
    ];
    expect(await problems({ files: list })).toEqual([
      'files[0].delimiter: must not be empty',
      'files[0].entity: must not be empty',
      'files[1].quotechar: must be one character',
      'files[1].escapechar: must not be a line break or NUL',
      'files[1].path: must not be empty',
      'files[2].quotechar: must differ from the delimiter',
      'files[2].reject_file: is needed with on_error quarantine',
      'files[3].record_delimiter: must not begin as the delimiter does',
      'files[4].record_delimiter: must not begin with the quote or escape character',
      'files[4].comment: must not hold a line break',
      'files[4].path: "file://elsewhere/x.csv" is no URL of a file on this machine: file:///PATH',
      'files: the entries of the stream a must have the same keys',
    ]);
  });

  it('name encodings and forms of dates that cannot be meant, before anything is read', async () => {
    const types = {
      a: { type: 'date', format: ['dd.MM.yyyy', 'DD.MM.YYYY'] },
      b: { type: 'date', format: 'dd.MM.' },
      c: { type: 'integer', format: 'x', thousands: '.', decimal: ',' },
    };
    const files = [item({ entity: 'a', path: '-', encoding: 'klingon', types }), item({ entity: 'b', path: ['-', 'x.csv'] })];
    expect(await problems({ files })).toEqual([
      expect.stringContaining('files[0].encoding: "klingon" is not known'),
      'files[0].types.c.format: means nothing with the type integer: it is for date, date-time, time',
      expect.stringContaining('files[0].types.a.format: "DD.MM.YYYY" holds DD, which is no token'),
      'files[0].types.b.format: "dd.MM." does not tell year, month and day',
      'files: standard input (-) can be read once, by one entry',
    ]);
  });

  it('that on_error never brings into play are told', async () => {
    const { log, said } = memoryLog();
    const files = [item({ entity: 'a', path: 'x.csv', keys: ['k', 'k'], max_errors: 1, reject_file: 'r' })];
    const [entry] = await entriesOf(config({ files }), log);
    expect(entry?.keys).toEqual(['k']);
    expect(said).toEqual([
      {
        level: 'warning',
        message: 'Settings have no effect with on_error fail',
        fields: { entity: 'a', settings: ['max_errors', 'reject_file'] },
      },
    ]);
  });

  it('need at least one file', async () => {
    expect(await problems({})).toEqual(['files: needs at least one entry, here or in csv_files_definition']);
  });
});

describe('the definition file', () => {
  it('adds its entries, with defaults, to those of files', async () => {
    const path = definition([{ entity: 'b', path: ['y.csv', 'z.csv'], keys: ['id'], escapechar: null, extra: 1 }]);
    const { log, said } = memoryLog();
    const entries = await entriesOf(config({ files: [item({ entity: 'a', path: 'x.csv' })], csv_files_definition: path }), log);
    expect(entries).toMatchObject([
      { entity: 'a', paths: ['x.csv'], keys: [] },
      { entity: 'b', paths: ['y.csv', 'z.csv'], keys: ['id'], encoding: 'utf-8', quotechar: '"', on_error: 'fail' },
    ]);
    expect(said.map((line) => line.fields)).toEqual([{ setting: 'csv_files_definition[0].extra' }]);
  });

  it('is read by the rules that files are', async () => {
    const path = definition([{ entity: 'b', path: 'y.csv', strict: 'true', max_field_bytes: '10', keys: [7] }]);
    const [entry] = await entriesOf(config({ csv_files_definition: path }), memoryLog().log);
    expect(entry).toMatchObject({ strict: true, max_field_bytes: 10, keys: ['7'] });
  });

  it('is checked all at once', async () => {
    const path = definition([
      { path: {} },
      'x',
      { entity: 'a', path: 'p', on_error: 'maybe', max_field_bytes: 0, keys: [{}], strict: 'perhaps' },
      { entity: '{nope}', path: 'p', path_columns: { day: 'month' } },
      { entity: '{nope}', path: 'p' },
    ]);
    const said = await problems({ csv_files_definition: path });
    expect(said.map((line) => line.split(': ')[0])).toEqual([
      'csv_files_definition[0].entity',
      'csv_files_definition[0].path',
      'csv_files_definition[1]',
      'csv_files_definition[2].keys[0]',
      'csv_files_definition[2].strict',
      'csv_files_definition[2].on_error',
      'csv_files_definition[2].max_field_bytes',
      'csv_files_definition[3].path_columns.day',
      'csv_files_definition[0].entity',
    ]);
    expect(await problems({ csv_files_definition: definition({}) })).toEqual([
      `csv_files_definition: ${temp.path('files.json')} must hold a list of file entries`,
    ]);
    expect(await problems({ csv_files_definition: definition('{') })).toEqual([
      `csv_files_definition: ${temp.path('files.json')} is not valid JSON`,
    ]);
  });

  it('that is not there is named', async () => {
    const path = temp.path('none.json');
    await expect(entriesOf(config({ csv_files_definition: path }), memoryLog().log)).rejects.toMatchObject({
      code: 'file-not-found',
      facts: { file: path },
    });
  });
});

describe('the tap', () => {
  it('gives one stream for each name, with the metadata columns of MeltanoLabs first', async () => {
    mkdirSync(temp.path('in'));
    writeFileSync(temp.path('in/a.csv'), 'id,x\n1,2\n');
    writeFileSync(temp.path('in/b.csv'), 'id,y\n3,4\n');
    const files = [
      item({ entity: 'one', path: temp.path('in/a.csv'), keys: ['id'] }),
      item({ entity: 'two', path: temp.path('in/b.csv') }),
      item({ entity: 'one', path: temp.path('in/b.csv'), keys: ['id'] }),
    ];
    const { log } = memoryLog();
    const source = await tap.open(config({ files, add_metadata_columns: true }), runOf(log));
    expect(source.streams.map((stream) => [stream.id, stream.keys, stream.methods])).toEqual([
      ['one', ['id'], ['INCREMENTAL', 'FULL_TABLE']],
      ['two', [], ['INCREMENTAL', 'FULL_TABLE']],
    ]);
    const one = source.streams[0]! as CsvStream;
    expect(one.schema['properties']).toEqual({
      _sdc_source_file: { type: ['null', 'string'] },
      _sdc_source_file_mtime: { type: ['null', 'string'], format: 'date-time' },
      _sdc_source_lineno: { type: ['null', 'integer'] },
      id: { type: ['null', 'string'] },
      x: { type: ['null', 'string'] },
      y: { type: ['null', 'string'] },
    });
    let text = '';
    for await (const batch of one.read(requestOf(one, log))) text += batch.lines?.bytes.toString() ?? '';
    const records = text
      .trimEnd()
      .split('\n')
      .map((line) => (JSON.parse(line) as { record: unknown }).record);
    expect(records).toEqual([
      {
        _sdc_source_file: temp.path('in/a.csv'),
        _sdc_source_file_mtime: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+00:00$/),
        _sdc_source_lineno: 2,
        id: '1',
        x: '2',
        y: null,
      },
      {
        _sdc_source_file: temp.path('in/b.csv'),
        _sdc_source_file_mtime: expect.anything(),
        _sdc_source_lineno: 2,
        id: '3',
        x: null,
        y: '4',
      },
    ]);
    await source.close?.();
  });

  it('lists a file of many columns quickly', async () => {
    const names = Array.from({ length: 5000 }, (_, column) => `column ${column}`);
    writeFileSync(temp.path('wide.csv'), `${names.join(',')}\n${names.map(() => 'x').join(',')}\n`);
    const { log } = memoryLog();
    const source = await tap.open(config({ files: [item({ entity: 'wide', path: temp.path('wide.csv') })] }), runOf(log));
    expect(Object.keys(source.streams[0]!.schema['properties'] as object)).toEqual(names);
  });
});
