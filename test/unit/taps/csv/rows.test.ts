import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import type { Entry } from '../../../../taps/csv/entries.ts';
import { entryOf, failure, fileStateOf, folder, readAll } from './harness.ts';

const temp = folder();
afterAll(() => temp.remove());
let count = 0;

function entry(content: string | Buffer, options: Partial<Entry> = {}, name = `${count++}.csv`): Entry {
  const path = temp.path(name);
  writeFileSync(path, content);
  return entryOf({ paths: [path], ...options });
}

const lanes = [true, false];

describe.each(lanes)('rows (fast lane: %s)', (fastLane) => {
  const tuning = { fastLane };
  const read = (e: Entry, metadata = false) => readAll(e, { tuning, metadata });

  it('keep line breaks inside quotes exactly, with either line end', async () => {
    const { records } = await read(entry('a,b\r\n"x\ny","p\r\nq"\r\n"c\rd",\r\n'));
    expect(records).toEqual([
      { a: 'x\ny', b: 'p\r\nq' },
      { a: 'c\rd', b: '' },
    ]);
  });

  it('take the last row without a line break', async () => {
    expect((await read(entry('a,b\n1,2\n3,4'))).records).toEqual([
      { a: '1', b: '2' },
      { a: '3', b: '4' },
    ]);
  });

  it('pass over empty lines, counting them as physical lines', async () => {
    const { records, said } = await read(entry('a\n\n1\n\n\n2\n'), true);
    expect(records.map((row) => [row['a'], row['_sdc_source_lineno']])).toEqual([
      ['1', 3],
      ['2', 6],
    ]);
    expect(said.find((line) => line.message === 'Empty lines and comments were passed over')?.fields).toMatchObject({ lines: 3 });
  });

  it('bear the physical line on which they begin, also after cells of several lines', async () => {
    const { records } = await read(entry('a,b\n"1\n\n",x\n2,y\n'), true);
    expect(records.map((row) => row['_sdc_source_lineno'])).toEqual([2, 5]);
  });

  it('read lenient quotes as Python does', async () => {
    const { records } = await read(entry('a,b\n"x"y,1\n5" pipe,"2"\n"a""b"c"d,3\n'));
    expect(records).toEqual([
      { a: 'xy', b: '1' },
      { a: '5" pipe', b: '2' },
      { a: 'a"bc"d', b: '3' },
    ]);
  });

  it('are refused in strict mode for text after a quote and quotes in the middle', async () => {
    for (const [row, reason] of [
      ['"x"y,1', 'text-after-quote'],
      ['5" pipe,1', 'bare-quote'],
      ['1', 'too-few-cells'],
      ['1,2,3', 'too-many-cells'],
    ]) {
      const e = entry(`a,b\nfine,row\n${row}\n`, { strict: true });
      const error = await failure(read(e));
      expect(error.code).toBe(`csv-${reason}`);
      expect(error.message).toContain(`${e.paths[0]}, line 3`);
      expect(error.message).not.toContain('pipe');
    }
  });

  it('with missing cells get nulls, with surplus cells lose them, counted and told', async () => {
    const { records, said } = await read(entry('a,b\n1\n1,2,3\n4,5\n6\n'));
    expect(records).toEqual([
      { a: '1', b: null },
      { a: '1', b: '2' },
      { a: '4', b: '5' },
      { a: '6', b: null },
    ]);
    const warnings = said
      .filter((line) => line.level === 'warning')
      .map((line) => [line.message, line.fields!['rows'], line.fields!['first_line']]);
    expect(warnings).toEqual([
      ['Rows with fewer cells than the header were filled with nulls', 2, 2],
      ['Rows with more cells than the header were cut', 1, 3],
    ]);
  });

  it('put surplus cells into _sdc_extra when asked', async () => {
    const { records, stream } = await read(entry('a\n1,"x\ny",z\n2\n', { ragged_rows: 'extra' }));
    expect(records).toEqual([
      { a: '1', _sdc_extra: ['x\ny', 'z'] },
      { a: '2', _sdc_extra: null },
    ]);
    expect(stream.schema['properties']).toHaveProperty('_sdc_extra.type', ['null', 'array']);
  });

  it('that are ragged are left out, or end the run, when asked', async () => {
    const { records } = await read(entry('a,b\n1\n2,3\n', { ragged_rows: 'skip' }));
    expect(records).toEqual([{ a: '2', b: '3' }]);
    expect((await failure(read(entry('a,b\n1\n', { ragged_rows: 'fail' })))).code).toBe('csv-too-few-cells');
  });

  it('send empty cells as null only when asked, and only unquoted ones', async () => {
    expect((await read(entry('a,b\n,""\n'))).records).toEqual([{ a: '', b: '' }]);
    expect((await read(entry('a,b\n,""\n', { empty_as_null: true }))).records).toEqual([{ a: null, b: '' }]);
  });

  it('with a byte that is not UTF-8 end the run with line and byte', async () => {
    const e = entry(Buffer.concat([Buffer.from('a,b\nok,"é\n"\ncaf'), Buffer.of(0xe9), Buffer.from(',x\n')]));
    const error = await failure(read(e));
    expect(error.code).toBe('csv-bad-byte');
    expect(error.facts).toEqual({ file: e.paths[0], line: 4, byte: 16 });
  });

  it('with NULs fail, keep or lose them', async () => {
    expect((await failure(read(entry('a\nx\0y\n')))).code).toBe('csv-nul-byte');
    expect((await read(entry('a\nx\0y\n', { nul_bytes: 'keep' }))).records).toEqual([{ a: 'x\0y' }]);
    const removed = await read(entry('a,b\n\0x\0,"\0"\n', { nul_bytes: 'remove' }));
    expect(removed.records).toEqual([{ a: 'x', b: '' }]);
    expect(removed.said.some((line) => line.message.includes('NUL'))).toBe(true);
    expect((await read(entry('a\0,b\n1,2\n', { nul_bytes: 'remove' }))).records).toEqual([{ a: '1', b: '2' }]);
    expect((await failure(read(entry('a\0,b\n1,2\n', { nul_bytes: 'keep' })))).code).toBe('csv-nul-byte');
  });

  it('with a quote that is never closed end the run, naming the line it opened on', async () => {
    const error = await failure(read(entry('a,b\n1,2\n3,"open\n4,5\n')));
    expect(error.code).toBe('csv-unclosed-quote');
    expect(error.facts['line']).toBe(3);
  });

  it('after a quote that is never closed are still read when malformed rows are skipped', async () => {
    const { records } = await read(entry('a,b\n1,2\n3,"open\n4,5\n', { on_error: 'skip' }));
    expect(records).toEqual([
      { a: '1', b: '2' },
      { a: '4', b: '5' },
    ]);
  });

  it('with a cell that is too long end the run, or are passed over to their true end', async () => {
    const long = `"${'x\n""'.repeat(200)}"`;
    const content = `a,b\n1,2\n3,${long}\n${'y'.repeat(500)},4\n5,6\n`;
    const options = { max_field_bytes: 100 };
    for (const windowBytes of [8, 64, 4096]) {
      const small = { fastLane, windowBytes };
      const error = await failure(readAll(entry(content, options), { tuning: small }));
      expect(error.code).toBe('csv-field-too-long');
      expect(error.facts['line']).toBe(3);
      const { records } = await readAll(entry(content, { ...options, on_error: 'skip' }), { tuning: small, metadata: true });
      expect(records.map((row) => [row['a'], row['_sdc_source_lineno']])).toEqual([
        ['1', 2],
        ['5', 205],
      ]);
    }
  });

  it('end at the same place when they are passed over, also after a closing quote with an escape character', async () => {
    const content = `a,b\n1,"${'x'.repeat(200)}"\\\n3,4\n`;
    const options = { max_field_bytes: 100, escapechar: '\\', on_error: 'skip' } as const;
    const { records } = await readAll(entry(content, options), { tuning: { fastLane, windowBytes: 64 } });
    expect(records).toEqual([{ a: '3', b: '4' }]);
  });

  it('cannot be skipped when a cell that is too long never ends', async () => {
    const e = entry(`a,b\n1,"${'x\n'.repeat(300)}`, { max_field_bytes: 100, on_error: 'skip' });
    const error = await failure(readAll(e, { tuning: { fastLane, windowBytes: 64 } }));
    expect(error.code).toBe('csv-unclosed-quote');
    expect(error.facts['line']).toBe(2);
    // It is not left to on_error: that is set already.
    expect(error.hint).toContain('max_field_bytes');
  });

  it('stop at the limit', async () => {
    const { records } = await readAll(entry('a\n1\n2\n3\n'), { tuning, request: { limit: 2 } });
    expect(records).toEqual([{ a: '1' }, { a: '2' }]);
  });

  it('leave as objects where the core must convert them', async () => {
    const e = entry('a,b\n1,\n');
    const { stream } = await read(e);
    const rows: unknown[] = [];
    const { log } = (await import('./harness.ts')).memoryLog();
    const { requestOf } = await import('./harness.ts');
    for await (const batch of stream.read(requestOf(stream, log, { whole: false }))) {
      expect(batch.lines).toBeUndefined();
      rows.push(...(batch.rows ?? []));
    }
    expect(rows).toEqual([{ a: '1', b: '' }]);
  });
});

describe('malformed rows', () => {
  it('go to the reject file with file, line, reason and their bytes, and the rest goes on', async () => {
    const reject = temp.path('deep/er/rejects.jsonl');
    const e = entry(Buffer.concat([Buffer.from('a,b\n1,2\n"x"y,3\ncaf'), Buffer.of(0xe9), Buffer.from(',4\n5,6\n')]), {
      strict: true,
      on_error: 'quarantine',
      reject_file: reject,
    });
    const { records, said } = await readAll(e);
    expect(records).toEqual([
      { a: '1', b: '2' },
      { a: '5', b: '6' },
    ]);
    const lines = readFileSync(reject, 'utf8')
      .trimEnd()
      .split('\n')
      .map((line): unknown => JSON.parse(line));
    expect(lines).toEqual([
      { stream: 's', file: e.paths[0], line: 3, reason: 'text-after-quote', cell: 1, byte: 11, raw: '"x"y,3\n' },
      {
        stream: 's',
        file: e.paths[0],
        line: 4,
        reason: 'bad-byte',
        byte: 18,
        raw_base64: Buffer.from('caf\xe9,4\n', 'latin1').toString('base64'),
      },
    ]);
    expect(said.filter((line) => line.level === 'warning')).toHaveLength(2);
  });

  it('name the reject file when it cannot be written', async () => {
    const e = entry('a\n"x"y\n', { strict: true, on_error: 'quarantine', reject_file: temp.root });
    await expect(readAll(e)).rejects.toMatchObject({ code: 'reject-file-failed' });
  });
});

describe('dialects', () => {
  const cases: readonly [name: string, content: string, options: Partial<Entry>, records: unknown[]][] = [
    ['named delimiter', 'a|b\n1|2\n', { delimiter: 'pipe' }, [{ a: '1', b: '2' }]],
    ['tab as two characters', 'a\tb\n1\t2\n', { delimiter: '\\t' }, [{ a: '1', b: '2' }]],
    ['delimiter of several characters', 'a||b\n1|x||2\n', { delimiter: '||' }, [{ a: '1|x', b: '2' }]],
    ['delimiter beyond ASCII', 'a§b\n1§2\n', { delimiter: '§' }, [{ a: '1', b: '2' }]],
    ['other quote', "a,b\n'1,''x',\"2\n", { quotechar: "'" }, [{ a: "1,'x", b: '"2' }]],
    ['no quote', 'a,b\n"1,2"\n', { quotechar: '' }, [{ a: '"1', b: '2"' }]],
    ['escape inside and outside quotes', 'a,b\n"1\\"x",2\\,y\n', { escapechar: '\\' }, [{ a: '1"x', b: '2,y' }]],
    ['escaped line break', 'a,b\n1\\\n2,3\n', { escapechar: '\\' }, [{ a: '1\n2', b: '3' }]],
    ['escape instead of doubling', 'a,b\n"1\\"x""y",2\n', { escapechar: '\\', doublequote: false }, [{ a: '1"x"y"', b: '2' }]],
    ['an escape character right after a closing quote', 'a,b\n"1"\\,"2"\\x\n', { escapechar: '\\' }, [{ a: '1\\', b: '2\\x' }]],
    [
      'an escape right after a closing quote that cannot be doubled',
      'a,b\n"1"\\,x,2\n',
      { escapechar: '\\', doublequote: false },
      [{ a: '1,x', b: '2' }],
    ],
    ['escape equal to the quote', 'a\n"1""x"\n', { escapechar: '"' }, [{ a: '1"x' }]],
    ['initial spaces', 'a, b\n1,  "2, x"\n', { skipinitialspace: true }, [{ a: '1', b: '2, x' }]],
    [
      'trimmed cells',
      'a , b\n 1\t,\t" 2 " \n,  x y\n',
      { trim: true },
      [
        { a: '1', b: ' 2 ' },
        { a: '', b: 'x y' },
      ],
    ],
    ['comments', '# first\na,b\n#x,"\n1,#2\n#last', { comment: '#' }, [{ a: '1', b: '#2' }]],
    [
      'other row break',
      'a,b|~1,"x|~y"|~\n,|3|~',
      { record_delimiter: '|~' },
      [
        { a: '1', b: 'x|~y' },
        { a: '\n', b: '|3' },
      ],
    ],
    ['row break by its code', 'a\u001e1\u001e2', { record_delimiter: '\\u001e' }, [{ a: '1' }, { a: '2' }]],
    [
      'old Mac line ends',
      'a,b\r1,2\r3,4',
      {},
      [
        { a: '1', b: '2' },
        { a: '3', b: '4' },
      ],
    ],
  ];
  it.each(cases)('%s', async (_name, content, options, records) => {
    for (const windowBytes of [1, 4096]) {
      expect((await readAll(entry(content, options), { tuning: { windowBytes } })).records).toEqual(records);
    }
  });

  it('take a tab for .tsv unless told otherwise', async () => {
    expect((await readAll(entry('a\tb\n1\t2\n', {}, 'x.tsv'))).records).toEqual([{ a: '1', b: '2' }]);
    expect((await readAll(entry('a,b\n1,2\n', { delimiter: ',' }, 'y.tsv'))).records).toEqual([{ a: '1', b: '2' }]);
  });
});

describe('headers', () => {
  it('get a name for every column', async () => {
    const e = entry('\ufeffa,,a,a_2,\n1,2,3,4,5\n');
    const { records, said } = await readAll(e);
    expect(records).toEqual([{ a: '1', column_2: '2', a_3: '3', a_2: '4', column_5: '5' }]);
    expect(said.find((line) => line.level === 'warning')?.fields).toMatchObject({ file: e.paths[0] });
  });

  it('keep the last of a name, or are refused, when asked', async () => {
    const last = await readAll(entry('a,b,a\n1,2,3\n', { duplicate_headers: 'last' }));
    expect(last.records).toEqual([{ b: '2', a: '3' }]);
    expect(last.said.find((line) => line.level === 'warning')?.fields).toMatchObject({ columns: ['a'] });
    const error = await failure(readAll(entry('a,b,a\n', { duplicate_headers: 'fail' })));
    expect(error.facts['columns']).toEqual(['a']);
  });

  it('alone give a schema and no rows', async () => {
    const { records, stream, said, bookmark } = await readAll(entry('a,"b\nc"\n'));
    expect(records).toEqual([]);
    expect(Object.keys(stream.schema['properties'] as object)).toEqual(['a', 'b\nc']);
    expect(said.filter((line) => line.level === 'warning')).toEqual([]);
    expect(fileStateOf(bookmark)).toMatchObject({ done: true, rows: 0, line: 3 });
  });

  it('are not needed in an empty file: one warning', async () => {
    const { records, stream, said } = await readAll(entry('', { keys: ['id'] }));
    expect(records).toEqual([]);
    expect(stream.schema['properties']).toEqual({ id: { type: ['null', 'string'] } });
    expect(said.filter((line) => line.level === 'warning').map((line) => line.message)).toEqual([
      'The file has no header and no rows',
    ]);
  });

  it('must hold the keys: all that are missing are named', async () => {
    const path = temp.path('nokey.csv');
    writeFileSync(path, 'ID,b\n1,2\n');
    const error = await failure(readAll(entryOf({ paths: [path], keys: ['id', 'b', 'c'] })));
    expect(error.message).toContain(`${path} has no column id, c`);
  });

  it('that collide with columns of the tap get a suffix', async () => {
    const { records } = await readAll(entry('_sdc_source_lineno\nx\n'), { metadata: true });
    expect(records[0]).toMatchObject({ _sdc_source_lineno: 2, _sdc_source_lineno_2: 'x' });
  });

  it('that cannot be read end the run with the line', async () => {
    expect((await failure(readAll(entry('\n"a,b\n')))).facts['line']).toBe(2);
    expect((await failure(readAll(entry(Buffer.from('caf\xe9\n', 'latin1'))))).code).toBe('csv-bad-byte');
  });
});

describe('columns of several files', () => {
  it('are matched by name: another order is safe, missing ones are null', async () => {
    writeFileSync(temp.path('m1.csv'), 'a,b\n1,2\n');
    writeFileSync(temp.path('m2.csv'), 'b,c,a\n3,4,5\n');
    const e = entryOf({ paths: [temp.path('m1.csv'), temp.path('m2.csv')] });
    const { records, stream } = await readAll(e);
    expect(Object.keys(stream.schema['properties'] as object)).toEqual(['a', 'b', 'c']);
    expect(records).toEqual([
      { a: '1', b: '2', c: null },
      { a: '5', b: '3', c: '4' },
    ]);
  });

  it('may come from entries with different dialects', async () => {
    const one = entry('a;b\n1;2\n', { delimiter: ';' });
    const two = entry('b,a\n3,4\n');
    expect((await readAll([one, two])).records).toEqual([
      { a: '1', b: '2' },
      { a: '4', b: '3' },
    ]);
  });

  it('that came after the catalog are left out with one warning', async () => {
    const e = entry('a\n1\n');
    const { stream } = await readAll(e);
    writeFileSync(e.paths[0]!, 'a,new\n1,2\n3,4\n');
    const { memoryLog, requestOf } = await import('./harness.ts');
    const { log, said } = memoryLog();
    let text = '';
    for await (const batch of stream.read(requestOf(stream, log))) text += batch.lines?.bytes.toString() ?? '';
    expect(text).not.toContain('new');
    expect(said.filter((line) => line.level === 'warning')).toEqual([
      {
        level: 'warning',
        message: 'A column is not in the catalog and is left out',
        fields: { stream: 's', file: e.paths[0], column: 'new' },
      },
    ]);
  });
});

describe('the row hash', () => {
  it('tells identical rows of a file apart, and is the same in every run and column order', async () => {
    const keys = ['_sdc_row_hash'];
    const e = entry('a,b\n1,2\n1,2\n12,\n1,2\n', { keys });
    const first = await readAll(e);
    const hashes = first.records.map((row) => row['_sdc_row_hash']);
    expect(new Set(hashes).size).toBe(4);
    for (const hash of hashes) expect(hash).toMatch(/^[0-9a-f]{64}$/);
    expect((await readAll(e)).text).toBe(first.text);
    writeFileSync(e.paths[0]!, 'b,a\n2,1\n2,1\n,12\n2,1\n');
    expect((await readAll(e)).records.map((row) => row['_sdc_row_hash'])).toEqual(hashes);
  });

  it('differs for rows that differ only in where a cell ends, or in the file', async () => {
    const keys = ['_sdc_row_hash'];
    const { records } = await readAll([entry('a,b\nab,c\na,bc\nabc\n', { keys }), entry('a,b\nab,c\n', { keys })]);
    expect(new Set(records.map((row) => row['_sdc_row_hash'])).size).toBe(4);
  });

  it('numbers thousands of identical rows', async () => {
    const { records } = await readAll(
      entry(`a\n${'x\n'.repeat(3000)}${Array.from({ length: 3000 }, (_, i) => `${i}\n`).join('')}`, { keys: ['_sdc_row_hash'] }),
    );
    expect(new Set(records.map((row) => row['_sdc_row_hash'])).size).toBe(6000);
  });
});
