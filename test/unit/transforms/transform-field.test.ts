import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { Json, JsonObject } from '../../../singer/index.ts';
import { recordOf, schemaOf, transform, type Transformed } from './run.ts';

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

const TEXT = { type: ['null', 'string'] };
const PROPERTIES = {
  id: { type: 'integer' },
  text: { ...TEXT, maxLength: 10 },
  number: { type: ['null', 'number'], minimum: 5 },
  day: { ...TEXT, format: 'date' },
  at: { ...TEXT, format: 'date-time' },
  flag: { type: ['null', 'boolean'] },
  json: { type: ['null', 'object'] },
  list: { type: ['null', 'array'] },
  known: { type: 'object', properties: { name: TEXT, deep: { type: 'object', properties: { n: { type: 'integer' } } } } },
};

function run(entries: readonly JsonObject[], ...records: JsonObject[]): Promise<Transformed> {
  const transformations = entries.map((entry) => ({ tap_stream_name: 's', ...entry }));
  return transform({ transformations }, [schemaOf('s', PROPERTIES, ['id']), ...records.map((record) => recordOf('s', record))]);
}

async function one(type: string, field_id: string, value: Json): Promise<Json | undefined> {
  const result = await run([{ field_id, type }], { id: 1, [field_id]: value });
  return (result.records()[0] as JsonObject)[field_id];
}

const SAMPLE = {
  transformations: [
    { field_id: 'password_hash', tap_stream_name: 'stream-id-sent-by-the-tap', type: 'MASK-HIDDEN' },
    { field_id: 'salt', tap_stream_name: 'stream-id-sent-by-the-tap', type: 'HASH' },
    {
      field_id: 'value',
      tap_stream_name: 'stream-id-sent-by-the-tap',
      type: 'SET-NULL',
      when: [
        { column: 'string_column_1', equals: 'Property' },
        { column: 'numeric_column', equals: 200 },
        { column: 'string_column_2', regex_match: 'sensitive.*PII' },
      ],
    },
  ],
};

test('the sample config of transform-field does what it does there', async () => {
  const stream = 'stream-id-sent-by-the-tap';
  const record = {
    password_hash: 'x',
    salt: 'pepper',
    value: 'v',
    string_column_1: 'Property',
    numeric_column: 200,
    string_column_2: 'a sensitive bit of PII',
  };
  const properties = Object.fromEntries(
    Object.entries(record).map(([name, value]) => [name, { type: ['null', typeof value === 'number' ? 'integer' : 'string'] }]),
  );
  const result = await transform(SAMPLE, [
    schemaOf(stream, properties),
    recordOf(stream, record),
    recordOf(stream, { ...record, numeric_column: 201 }),
    recordOf(stream, { ...record, string_column_2: null }),
  ]);
  const hidden = { ...record, password_hash: 'hidden', salt: sha256('pepper') };
  expect(result.records()).toEqual([
    { ...hidden, value: null },
    { ...hidden, numeric_column: 201 },
    { ...hidden, string_column_2: null },
  ]);
});

describe('each type', () => {
  test.each([
    ['SET-NULL', 'text', 'abc', null],
    ['SET-NULL', 'number', 7, null],
    ['HASH', 'text', 'abc', sha256('abc')],
    ['HASH-SKIP-FIRST-2', 'text', 'abcde', `ab${sha256('cde')}`],
    ['MASK-DATE', 'at', '2019-05-21T13:34:11', '2019-01-01T13:34:11'],
    ['MASK-DATE', 'day', '2019-05-21', '2019-01-01'],
    ['MASK-NUMBER', 'number', 7.5, 0],
    ['MASK-HIDDEN', 'text', 'abc', 'hidden'],
    ['MASK-STRING-SKIP-ENDS-3', 'text', 'do!maskme!', 'do!****me!'],
    ['MASK-STRING-SKIP-ENDS-3', 'text', 'nomask', '******'],
    ['MASK-STRING-SKIP-ENDS-9', 'text', 'x', '*'],
  ])('%s of %s %j is %j', async (type, field, value, expected) => {
    expect(await one(type, field, value)).toBe(expected);
  });

  test('null stays null', async () => {
    for (const [type, field] of [
      ['HASH', 'text'],
      ['MASK-NUMBER', 'number'],
      ['MASK-DATE', 'day'],
      ['MASK-HIDDEN', 'text'],
    ] as const) {
      expect(await one(type, field, null)).toBeNull();
    }
  });

  test('the schema says what comes out', async () => {
    const result = await run([
      { field_id: 'text', type: 'HASH' },
      { field_id: 'number', type: 'MASK-NUMBER' },
      { field_id: 'day', type: 'MASK-DATE' },
    ]);
    expect(result.schema('s')!['schema']).toMatchObject({
      properties: {
        text: { type: ['string', 'null'], 'x-anonymized': 'hash' },
        number: { type: ['number', 'null'], 'x-anonymized': 'redact' },
        day: { type: ['string', 'null'], format: 'date', 'x-anonymized': 'generalize' },
      },
    });
    expect(JSON.stringify(result.schema('s'))).not.toMatch(/maxLength|minimum/);
  });
});

describe('where transform-field lets the value pass', () => {
  test('a date that is none ends the run', async () => {
    await expect(one('MASK-DATE', 'at', '2019-05-21T13:34:99')).rejects.toThrow(/is no date/);
    await expect(one('MASK-DATE', 'day', 'May 21st')).rejects.toThrow(/is no date/);
  });

  test('a short text is not shown by what is left of it', async () => {
    expect(await one('HASH-SKIP-FIRST-9', 'text', 'abc')).toBe(sha256('abc'));
  });

  test.each([
    ['number', 0],
    ['text', ''],
    ['flag', false],
  ])('equals: %s %j is a condition', async (column, equals) => {
    const entry = { field_id: 'text', type: 'MASK-HIDDEN', when: [{ column, equals }] };
    const result = await run([entry], { id: 1, text: '', [column]: equals }, { id: 2, text: 'b', number: 1, flag: true });
    expect(result.records()).toMatchObject([{ text: 'hidden' }, { text: 'b' }]);
  });

  test('a condition on a null or absent column does not hold, and nothing fails', async () => {
    const entry = { field_id: 'text', type: 'MASK-HIDDEN', when: [{ column: 'day', regex_match: '^' }] };
    const result = await run(
      [entry],
      { id: 1, text: 'a', day: null },
      { id: 2, text: 'b' },
      { id: 3, text: 'c', day: '2020-01-01' },
    );
    expect(result.records().map((record) => (record as JsonObject)['text'])).toEqual(['a', 'b', 'hidden']);
  });

  test('a condition is about the record as it came, whatever stands before it', async () => {
    const result = await run(
      [
        { field_id: 'day', type: 'SET-NULL' },
        { field_id: 'text', type: 'MASK-HIDDEN', when: [{ column: 'day', equals: '2020-01-01' }] },
      ],
      { id: 1, text: 'a', day: '2020-01-01' },
    );
    expect(result.records()).toEqual([{ id: 1, text: 'hidden', day: null }]);
  });

  test('what cannot work is refused before the first record', async () => {
    for (const [entry, message] of [
      [{ field_id: 'txet', type: 'HASH' }, /no field txet; did you mean text/],
      [{ field_id: 'text', type: 'HASCH' }, /must be one of SET-NULL, HASH/],
      [{ field_id: 'text', type: 'HASH-SKIP-FIRST-0' }, /must be one of/],
      [{ field_id: 'text', type: 'HASH-SKIP-FIRST-12' }, /must be one of/],
      [{ field_id: 'flag', type: 'HASH' }, /HASH is not for a field of the type boolean/],
      [{ field_id: 'text', type: 'MASK-NUMBER' }, /is not for a field of the type string/],
      [{ field_id: 'id', type: 'MASK-NUMBER' }, /transformations\[0\]\.redact: cannot be done to a key/],
      [{ field_id: 'id', type: 'SET-NULL' }, /transformations\[0\]\.nullify: cannot be done to a key/],
      [{ field_id: 'text', type: 'HASH', when: [{ column: 'dya', equals: 1 }] }, /no field dya; did you mean day/],
      [{ field_id: 'text', type: 'HASH', when: [{ column: 'day' }] }, /must say equals or regex_match/],
      [{ field_id: 'text', type: 'HASH', when: [{ column: 'day', regex_match: '(' }] }, /regex_match/],
      [{ field_id: 'known', type: 'HASH', field_paths: ['deep/m'] }, /no path deep\/m below known; did you mean deep\/n\?/],
    ] as const) {
      await expect(run([entry as JsonObject], { id: 1 }), JSON.stringify(entry)).rejects.toThrow(message);
    }
  });
});

describe('field_paths', () => {
  test('are paths with slashes, in objects whose schema says nothing of them, too', async () => {
    const json = { meta: { comment: 'secret', n: 7 }, items: [{ who: 'Ada' }, { who: null }, {}], other: 1 };
    const result = await run(
      [
        { field_id: 'json', type: 'HASH', field_paths: ['meta/comment', 'meta/n', 'items/0/who'] },
        { field_id: 'known', type: 'MASK-NUMBER', field_paths: ['deep/n'] },
        { field_id: 'list', type: 'MASK-HIDDEN', field_paths: ['*/a'] },
      ],
      { id: 1, json, known: { name: 'n', deep: { n: 9 } }, list: [{ a: 'secret', b: 'clear' }] },
      { id: 2, json: null, list: null, known: {} },
    );
    expect(result.records()).toEqual([
      {
        id: 1,
        json: {
          meta: { comment: sha256('secret'), n: sha256('7') },
          items: [{ who: sha256('Ada') }, { who: null }, {}],
          other: 1,
        },
        known: { name: 'n', deep: { n: 0 } },
        list: [{ a: 'hidden', b: 'clear' }],
      },
      { id: 2, json: null, list: null, known: {} },
    ]);
  });

  test('a value where the path should go on ends the run', async () => {
    const entry = { field_id: 'json', type: 'HASH', field_paths: ['meta/comment'] };
    for (const json of ['secret', ['secret'], { meta: 'secret' }, { meta: [{ comment: 'secret' }] }]) {
      await expect(run([entry], { id: 1, json })).rejects.toThrow(/where field_paths go on/);
    }
  });

  test('a path that no record has is told at the end', async () => {
    const entry = { field_id: 'json', type: 'HASH', field_paths: ['meta/comment', 'meta/komment'] };
    const { log } = await run([entry], { id: 1, json: { meta: { comment: 'a' } } });
    expect(log.lines.filter(({ message }) => message === 'A path of transformations was met in no record')).toEqual([
      expect.objectContaining({ level: 'warn', fields: { stream: 's', field: 'json', path: 'meta/komment' } }),
    ]);
  });

  test('conditions have paths, too', async () => {
    const entry = {
      field_id: 'text',
      type: 'MASK-HIDDEN',
      when: [{ column: 'json', field_path: 'meta/comment', regex_match: 'sens' }],
    };
    const result = await run(
      [entry],
      { id: 1, text: 'a', json: { meta: { comment: 'sensitive' } } },
      { id: 2, text: 'b', json: {} },
    );
    expect(result.records()).toMatchObject([{ text: 'hidden' }, { text: 'b' }]);
  });

  test('a member called __proto__ is a member', async () => {
    const entry = { field_id: 'json', type: 'HASH', field_paths: ['__proto__'] };
    const { text } = await transform({ transformations: [{ tap_stream_name: 's', ...entry }] }, [
      schemaOf('s', PROPERTIES),
      '{"type":"RECORD","stream":"s","record":{"json":{"__proto__":"secret"}}}',
    ]);
    expect(text).toContain(`"__proto__":"${sha256('secret')}"`);
  });
});

test('rules of transforms come after it', async () => {
  const config = {
    transformations: [{ tap_stream_name: 's', field_id: 'text', type: 'HASH' }],
    transforms: { s: { fields: { text: 'upper' } } },
  };
  const result = await transform(config, [schemaOf('s', PROPERTIES), recordOf('s', { id: 1, text: 'a' })]);
  expect(result.records()).toEqual([{ id: 1, text: sha256('a').toUpperCase() }]);
});

test('a stream that is nearly the one meant does not pass', async () => {
  const config = { transformations: [{ tap_stream_name: 'usres', field_id: 'text', type: 'HASH' }] };
  await expect(transform(config, [schemaOf('users', PROPERTIES)])).rejects.toThrow(/transformations\[0\]/);
});
