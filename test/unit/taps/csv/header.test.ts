import { appendFileSync, writeFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import type { Entry } from '../../../../taps/csv/entries.ts';
import { entryOf, failure, fileStateOf, folder, readAll } from './harness.ts';

const temp = folder();
afterAll(() => temp.remove());
let count = 0;

function entry(content: string, options: Partial<Entry> = {}): Entry {
  const path = temp.path(`${count++}.csv`);
  writeFileSync(path, content);
  return entryOf({ paths: [path], ...options });
}

const both: readonly boolean[] = [true, false];

describe.each(both)('headers (fast lane: %s)', (fastLane) => {
  const read = (e: Entry, windowBytes = 4096) => readAll(e, { tuning: { fastLane, windowBytes }, metadata: true });
  const rowsOf = async (e: Entry, windowBytes?: number): Promise<unknown[]> =>
    (await read(e, windowBytes)).records.map((record) => {
      const own = Object.entries(record).filter(([name]) => !name.startsWith('_sdc_source'));
      return [record['_sdc_source_lineno'], Object.fromEntries(own)];
    });

  it('may be absent: columns are numbered, and the first row is a row', async () => {
    const e = entry('\ufeff\n1,x\n2,y\n', { header: false });
    expect(await rowsOf(e)).toEqual([
      [2, { column_1: '1', column_2: 'x' }],
      [3, { column_1: '2', column_2: 'y' }],
    ]);
    expect((await read(e)).said.filter((line) => line.level === 'warning')).toEqual([]);
  });

  it('may be absent and given: ragged rows are judged by the given width', async () => {
    expect(await rowsOf(entry('1\n2,y\n', { header: false, columns: ['id', 'name'] }))).toEqual([
      [1, { id: '1', name: null }],
      [2, { id: '2', name: 'y' }],
    ]);
  });

  it('are replaced by given names of the same number, and refused with another number', async () => {
    expect(await rowsOf(entry('a,b\n1,2\n', { columns: ['x', 'y'] }))).toEqual([[2, { x: '1', y: '2' }]]);
    const error = await failure(read(entry('a,b,c\n1,2,3\n', { columns: ['x', 'y'] })));
    expect(error.code).toBe('csv-header-width');
  });

  it('stand on the line that is named, below lines that need not be CSV', async () => {
    for (const windowBytes of [1, 4096]) {
      const e = entry('Report "of\r\n\r\na,b\r\n1,2\r\n', { header: 3 });
      expect(await rowsOf(e, windowBytes)).toEqual([[4, { a: '1', b: '2' }]]);
      const skipped = entry('\ufeffx\ny"\nz\na\n1\n', { skip_rows: 2, header: 2 });
      expect(await rowsOf(skipped, windowBytes)).toEqual([[5, { a: '1' }]]);
    }
    expect(await rowsOf(entry('a\n', { skip_rows: 5 }))).toEqual([]);
  });

  it('may have several rows, whose parts are joined', async () => {
    const e = entry('Sales,,\n2025, 2026 ,Total\n1,2,3\n', { header_rows: 2 });
    expect(await rowsOf(e)).toEqual([[3, { Sales_2025: '1', '2026': '2', Total: '3' }]]);
  });

  it('are renamed and put into snake or lower case; what becomes the same is told', async () => {
    const head = 'Customer ID,customerId,HTTPServer No.,Größe (m²),Keep Me\n1,2,3,4,5\n';
    const { records, said } = await read(entry(head, { column_names: 'snake', rename: { 'Keep Me': 'Kept As' } }));
    expect(records[0]).toMatchObject({ customer_id: '1', customer_id_2: '2', http_server_no: '3', größe_m: '4', 'Kept As': '5' });
    expect(said.find((line) => line.level === 'warning')?.fields?.['columns']).toEqual([{ cell: 2, name: 'customer_id_2' }]);
    expect((await read(entry('A b,C\n1,2\n', { column_names: 'lower' }))).records[0]).toMatchObject({ 'a b': '1', c: '2' });
    const error = await failure(read(entry('A,a\n1,2\n', { column_names: 'lower', duplicate_headers: 'fail' })));
    expect(error.code).toBe('csv-duplicate-header');
  });

  it('that repeat a name put the later cells into _sdc_extra when asked, before surplus ones', async () => {
    const options = { duplicate_headers: 'extra', ragged_rows: 'extra' } as const;
    expect(await rowsOf(entry('a,b,a\n1,2,3\n4,5,6,7\n8\n', options))).toEqual([
      [2, { a: '1', b: '2', _sdc_extra: ['3'] }],
      [3, { a: '4', b: '5', _sdc_extra: ['6', '7'] }],
      [4, { a: '8', b: null, _sdc_extra: null }],
    ]);
    expect(await rowsOf(entry('a,a\n1,2,3\n', { duplicate_headers: 'extra' }))).toEqual([[2, { a: '1', _sdc_extra: ['2'] }]]);
  });

  it('leave footers out, whatever the window; empty lines at the end do not count', async () => {
    for (const windowBytes of [1, 3, 4096]) {
      const options = { skip_footer: 2 };
      expect(await rowsOf(entry('a,b\n1,2\nTotal,"2\nend\n\n', options), windowBytes)).toEqual([[2, { a: '1', b: '2' }]]);
      expect(await rowsOf(entry('a,b\r\n1,2\r\nTotal\r\nend', options), windowBytes)).toEqual([[2, { a: '1', b: '2' }]]);
      expect(await rowsOf(entry('a\nend', options), windowBytes)).toEqual([]);
    }
    const many = Array.from({ length: 30_000 }, (_, i) => `${i},x`).join('\n');
    const { records } = await read(entry(`a,b\n${many}\nT\nU\nV\n`, { skip_footer: 3 }));
    expect([records.length, records.at(-1)?.['a']]).toEqual([30_000, '29999']);
  });

  it('read empty lines as rows when asked', async () => {
    expect(await rowsOf(entry('a\n1\n\n2\n', { skip_blank_lines: false }))).toEqual([
      [2, { a: '1' }],
      [3, { a: '' }],
      [4, { a: '2' }],
    ]);
  });

  it('pass over comments, counting their lines', async () => {
    expect(await rowsOf(entry('a,b\n1,2\n# x "\n\n3,#4\n#', { comment: '#' }))).toEqual([
      [2, { a: '1', b: '2' }],
      [5, { a: '3', b: '#4' }],
    ]);
    expect(await rowsOf(entry('a\n-1\n--x\n-2\n', { comment: '--' }))).toEqual([
      [2, { a: '-1' }],
      [4, { a: '-2' }],
    ]);
  });
});

describe('resuming with header and footer settings', () => {
  it('from every bookmark gives exactly the rest, and rows of a footer that is none any more', async () => {
    const options = fc.record({
      header: fc.constantFrom<(boolean | number)[]>(true, false, 2),
      skip_rows: fc.nat(2),
      skip_footer: fc.nat(2),
      skip_blank_lines: fc.boolean(),
      comment: fc.constantFrom(undefined, '#'),
      keys: fc.constantFrom([], ['_sdc_row_hash']),
    });
    const line = fc.constantFrom('1,2', 'x', '"a,b",c', '', '#c', 'é,漢');
    await fc.assert(
      fc.asyncProperty(
        fc.array(line, { minLength: 4, maxLength: 12 }),
        fc.array(line, { maxLength: 4 }),
        options,
        async (lines, more, given) => {
          const e = entry(`\ufeff${lines.join('\n')}\n`, { ...(given as Partial<Entry>), columns: undefined, on_error: 'skip' });
          const tuning = { windowBytes: 8, batchBytes: 60 };
          const whole = await readAll(e, { tuning, metadata: true });
          let before = '';
          for (const batch of whole.batches) {
            before += batch.text;
            const rest = await readAll(e, { tuning, metadata: true, request: { bookmark: batch.bookmark } });
            expect(before + rest.text).toBe(whole.text);
            expect(rest.bookmark).toEqual(whole.bookmark);
          }
          appendFileSync(e.paths[0]!, more.map((text) => `${text}\n`).join(''));
          const second = await readAll(e, { tuning, metadata: true, request: { bookmark: whole.bookmark } });
          const again = await readAll(e, { tuning, metadata: true });
          expect(linesOf(whole.records).concat(linesOf(second.records))).toEqual(linesOf(again.records));
          expect(fileStateOf(second.bookmark)['rows']).toBe(fileStateOf(again.bookmark)['rows']);
        },
      ),
      { numRuns: 150 },
    );
  });
});

function linesOf(records: readonly Record<string, unknown>[]): unknown[] {
  return records.map((record) => record['_sdc_source_lineno']);
}
