import { createHash } from 'node:crypto';
import process from 'node:process';
import { describe, expect, test } from 'vitest';
import type { Json, JsonObject } from '../../../singer/index.ts';
import { recordOf, schemaOf, transform, type Transformed } from './run.ts';

process.env['TEST_PRIVACY_KEY'] = createHash('sha256').update('another key for tests').digest('hex');
const keys = { pii: { env: 'TEST_PRIVACY_KEY' } };

/** What becomes of values of one field; its key is `id` unless `keyed`. */
function field(step: Json, schema: JsonObject, values: readonly (Json | undefined)[], keyed = false): Promise<Transformed> {
  return transform({ keys, transforms: { s: { fields: { v: step } } } }, [
    schemaOf('s', { id: { type: 'integer' }, v: schema, other: { type: 'string' } }, [keyed ? 'v' : 'id'], { required: ['v'] }),
    ...values.map((v, id) => recordOf('s', { id, ...(v === undefined ? {} : { v }), other: 'x' })),
  ]);
}

async function results(step: Json, schema: JsonObject, ...values: Json[]): Promise<unknown[]> {
  return (await field(step, schema, values)).records().map((record) => (record as JsonObject)['v']);
}

const TEXT = { type: ['string', 'null'] };

describe('pseudonymize', () => {
  test('equal values in one domain have one token, across streams and types; other domains have others', async () => {
    const of = (domain: string): JsonObject => ({ v: { pseudonymize: { domain } } });
    const { messages } = await transform(
      { keys, transforms: { a: { fields: of('customer') }, b: { fields: of('customer') }, c: { fields: of('order') } } },
      ['a', 'b', 'c'].flatMap((stream, index) => [
        schemaOf(stream, { v: { type: index === 0 ? 'integer' : 'string' } }),
        `{"type":"RECORD","stream":"${stream}","record":{"v":${index === 0 ? '7.0' : '"7"'}}}`,
      ]),
    );
    const [a, b, c] = messages.flatMap(({ record }) => (record === undefined ? [] : [(record as JsonObject)['v']]));
    expect(a).toMatch(/^[\da-f]{32}$/);
    expect(b).toBe(a);
    expect(c).not.toBe(a);
  });

  test.each([
    [{ type: 'integer', minimum: 1 }, 'hex', ['string'], undefined],
    [
      { type: ['string', 'null'], format: 'email', maxLength: 5, enum: ['a@b.c', null] },
      'base64url',
      ['string', 'null'],
      undefined,
    ],
    [{ type: 'string', pattern: '^x' }, 'uuid', ['string'], 'uuid'],
    [{ type: 'integer', maximum: 10 }, 'int63', ['integer'], undefined],
  ])('the schema %o as %s is that of the token', async (schema, encoding, type, format) => {
    const result = await field({ pseudonymize: { encoding } }, schema, [1]);
    expect((result.schema('s')!['schema'] as JsonObject)['properties']).toMatchObject({
      v: { type, ...(format === undefined ? {} : { format }), 'x-anonymized': 'pseudonymize', 'x-anonymized-key': 'pii' },
    });
    expect(Object.keys(((result.schema('s')!['schema'] as JsonObject)['properties'] as JsonObject)['v']!).length).toBe(
      format === undefined ? 3 : 4,
    );
  });

  test('a whole number keeps all its 63 bits', async () => {
    const { text } = await field(
      { pseudonymize: { encoding: 'int63' } },
      { type: 'integer' },
      Array.from({ length: 40 }, (_, i) => i),
    );
    const tokens = [...text.matchAll(/"v":(\d+)[,}]/g)].map(([, digits]) => BigInt(digits!));
    expect(tokens.length).toBe(40);
    expect(tokens.every((token) => token < 1n << 63n)).toBe(true);
    expect(tokens.some((token) => token > BigInt(Number.MAX_SAFE_INTEGER) && token % 2n === 1n)).toBe(true);
  });

  test('a uuid is of version 8 and of the usual variant', async () => {
    for (const uuid of await results({ pseudonymize: { encoding: 'uuid' } }, TEXT, 'a', 'b', 'c')) {
      expect(uuid).toMatch(/^[\da-f]{8}-[\da-f]{4}-8[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/);
    }
  });

  test('one value has one token however it is spelled', async () => {
    const { text } = await transform({ keys, transforms: { s: { fields: { v: 'pseudonymize' } } } }, [
      schemaOf('s', { v: {} }),
      ...[
        '1.10',
        '1.1',
        '11e-1',
        '"1.1"',
        '{"b":1,"a":[2.0]}',
        '{"a":[2],"b":1.0}',
        '123456789012345678901234567890',
        '123456789012345678901234567891',
      ].map((value) => `{"type":"RECORD","stream":"s","record":{"v":${value}}}`),
    ]);
    const tokens = [...text.matchAll(/"v":"(\w+)"/g)].map(([, token]) => token);
    expect(new Set(tokens.slice(0, 4)).size).toBe(1);
    expect(tokens[4]).toBe(tokens[5]);
    expect(tokens[6]).not.toBe(tokens[7]);
  });

  test('what makes no good token is refused', async () => {
    for (const [parameters, message] of [
      [{ length: 20 }, /at least 32/],
      [{ encoding: 'base64url', length: 21 }, /at least 22/],
      [{ length: 65 }, /at most 64/],
      [{ encoding: 'uuid', length: 32 }, /means nothing for uuid/],
      [{ encoding: 'int63', prefix: 'x' }, /cannot stand before int63/],
      [{ key: 'pi' }, /no key pi; did you mean pii/],
    ] as const) {
      await expect(field({ pseudonymize: parameters }, TEXT, ['a'])).rejects.toThrow(message);
    }
    expect(await results({ pseudonymize: { length: 8, short: 'ok' } }, TEXT, 'a')).toEqual([
      expect.stringMatching(/^[\da-f]{8}$/),
    ]);
    const keyless = { transforms: { s: { fields: { v: 'pseudonymize' } } } };
    await expect(transform(keyless, [schemaOf('s', { v: {} })])).rejects.toThrow(/needs a secret key/);
  });

  test('an empty text is what the config says', async () => {
    expect(await results({ pseudonymize: { empty: 'keep' } }, TEXT, '')).toEqual(['']);
    expect(await results({ pseudonymize: { empty: 'null' } }, { type: 'string' }, '')).toEqual([null]);
    expect(await results('pseudonymize', TEXT, '')).toEqual([expect.stringMatching(/^[\da-f]{32}$/)]);
  });
});

describe('the key of a record that is put aside', () => {
  const SECRET = 'ada-1815';
  const OTHER = 'not-a-key-1';
  const properties = {
    id: { type: 'string' },
    other: { type: 'string' },
    n: { type: ['string', 'null'] },
    day: { type: ['string', 'null'] },
  };
  /** The first record passes; what is put aside of the second, with the key that the first has. */
  async function aside(rules: JsonObject): Promise<{ key: unknown; token: unknown; record: JsonObject; text: string }> {
    const good = { id: SECRET, other: OTHER, n: '1', day: '2026-01-01' };
    const { records, text } = await transform({ keys, transforms: { s: rules } }, [
      schemaOf('s', properties, ['id']),
      recordOf('s', good),
      recordOf('s', { ...good, n: 'none' }),
    ]);
    const [passed] = records('s') as JsonObject[];
    const [quarantined] = records('s__quarantine') as JsonObject[];
    const parsed = (value: Json | undefined): JsonObject => JSON.parse(value as string) as JsonObject;
    return { key: parsed(quarantined!['_q_key'])['id'], token: passed?.['id'], record: parsed(quarantined!['record']), text };
  }
  const number = { n: 'number' };

  test.each<[string, JsonObject]>([
    ['a later field', { fields: { id: 'pseudonymize', ...number } }],
    ['a step on its own token', { fields: { id: [{ pseudonymize: {} }, 'upper'], ...number } }],
    ['a check', { fields: { id: 'pseudonymize' }, checks: [{ regex: { field: 'n', pattern: '^\\d' } }] }],
    ['a field that set makes', { fields: { id: 'pseudonymize' }, set: { m: 'int(n)' } }],
    ['a later round', { fields: { id: 'pseudonymize' }, rename: { day: 'date' }, then: { fields: number } }],
    [
      'a round after the record was held',
      { fields: { id: 'pseudonymize' }, dedupe: { by: 'n', keep: 'last' }, then: { fields: number } },
    ],
    [
      'records that rules make of it',
      { fields: { id: 'pseudonymize' }, unpivot: { keep: ['id'] }, then: { fields: { value: 'number' } } },
    ],
  ])('is the pseudonym where that was made before the fault: %s', async (_, rules) => {
    const { key, record, text, token } = await aside(rules);
    expect(token).toMatch(/^[\dA-Fa-f]{32}/);
    expect(key).toBe(token);
    expect(record).toMatchObject({ id: 'REDACTED' });
    expect(text).not.toContain(SECRET);
  });

  test('tells records apart of which nothing else is shown: none takes the place of another in a table of _q_id', async () => {
    const rules = { fields: { id: 'pseudonymize', other: 'redact', ...number } };
    const record = (id: string): JsonObject => recordOf('s', { id, other: id, n: 'none', day: null });
    const { records } = await transform({ keys, transforms: { s: rules } }, [
      schemaOf('s', properties, ['id']),
      record('one'),
      record('two'),
      record('one'),
    ]);
    const ids = (records('s__quarantine') as JsonObject[]).map((row) => row['_q_id']);
    expect(ids[0]).not.toBe(ids[1]);
    expect(ids[2]).toBe(ids[0]);
  });

  test.each<[string, JsonObject]>([
    ['a hash without a key', { fields: { id: { hash: { unkeyed: true, keep_first: 2 } }, ...number } }],
    ['an earlier field', { fields: { ...number, id: 'pseudonymize' } }],
    ['a condition before all steps', { where: 'int(n) > 0', on_error: 'quarantine', fields: { id: 'pseudonymize' } }],
    ['a field that is hidden for some records only', { fields: { id: { pseudonymize: {}, when: "n == 'none'" }, ...number } }],
    ['one that may take the value of another', { fields: { id: ['pseudonymize', { coalesce: 'other' }], ...number } }],
    [
      'names that were swapped',
      { fields: { id: 'pseudonymize' }, rename: { id: 'other', other: 'id' }, then: { fields: number } },
    ],
    ['a new name', { fields: { id: 'pseudonymize' }, rename: { id: 'key' }, then: { fields: number } }],
    ['the clear value again', { fields: { id: 'pseudonymize' }, set: { id: { expr: 'id_raw', public: true }, m: 'int(n)' } }],
    ['another field under its name', { fields: { id: 'pseudonymize' }, set: { id: 'other' }, then: { fields: number } }],
    ['a second token', { fields: { id: 'pseudonymize' }, then: { fields: { ...number, id: 'pseudonymize' } } }],
    ['a second token later', { fields: { id: 'pseudonymize', ...number }, then: { fields: { id: 'pseudonymize' } } }],
  ])('is not shown otherwise: %s', async (_, rules) => {
    const { key } = await aside(rules);
    expect(key).toBe('REDACTED');
  });
});

describe('a key', () => {
  test.each([[null], [undefined]])('that is %s is never a token: the run ends, or the record is put aside', async (missing) => {
    await expect(field('pseudonymize', TEXT, ['a', missing], true)).rejects.toThrow(
      /in v: pseudonymize: a key must have a value/,
    );
    const result = await field({ pseudonymize: {}, on_error: 'quarantine' }, TEXT, ['a', missing], true);
    expect(result.records('s')).toHaveLength(1);
    expect(result.records('s__quarantine')).toMatchObject([{ _q_rule: 'key-missing', _q_field: 'v' }]);
  });

  const COARSE: readonly Json[] = [
    'redact',
    'nullify',
    { replace: 'x' },
    { mask: 'email' },
    { mask: { keep_first: 30 }, when: "other == 'x'" },
    { generalize: { date: 'year' } },
    'ip_truncate',
    { date_shift: { subject: 'other' } },
  ];

  test.each(COARSE)('is refused by %j: different rows would become one', async (step) => {
    await expect(field(step, TEXT, ['a'], true)).rejects.toThrow(/fields\.v\.\w+: cannot be done to a key: different rows/);
  });

  test('is given no token so short that two may be equal', async () => {
    await expect(field({ pseudonymize: { length: 8, short: 'ok' } }, TEXT, ['a'], true)).rejects.toThrow(
      /length: must be at least 16 for hex of a key/,
    );
    expect((await field({ pseudonymize: { length: 16, short: 'ok' } }, TEXT, ['a'], true)).records()).toHaveLength(1);
  });

  const keyed = (rules: JsonObject, keyProperties: readonly string[] = ['v']): Promise<Transformed> =>
    transform({ keys, transforms: { s: rules } }, [
      schemaOf('s', { id: { type: 'integer' }, v: { type: 'string' } }, keyProperties),
      schemaOf('s', { id: { type: 'integer' }, v: { type: 'string' }, w: {} }, keyProperties),
      recordOf('s', { id: 1, v: 'ada@example.org' }),
    ]);

  test('that keys takes the place of may be made coarse, and one that it makes may not', async () => {
    const fields = { v: { mask: 'email' } };
    expect((await keyed({ fields, keys: ['id'] })).records()).toEqual([{ id: 1, v: 'a**@example.org' }]);
    expect((await keyed({ fields: { v: 'nullify' }, rename: { v: 'u' }, keys: 'id' })).records()).toEqual([{ id: 1, u: null }]);
    expect((await keyed({ keys: ['id'], then: { fields } })).records()).toEqual([{ id: 1, v: 'a**@example.org' }]);
    for (const rules of [
      { fields, keys: ['v'] },
      { fields, keys: ['id', 'v'] },
      { fields, rename: { v: 'u' }, keys: ['u'] },
      { fields, then: { keys: ['v'] } },
    ]) {
      await expect(keyed(rules, ['id'])).rejects.toThrow(/mask: cannot be done to a key/);
    }
  });

  test('still counts as one where a rule before keys tells rows apart by it', async () => {
    const fields = { v: { mask: 'email' } };
    for (const rules of [
      { fields, dedupe: {}, keys: ['id'] },
      { fields, rename: { style: 'upper' }, keys: ['ID'] },
    ]) {
      await expect(keyed(rules)).rejects.toThrow(/mask: cannot be done to a key/);
    }
  });

  test.each<[Json]>([
    ['lower'],
    ['upper'],
    ['title'],
    ['casefold'],
    [{ truncate: 20 }],
    ['slug'],
    ['strip_html'],
    [{ regex_replace: { pattern: '@.*', to: '' } }],
    [{ replace: { from: '@', to: '' } }],
    [{ map: { a: 'b' } }],
    [{ fuzzy_map: { to: ['ada@example.org'] } }],
    [{ default: 'nobody' }],
  ])('that %j cleans is warned of, once', async (step) => {
    const { log } = await keyed({ fields: { v: step } });
    expect(log.lines.filter(({ level }) => level === 'warn')).toEqual([
      {
        level: 'warn',
        message: 'A step may make different keys equal: their rows become one in a table with that key',
        fields: { stream: 's', field: 'v', rules: 'transforms.s.fields.v' },
      },
    ]);
  });

  test.each<[Json]>([
    ['trim'],
    ['collapse_spaces'],
    ['unicode'],
    ['email'],
    ['keep'],
    ['required'],
    ['pseudonymize'],
    [{ check: { length: { min: 1 } } }],
    [{ null_if: ['none'] }],
  ])('that %j only writes in one form, or looks at, is not', async (step) => {
    const { log } = await keyed({ fields: { v: step } });
    expect(log.lines.filter(({ level }) => level === 'warn')).toEqual([]);
  });

  test('that is a number or a time is warned of where digits or parts go', async () => {
    const warned = async (step: Json, schema: JsonObject, value: Json): Promise<boolean> =>
      (await field(step, schema, [value], true)).log.lines.some(({ level }) => level === 'warn');
    for (const step of [{ round: 1 }, { clamp: { max: 9 } }, 'abs']) {
      expect(await warned(step, { type: 'number' }, 1.25)).toBe(true);
    }
    expect(await warned('boolean', { type: 'string' }, 'yes')).toBe(true);
    const times: [JsonObject, boolean][] = [
      [{}, false],
      [{ output: 'epoch_ms' }, true],
      [{ precision: 's' }, true],
      [{ output: 'date' }, true],
    ];
    for (const [given, expected] of times) {
      expect(await warned({ datetime: { formats: ['iso'], ...given } }, { type: 'string' }, '2026-01-01T10:00:00Z')).toBe(
        expected,
      );
    }
  });

  test('steps of other fields are not warned of', async () => {
    expect((await keyed({ fields: { v: 'lower' } }, ['id'])).log.lines.filter(({ level }) => level === 'warn')).toEqual([]);
  });

  test.each([
    { mask: { keep_last: 2 } },
    { generalize: { postcode: { keep: 2 } } },
    'ip_truncate',
    'redact_text',
    { pseudonymize: { length: 7, short: 'ok' } },
  ])('is refused by %j: different rows would become one', async (step) => {
    await expect(field(step, TEXT, ['a'], true)).rejects.toThrow(/different rows would become one/);
  });

  test.each(['null', 'redact'])('is not made %s on an error', async (policy) => {
    for (const step of [
      { pseudonymize: {}, on_error: policy },
      { trim: {}, on_error: policy },
    ]) {
      await expect(field(step, TEXT, ['a'], true)).rejects.toThrow(/must be fail, quarantine or drop_record/);
    }
  });

  test('may be null as far as a stream has no such key', async () => {
    expect(await results('pseudonymize', TEXT, null)).toEqual([null]);
  });
});

describe('mask', () => {
  test('counts code points', async () => {
    expect(await results({ mask: { keep_first: 1, keep_last: 1 } }, TEXT, '😀é小明😀')).toEqual(['😀***😀']);
  });

  test('a text that would pass as it is passes masked', async () => {
    expect(await results({ mask: { keep_first: 2, keep_last: 2 } }, TEXT, 'abcd', 'ab', '')).toEqual(['****', '**', '']);
    expect(await results({ mask: { keep_chars: '-' } }, TEXT, '---')).toEqual(['***']);
    expect(await results({ mask: 'email' }, TEXT, 'a@b.org', 'no address', 'at @ home', 'x.org')).toEqual([
      '*@b.org',
      '**********',
      '*********',
      '*****',
    ]);
    expect(await results({ mask: 'name' }, TEXT, 'X', 'Ada  B')).toEqual(['*', 'A. *']);
    expect(await results({ mask: 'card' }, TEXT, '4111-1111-1111-1111', '1111')).toEqual(['****-****-****-1111', '****']);
  });

  test('what is no text is refused', async () => {
    await expect(field('redact', TEXT, [true])).resolves.toBeDefined();
    for (const value of [true, {}, []]) {
      await expect(field({ mask: 'name' }, TEXT, [value])).rejects.toThrow(/mask: only texts and numbers/);
    }
  });

  test('wrong parameters', async () => {
    await expect(field({ mask: { char: '**' } }, TEXT, [])).rejects.toThrow(/one character/);
    await expect(field({ mask: { keep_chars: 'a' } }, TEXT, [])).rejects.toThrow(/no letters/);
    await expect(field({ mask: { preset: 'card', keep_last: 9 } }, TEXT, [])).rejects.toThrow(/beside preset/);
  });
});

describe('date_shift', () => {
  const rows = [
    { who: 'ada', on: '2020-02-28', at: '2020-02-29T23:59:59.123456+02:00' },
    { who: 'bob', on: '2020-02-28', at: '2020-02-29 01:02' },
  ];
  const config = {
    keys,
    transforms: { '*': { fields: { 'on, at': { date_shift: { subject: 'who', max_days: 30 } } } } },
  };
  const schema = { who: { type: 'string' }, on: { type: 'string', format: 'date' }, at: { type: 'string', format: 'date-time' } };
  const days = (text: unknown): number => Date.parse(String(text).slice(0, 10)) / 86_400_000;

  test('moves all dates of one person alike, in every stream, by at most so many days, and never by none', async () => {
    const people = Array.from({ length: 300 }, (_, i) => ({ who: `p${i}`, on: '2020-02-28', at: '2020-03-01T00:00:00Z' }));
    const result = await transform(config, [
      schemaOf('a', schema),
      ...[...rows, ...people].map((row) => recordOf('a', row)),
      schemaOf('b', schema),
      ...rows.map((row) => recordOf('b', row)),
    ]);
    const [ada, bob, ...others] = result.records('a') as typeof rows;
    expect(result.records('b')).toEqual([ada, bob]);
    expect(days(ada!.at) - days(ada!.on)).toBe(1);
    expect(ada!.at.slice(10)).toBe('T23:59:59.123456+02:00');
    expect(bob!.at.slice(10)).toBe(' 01:02');
    const moves = others.map(({ on }) => days(on) - days('2020-02-28'));
    expect(moves.every((move) => move !== 0 && Math.abs(move) <= 30)).toBe(true);
    expect(new Set(moves).size).toBeGreaterThan(50);
    expect(result.schema('a')!['schema']).toMatchObject({ properties: { on: { format: 'date' }, at: { format: 'date-time' } } });
  });

  test.each([
    [{ who: null, on: '2020-02-28' }, /does not say whose/],
    [{ who: 'ada', on: '28.02.2020' }, /is no date/],
    [{ who: 'ada', on: '2020-02-30' }, /is no date/],
    [{ who: 'ada', on: 20200228 }, /is no date/],
    [{ who: 'ada', on: '2020-02-28T00:00 and more' }, /is no date/],
  ])('%j is refused', async (row, message) => {
    await expect(transform(config, [schemaOf('a', schema), recordOf('a', row as JsonObject)])).rejects.toThrow(message);
  });
});

describe('generalize', () => {
  const DATE = { type: ['string', 'null'], format: 'date' };

  test.each([
    [{ date: 'year' }, DATE, '2026-03-04', '2026'],
    [{ date: 'month' }, { type: 'string', format: 'date-time' }, '2026-03-04T10:00:00Z', '2026-03'],
    [{ date: 'decade' }, DATE, '1999-12-31', '1990s'],
    [{ date: 'week' }, DATE, '2024-12-30', '2025-W01'],
    [{ date: 'week' }, DATE, '1969-12-31', '1970-W01'],
    [{ bucket: { width: 10 } }, { type: 'integer' }, -5, '-10 to -1'],
    [{ bucket: { width: 0.1 } }, { type: 'number' }, 0.3, '0.3 to <0.4'],
    [{ bucket: { edges: [0, 18, 65] } }, { type: 'integer' }, 17, '0-17'],
    [{ bucket: { edges: [0, 18, 65] } }, { type: 'integer' }, -1, '<0'],
    [{ bucket: { edges: [0, 18, 65] } }, TEXT, '65.5', '65+'],
    [{ bucket: { edges: [0, 18, 65], as: 'lower' } }, { type: 'integer' }, 64, 18],
    [{ age: { at: '2026-03-04' } }, DATE, '2000-03-04', 26],
    [{ age: { at: '2026-03-03' } }, DATE, '2000-03-04', 25],
    [{ age: { at: '2026-03-03', top: 20 } }, DATE, '1900-03-04', 20],
    [{ age: { at: '2026-03-03', bands: 20, top: 90 } }, DATE, '1945-03-04', '80-89'],
    [{ age: { at: '2026-03-03', bands: [0, 18, 65] } }, DATE, '1901-03-04', '90+'],
    [{ age: { at: '2026-03-03', bands: [0, 18, 65] } }, DATE, '1990-03-04', '18-64'],
    [{ postcode: { keep: 4 } }, TEXT, '8001', '*'],
    [{ postcode: { keep: 2 } }, { type: 'integer' }, 8001, '80'],
    [{ round: 0.5 }, { type: 'number' }, 2.7, 2.5],
    [{ top_code: 90 }, { type: 'integer' }, 12, 12],
  ])('%j of %j', async (parameters, schema, value, expected) => {
    expect(await results({ generalize: parameters }, schema as JsonObject, value)).toEqual([expected]);
  });

  test.each([
    [{ date: 'year' }, 'soon', /is no date/],
    [{ bucket: { width: 5 } }, 'five', /is no number/],
    [{ round: 5 }, '12', /is no number/],
    [{ age: { at: '2000-01-01' } }, '2000-01-02', /birth after/],
  ])('%j of %j is refused', async (parameters, value, message) => {
    await expect(field({ generalize: parameters }, TEXT, [value])).rejects.toThrow(message);
  });

  test('wrong parameters', async () => {
    for (const [parameters, message] of [
      [{}, /exactly one of/],
      [{ round: 1, top_code: 2 }, /exactly one of/],
      [{ bucket: {} }, /either width or edges/],
      [{ bucket: { edges: [3, 1] } }, /that rise/],
      [{ bucket: { edges: [1, 3], labels: ['a'] } }, /one more than/],
      [{ age: { at: 'nowhere' } }, /must be a date/],
    ] as const) {
      await expect(field({ generalize: parameters }, TEXT, [])).rejects.toThrow(message);
    }
  });

  test('an age from another field, at another', async () => {
    const config = { transforms: { s: { fields: { v: { generalize: { age: { from: 'born', at: 'seen' } } } } } } };
    const properties = { v: TEXT, born: DATE, seen: DATE };
    const record = { v: 'x', born: '1990-01-01', seen: '2020-01-01' };
    expect((await transform(config, [schemaOf('s', properties), recordOf('s', record)])).records()).toMatchObject([{ v: 30 }]);
  });
});

test.each([
  ['10.11.12.13', '10.11.12.0'],
  [' 203.0.113.255 ', '203.0.113.0'],
  ['::1', '::'],
  ['fe80::1:2%eth0', 'fe80::'],
  ['2001:db8:0:1:2:3:4:5', '2001:db8::'],
  ['::ffff:c000:0280', '192.0.2.0'],
])('ip_truncate makes of %s: %s', async (value, expected) => {
  expect(await results('ip_truncate', TEXT, value)).toEqual([expected]);
});

test.each(['10.11.12', '10.11.12.13/24', 'example.org', 42])('ip_truncate refuses %j', async (value) => {
  await expect(field('ip_truncate', TEXT, [value])).rejects.toThrow(/is no IP address/);
});

describe('redact, nullify, replace', () => {
  test('what stands there is valid by the schema, whatever that asked for', async () => {
    for (const schema of [
      { type: 'string', enum: ['a', 'b'] },
      { type: ['string', 'null'], maxLength: 2, format: 'email' },
      { type: 'integer', minimum: 5 },
      { type: 'object', properties: { a: {} }, required: ['a'] },
      { type: 'array', minItems: 1 },
      { type: 'string', contentEncoding: 'base64' },
      { anyOf: [{ type: 'string' }, { type: 'integer' }] },
      {},
    ]) {
      for (const step of ['redact', 'nullify', { replace: 7 }, { pseudonymize: {}, on_error: 'redact' }]) {
        const result = await field(step, schema, ['a', 5, { a: 1 }, [1]]);
        await expectValid(result);
      }
    }
  });

  test('a hash without a key has to be asked for, and is warned of', async () => {
    await expect(field('hash', TEXT, ['a'])).rejects.toThrow(/unkeyed: must be true/);
    const result = await field({ hash: { unkeyed: true } }, TEXT, ['a']);
    expect(result.log.lines).toContainEqual({
      level: 'warn',
      message: 'A hash without a key can be undone by trying',
      fields: { stream: 's', field: 'v' },
    });
  });
});

async function expectValid({ messages }: Transformed): Promise<void> {
  const { createValidator } = await import('../../../singer/target/validate.ts');
  const schema = messages.find(({ type }) => type === 'SCHEMA')!['schema'] as JsonObject;
  const check = createValidator()(schema, 's');
  for (const { record, type } of messages)
    if (type === 'RECORD') expect(check(record), JSON.stringify([schema, record])).toBeUndefined();
}

test('a field of which only some records are hidden allows both', async () => {
  const result = await field({ pseudonymize: {}, when: [] }, { type: 'integer' }, [1]);
  expect(result.schema('s')!['schema']).toMatchObject({
    properties: { v: { anyOf: [{ type: 'integer' }, { type: ['string'], 'x-anonymized': 'pseudonymize' }] } },
  });
});
