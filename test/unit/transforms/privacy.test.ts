import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../../singer/index.ts';
import { recordOf, schemaOf, transform, type Transformed } from './run.ts';
import { field, keys, results, TEXT } from './personal.ts';

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
