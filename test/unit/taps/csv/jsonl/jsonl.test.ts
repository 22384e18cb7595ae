import { appendFileSync, writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { Ajv } from 'ajv';
import * as fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import type { Json, JsonObject } from '../../../../../singer/index.ts';
import { parseExact, stringifyExact } from '../../../../../singer/index.ts';
import type { Entry } from '../../../../../taps/csv/entries.ts';
import type { ReadResult } from '../harness.ts';
import { entryOf, fileStateOf, folder, readAll } from '../harness.ts';

const temp = folder();
afterAll(() => temp.remove());
let count = 0;

function path(content: string | Buffer, ending = 'jsonl'): string {
  const place = temp.path(`${count++}.${ending}`);
  writeFileSync(place, content);
  return place;
}

function entry(content: string | Buffer, options: Partial<Entry> = {}): Entry {
  return entryOf({ paths: [path(content)], ...options });
}

/** Records as JSON that keeps numbers as they are written. */
function exact({ text }: Pick<ReadResult, 'text'>): string[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => stringifyExact((parseExact(line) as { record: Json }).record));
}

const messages = (result: ReadResult): string[] => result.said.map((line) => line.message);

describe('JSON lines', () => {
  it('are records as they are written, numbers and nesting included', async () => {
    const lines = ['{"id":12345678901234567890,"n":1.10,"o":{"a":[1,{"b":2.50}]},"l":[]}', '{"id":2,"n":1e400,"x":"é\\u0000"}'];
    const result = await readAll(entry(`${lines.join('\n')}\n`));
    expect(exact(result)).toEqual(lines);
    expect(result.stream.schema['properties']).toEqual({
      id: { type: ['null', 'integer'] },
      n: { type: ['null', 'number'] },
      o: { type: ['null', 'object'] },
      l: { type: ['null', 'array'] },
      x: { type: ['null', 'string'] },
      _sdc_extra: { type: ['null', 'object'] },
      _sdc_misfits: { type: ['null', 'object'], additionalProperties: { type: 'string' } },
    });
  });

  it('tell once which settings have no effect on them', async () => {
    const place = path('{"a":1}\n');
    const options = {
      paths: [place, path('{"a":2}\n')],
      delimiter: ';',
      header: false,
      null_values: ['NULL'],
      infer_rows: 5,
    } as const;
    const { said } = await readAll(entryOf(options));
    expect(said.filter((line) => line.level === 'warning')).toEqual([
      {
        level: 'warning',
        message: 'Settings have no effect on files of JSON lines',
        fields: { entity: 's', settings: ['delimiter', 'header', 'null_values'] },
      },
    ]);
    expect((await readAll(entryOf({ paths: [place] }))).said.filter((line) => line.level === 'warning')).toEqual([]);
  });

  it('lack a key that only every JavaScript object has', async () => {
    const { said } = await readAll(entry('{"a":1}\n{"a":2,"toString":3}\n', { keys: ['toString'] }));
    expect(said.find((line) => line.level === 'warning')?.fields).toMatchObject({ rows: 1, first_line: 1 });
    await expect(
      readAll(entry('{"a":1}\n{"toString":3}\n', { keys: ['toString'], null_keys: 'malformed' })),
    ).rejects.toMatchObject({
      code: 'csv-null-key',
    });
  });

  it('are told by the name or by format, with a mark, CRLF, empty lines, gzip and no last line break', async () => {
    const text = '\ufeff{"a":1}\r\n\r\n{"a":2}';
    for (const place of [path(text), path(gzipSync(text), 'ndjson.gz')]) {
      expect((await readAll(entryOf({ paths: [place] }))).records).toEqual([{ a: 1 }, { a: 2 }]);
    }
    const named = path(text, 'log');
    expect((await readAll(entryOf({ paths: [named], format: 'jsonl' }))).records).toEqual([{ a: 1 }, { a: 2 }]);
  });

  it.each(['{"a":1,"b":2}\n{"a":3,"b":4}\n', '[\n{"a":1}\n]\n', '[{"a":1}]\n', '{\n  "a": 1\n}\n'])(
    'are suspected in a file that is read as CSV by its name: %j',
    async (text) => {
      const suspicion = 'The file is read as CSV but looks like JSON: set format to jsonl if it has one object a line';
      const place = path(text, 'json');
      expect(messages(await readAll(entryOf({ paths: [place] })))).toContain(suspicion);
      expect(messages(await readAll(entryOf({ paths: [place], format: 'csv' })))).not.toContain(suspicion);
      expect(messages(await readAll(entryOf({ paths: [path('[id],{x}\n1,2\n', 'csv')] })))).not.toContain(suspicion);
    },
  );

  it('get the columns of the tap in front', async () => {
    const e = entry('{"a":1}\n{ }\n');
    const { records } = await readAll(e, { metadata: true });
    expect(Object.keys(records[0]!)).toEqual(['_sdc_source_file', '_sdc_source_file_mtime', '_sdc_source_lineno', 'a']);
    expect(records).toMatchObject([
      { _sdc_source_file: e.paths[0], _sdc_source_lineno: 1, a: 1 },
      { _sdc_source_file: e.paths[0], _sdc_source_lineno: 2 },
    ]);
  });

  it('that come later with other types or properties lose nothing, counted and told', async () => {
    const result = await readAll(entry('{"a":1}\n{"a":"x","b":{"c":1.50}}\n{"a":true,"b":null}\n', { infer_rows: 1 }));
    expect(exact(result)).toEqual([
      '{"a":1}',
      '{"a":null,"_sdc_extra":{"b":{"c":1.50}},"_sdc_misfits":{"a":"x"}}',
      '{"a":null,"_sdc_extra":{"b":null},"_sdc_misfits":{"a":"true"}}',
    ]);
    expect(result.said.filter((line) => line.level === 'warning').map(({ message, fields }) => [message, fields])).toEqual([
      [
        'A property that the stream does not have went to _sdc_extra',
        expect.objectContaining({ property: 'b', rows: 2, first_line: 2 }),
      ],
      [
        'Values that do not fit the type of their property were sent as null and kept in _sdc_misfits',
        expect.objectContaining({ property: 'a', rows: 2, first_line: 2 }),
      ],
    ]);
  });

  it('may be malformed by their types and properties, too', async () => {
    const content = '{"a":1}\n{"a":"x"}\n{"b":1}\n';
    const options = { infer_rows: 1, on_error: 'skip', on_type_error: 'malformed', extra_columns: 'fail' } as const;
    const { records, stream } = await readAll(entry(content, options));
    expect(records).toEqual([{ a: 1 }]);
    expect(Object.keys(stream.schema['properties'] as object)).toEqual(['a']);
    await expect(readAll(entry(content, { ...options, on_error: 'fail' }))).rejects.toMatchObject({
      code: 'csv-type-mismatch',
      facts: { line: 2, column: 'a' },
    });
  });

  it.each([
    ['{"a":1', 'csv-not-json'],
    ['[1]', 'csv-not-json'],
    ['7', 'csv-not-json'],
    ['{"a":1}{"a":2}', 'csv-not-json'],
    ['{"a":1,"a":2}', 'csv-name-twice'],
    ['{"a":01}', 'csv-not-json'],
    [Buffer.from('{"a":"\xff"}', 'latin1'), 'csv-bad-byte'],
    ['{"a":"very long, this is"}', 'csv-field-too-long'],
  ])('that are malformed end the run or are left out: %s', async (line, code) => {
    const content = Buffer.concat([Buffer.from('{"a":1}\n'), Buffer.from(line), Buffer.from('\n{"a":3}\n')]);
    const options = { max_field_bytes: 20 };
    await expect(readAll(entry(content, options))).rejects.toMatchObject({ code, facts: { line: 2 } });
    for (const windowBytes of [5, 4096]) {
      const { records } = await readAll(entry(content, { ...options, on_error: 'skip' }), { tuning: { windowBytes } });
      expect(records).toEqual([{ a: 1 }, { a: 3 }]);
    }
  });

  it('without a key are sent and told, or malformed', async () => {
    const content = '{"id":1}\n{"id":null}\n{"x":1}\n';
    const sent = await readAll(entry(content, { keys: ['id'] }));
    expect(sent.records).toHaveLength(3);
    expect(messages(sent)).toContain('Rows have no value in a key column');
    const options = { keys: ['id'], null_keys: 'malformed', on_error: 'skip' } as const;
    expect((await readAll(entry(content, options))).records).toEqual([{ id: 1 }]);
    await expect(readAll(entry(content, { keys: ['nope'] }))).rejects.toMatchObject({ code: 'csv-key-missing' });
    await expect(readAll(entry(content, { keys: ['_sdc_row_hash'] }))).rejects.toMatchObject({ code: 'row-hash-unknown' });
  });

  it('and CSV files do not meet in one stream', async () => {
    const paths = [path('{"a":1}\n'), path('a\n1\n', 'csv')];
    await expect(readAll(entryOf({ paths }))).rejects.toMatchObject({ code: 'mixed-formats' });
  });

  it('go on where a run stopped, and at a line that was half written', async () => {
    const place = path('{"a":1}\n{"a":2}\n{"a"');
    const e = entryOf({ paths: [place], mode: 'append' });
    const first = await readAll(e);
    expect(first.records).toEqual([{ a: 1 }, { a: 2 }]);
    expect(fileStateOf(first.bookmark)).toMatchObject({ rows: 2, offset: 16, done: false });
    appendFileSync(place, ':3}\n{"a":4}\n');
    const second = await readAll(e, { request: { bookmark: first.bookmark } });
    expect(second.records).toEqual([{ a: 3 }, { a: 4 }]);
    expect((await readAll(e, { request: { bookmark: second.bookmark } })).records).toEqual([]);
  });

  it('sent without the last line break are sent again when the line has grown', async () => {
    const place = path('{"a":1}\n{"a":2}');
    const e = entryOf({ paths: [place] });
    const first = await readAll(e);
    expect(first.records).toHaveLength(2);
    appendFileSync(place, '\n{"a":3}\n');
    expect((await readAll(e, { request: { bookmark: first.bookmark } })).records).toEqual([{ a: 3 }]);
  });
});

const name = fc.constantFrom('a', 'b', 'c', 'é', '_sdc_source_file', '_sdc_extra', 'date', 'constructor', 'very"odd');
const value: fc.Arbitrary<string> = fc.oneof(
  fc.jsonValue({ maxDepth: 2 }).map((json) => JSON.stringify(json)),
  fc.constantFrom('1', '-0', '1.0', '1e5', '12345678901234567890', '0.1000', 'null', 'true', '"x"', '"\\u0041\\n"', '{}', '[]'),
);
const member = fc.tuple(name, value).map(([n, v]) => `${JSON.stringify(n)}:${v}`);
const record = fc.array(member, { maxLength: 5 }).map((members) => `{${members.join(',')}}`);
const alike = fc.tuple(fc.nat(99), fc.string({ maxLength: 5 })).map(([a, b]) => `{"a":${a},"b":${JSON.stringify(b)}}`);
const long = fc.tuple(fc.nat(99), fc.nat(200)).map(([a, b]) => `{"a":${a},"b":"${'é'.repeat(b)}"}`);
const line = fc.oneof(
  { weight: 5, arbitrary: alike },
  { weight: 1, arbitrary: long },
  { weight: 5, arbitrary: record },
  { weight: 1, arbitrary: fc.constantFrom('', ' ', '{', '{}', ' { } ', '{"a" : 1 , "b":2}', 'null', '\u0000', '\ud800') },
  { weight: 1, arbitrary: fc.string() },
);
const lines = fc.array(fc.tuple(line, fc.constantFrom('\n', '\r\n')), { maxLength: 30 }).map((list) => list.flat().join(''));
/** The text with one byte of another character somewhere, or as it is. */
const content = fc.tuple(lines, fc.option(fc.nat()), fc.constantFrom(0xff, 0x80, 0x0a, 0x22)).map(([text, at, byte]) => {
  const bytes = Buffer.from(text);
  if (at !== null && bytes.length > 0) bytes[at % bytes.length] = byte;
  return bytes;
});
const options = fc.record({
  infer_rows: fc.constantFrom(1, 3, 1000),
  extra_columns: fc.constantFrom('evolve', 'ignore', 'extra', 'fail'),
  on_type_error: fc.constantFrom('keep', 'null', 'malformed', undefined),
  max_field_bytes: fc.constantFrom(67_108_864, 12, 80),
  mode: fc.constantFrom('mtime', 'append'),
  on_error: fc.constant('skip'),
});

describe('the two lanes of JSON lines', () => {
  it('send the same bytes, valid by the schema, with the same bookmarks and warnings', async () => {
    const ajv = new Ajv({ strict: false, validateFormats: false, ownProperties: true });
    await fc.assert(
      fc.asyncProperty(
        content,
        options,
        fc.record({
          windowBytes: fc.constantFrom(3, 64, 4096),
          batchBytes: fc.constantFrom(1, 100, 4096),
          learnAfter: fc.constantFrom(0, 1, 16),
        }),
        fc.boolean(),
        fc.nat(6),
        async (bytes, o, tuning, metadata, unselect) => {
          const e = entry(bytes, o);
          const { stream } = await readAll(e, { metadata });
          const columns = Object.keys(stream.schema['properties'] as object).filter((_, index) => index !== unselect);
          const read = (fastLane: boolean): Promise<ReadResult> =>
            readAll(e, { metadata, request: { columns }, tuning: { ...tuning, fastLane } });
          const [fast, general] = [await read(true), await read(false)];
          expect(fast.text).toBe(general.text);
          expect(fast.bookmark).toEqual(general.bookmark);
          expect(fast.said).toEqual(general.said);
          const valid = ajv.compile(stream.schema);
          for (const sent of fast.records) {
            expect(valid(sent)).toBe(true);
            for (const property of Object.keys(sent)) expect(columns).toContain(property);
          }
        },
      ),
      { numRuns: 500 },
    );
  });

  it('lose no member of a record when all is sent', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(record, { maxLength: 8 }), fc.constantFrom(1, 1000), async (list, infer_rows) => {
        const { records } = await readAll(entry(list.map((text) => `${text}\n`).join(''), { infer_rows, on_error: 'skip' }));
        const given = list.filter((text) => !hasTwice(text)).map((text) => JSON.parse(text) as JsonObject);
        const back = records.map(({ _sdc_extra: extra, _sdc_misfits: misfits, ...rest }) => {
          const all: Record<string, unknown> = { ...rest, ...(extra as object | undefined) };
          for (const [property, text] of Object.entries((misfits ?? {}) as Record<string, string>)) all[property] = text;
          return all;
        });
        expect(back).toHaveLength(given.length);
        given.forEach((object, index) => {
          expect(Object.keys(back[index]!).sort()).toEqual(Object.keys(object).sort());
          for (const [property, original] of Object.entries(object)) {
            const now = back[index]![property];
            if (typeof now === 'string' && typeof original !== 'string') expect(JSON.parse(now)).toEqual(original);
            else expect(now).toEqual(original);
          }
        });
      }),
      { numRuns: 200 },
    );
  });

  it('from every bookmark on the way give exactly the rest', async () => {
    await fc.assert(
      fc.asyncProperty(lines, fc.boolean(), fc.boolean(), async (content, fastLane, compressed) => {
        const e = entryOf({ paths: [path(compressed ? gzipSync(content) : content)], on_error: 'skip' });
        const tuning = { windowBytes: 16, batchBytes: 150, fastLane };
        const whole = await readAll(e, { metadata: true, tuning });
        let before = '';
        for (const batch of whole.batches) {
          before += batch.text;
          const rest = await readAll(e, { metadata: true, tuning, request: { bookmark: batch.bookmark } });
          expect(before + rest.text).toBe(whole.text);
          expect(rest.bookmark).toEqual(whole.bookmark);
        }
      }),
      { numRuns: 100 },
    );
  });
});

/** True if the object has two members of a name at its top level. */
function hasTwice(text: string): boolean {
  return Object.keys(JSON.parse(text) as object).length !== members(text);
}

function members(text: string): number {
  let depth = 0;
  let found = 0;
  for (const [sign] of text.matchAll(/"(?:[^"\\]|\\.)*"|[{}[\]:]/g)) {
    if (sign === '{' || sign === '[') depth++;
    else if (sign === '}' || sign === ']') depth--;
    else if (sign === ':' && depth === 1) found++;
  }
  return found;
}
