import { describe, expect, test } from 'vitest';
import type { Json, JsonObject } from '../../../singer/index.ts';
import { recordOf, schemaOf, transform } from './run.ts';
import { field, keys, results, TEXT } from './personal.ts';

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
