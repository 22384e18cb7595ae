import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../../singer/index.ts';
import { recordOf, schemaOf, transform, type Transformed } from './run.ts';
import { expectValid } from './valid.ts';

const INTEGER = { type: 'integer' };
const TEXT = { type: ['string', 'null'] };

/** Rules of the stream `s` on one schema and some records. */
async function run(
  rules: JsonObject,
  properties: JsonObject,
  records: readonly JsonObject[],
  { keys = [], more = {}, others = {} }: { keys?: readonly string[]; more?: JsonObject; others?: JsonObject } = {},
): Promise<Transformed> {
  const result = await transform({ transforms: { s: rules, ...others } }, [
    schemaOf('s', properties, keys, more),
    ...records.map((record) => recordOf('s', record)),
  ]);
  expectValid(result);
  return result;
}

describe('rename', () => {
  test('a field renamed to itself stays as it is, value, schema and key', async () => {
    const result = await run({ rename: { a: 'a' } }, { a: INTEGER }, [{ a: 1 }], { keys: ['a'] });
    expect(result.records()).toEqual([{ a: 1 }]);
    expect(result.schema('s')).toMatchObject({ schema: { properties: { a: INTEGER } }, key_properties: ['a'] });
  });

  test('two fields swap their names, and their schemas and the key go with them', async () => {
    const result = await run({ rename: { a: 'b', b: 'a' } }, { a: INTEGER, b: TEXT }, [{ a: 1, b: 'x' }, { a: 2 }], {
      keys: ['a'],
    });
    expect(result.records()).toEqual([{ b: 1, a: 'x' }, { b: 2 }]);
    expect(result.schema('s')).toMatchObject({ schema: { properties: { b: INTEGER, a: TEXT } }, key_properties: ['b'] });
  });

  test('required, bookmarks and nested required follow', async () => {
    const result = await transform({ transforms: { s: { rename: { a: 'x', 'o.p': 'q' } } } }, [
      {
        type: 'SCHEMA',
        stream: 's',
        schema: {
          type: 'object',
          properties: { a: INTEGER, o: { type: 'object', properties: { p: INTEGER }, required: ['p'] } },
          required: ['a', 'o'],
        },
        key_properties: [],
        bookmark_properties: ['a'],
      },
    ]);
    expect(result.schema('s')).toMatchObject({
      schema: { required: ['x', 'o'], properties: { o: { properties: { q: INTEGER }, required: ['q'] } } },
      bookmark_properties: ['x'],
    });
  });

  test.each([
    ['onto an existing field', { rename: { a: 'b' } }],
    ['of two fields to one name', { rename: { a: 'c', b: 'c' } }],
    ['by a style that makes two names one', { rename: { style: 'lower' } }],
  ])('%s is refused', async (_, rules) => {
    await expect(run(rules, { a: INTEGER, b: INTEGER, A: INTEGER }, [])).rejects.toThrow(/would have the name [abc]/);
  });

  test('a record that has a field of the new name beside its schema is put aside, not overwritten', async () => {
    const result = await run(
      { rename: { a: 'b', 'o.p': 'q' } },
      { a: INTEGER, o: { type: 'object', properties: { p: INTEGER } } },
      [{ a: 1, b: 2 }, { a: 1, o: { p: 1, q: 2 } }, { a: 3 }],
    );
    expect(result.records('s')).toEqual([{ b: 3 }]);
    expect(result.records('s__quarantine')).toMatchObject([{ _q_rule: 'name-taken' }, { _q_rule: 'name-taken' }]);
  });

  test('numbers and unknown parts of a renamed field leave as they came', async () => {
    const { text } = await transform({ transforms: { s: { rename: { a: 'b' } } } }, [
      schemaOf('s', { a: {} }),
      '{"type":"RECORD","stream":"s","record":{"a":{"n":1.10,"__proto__":1e400},"x":-0}}',
    ]);
    expect(text).toContain('"record":{"b":{"n":1.10,"__proto__":1e400},"x":-0}');
  });

  test('a name that is not in the schema is refused with the nearest one', async () => {
    await expect(
      run({ rename: { 'purchases.totl': 't' } }, { purchases: { type: 'object', properties: { total: INTEGER } } }, []),
    ).rejects.toThrow(/did you mean purchases.total\?/);
  });

  test('what may be a field or a style is asked for', async () => {
    await expect(run({ rename: { style: 'lower' } }, { style: TEXT }, [])).rejects.toThrow(/may mean the field style/);
    const map = await run({ rename: { style: 'form' } }, { style: TEXT }, [{ style: 'x' }]);
    expect(map.records()).toEqual([{ form: 'x' }]);
  });

  test('nested names get the style where that is asked for, in lists too', async () => {
    const properties = {
      userId: INTEGER,
      items: { type: 'array', items: { type: 'object', properties: { unitPrice: INTEGER } } },
    };
    const record = { userId: 1, items: [{ unitPrice: 2 }] };
    const top = await run({ rename: { style: 'snake_case' } }, properties, [record]);
    expect(top.records()).toEqual([{ user_id: 1, items: [{ unitPrice: 2 }] }]);
    const all = await run({ rename: { style: 'snake_case', nested: true } }, properties, [record]);
    expect(all.records()).toEqual([{ user_id: 1, items: [{ unit_price: 2 }] }]);
  });
});

describe('drop and keep', () => {
  test('required and bookmarks lose what is gone', async () => {
    const result = await transform({ transforms: { s: { drop: 'b' } } }, [
      { ...schemaOf('s', { a: INTEGER, b: INTEGER }, ['a'], { required: ['a', 'b'] }), bookmark_properties: ['b'] },
    ]);
    expect(result.schema('s')).toMatchObject({
      schema: { properties: { a: INTEGER }, required: ['a'] },
      bookmark_properties: [],
    });
  });

  test.each([{ drop: ['id'] }, { keep: ['a'] }, { explode: { path: 'id', into: 'x', parent_keys: ['a'] } }])(
    'a key is not lost by %o unless keys says what takes its place',
    async (rules) => {
      const properties = { id: { type: 'object', properties: { n: INTEGER } }, a: INTEGER };
      await expect(run(rules, properties, [], { keys: ['id'] })).rejects.toThrow(/id is a key property; say with keys/);
      const result = await run({ ...rules, keys: ['a'] }, properties, [], { keys: ['id'] });
      expect(result.schema('s')).toMatchObject({ key_properties: ['a'], schema: { required: ['a'] } });
    },
  );

  test('a pattern takes away fields that the schema does not name; keep keeps none of them', async () => {
    const record = { id: 1, a_secret: 'x', other: 2, more_secret: 'y' };
    const dropped = await run({ drop: '*_secret' }, { id: INTEGER, a_secret: TEXT }, [record]);
    expect(dropped.records()).toEqual([{ id: 1, other: 2 }]);
    const kept = await run({ keep: 'id' }, { id: INTEGER, a_secret: TEXT }, [record]);
    expect(kept.records()).toEqual([{ id: 1 }]);
  });

  test('a value of another kind than the path needs is put aside, and is not seen there', async () => {
    const properties = { id: INTEGER, o: { type: ['object', 'null'], properties: { pin: TEXT, a: TEXT } } };
    for (const rules of [{ drop: 'o.pin' }, { keep: ['id', 'o.a'] }]) {
      const result = await run(rules, properties, [
        { id: 1, o: 'pin 1234' },
        { id: 2, o: null },
        { id: 3, o: { pin: '1', a: 'x' } },
      ]);
      expect(result.records('s')).toEqual([
        { id: 2, o: null },
        { id: 3, o: { a: 'x' } },
      ]);
      expect(result.text).not.toContain('1234');
    }
  });

  test('a quarantined record does not show what would have been dropped', async () => {
    const result = await run({ drop: 'pin', keys: ['k'] }, { pin: TEXT, k: TEXT }, [{ pin: '1234', k: null }]);
    expect(result.records('s__quarantine')).toHaveLength(1);
    expect(result.text).not.toContain('1234');
  });

  test('a stream without rules whose name is nearly that of rules which drop something does not pass', async () => {
    await expect(transform({ transforms: { usres: { drop: 'a' } } }, [schemaOf('users', { a: TEXT })])).rejects.toThrow(/usres/);
  });
});

describe('keys', () => {
  test('a null or absent key is put aside; the schema says that it is never null', async () => {
    const result = await run({ keys: ['k'] }, { k: TEXT }, [{ k: 'a' }, { k: null }, {}]);
    expect(result.records('s')).toEqual([{ k: 'a' }]);
    expect(result.records('s__quarantine')).toHaveLength(2);
    expect(result.schema('s')).toMatchObject({
      schema: { properties: { k: { type: ['string'] } }, required: ['k'] },
      key_properties: ['k'],
    });
  });
});

describe('alias', () => {
  test('SCHEMA, RECORD and ACTIVATE_VERSION have the new name, all else stays', async () => {
    const { messages } = await transform({ transforms: { '*': { alias: 'raw_{stream}' } } }, [
      { ...schemaOf('s', { a: INTEGER }), x: 1 },
      '{"type":"RECORD","stream":"s","version":7,"record":{"a":1},"time_extracted":"t","more":1.0}',
      { type: 'ACTIVATE_VERSION', stream: 's', version: 7, y: 2 },
    ]);
    expect(messages).toMatchObject([
      { type: 'SCHEMA', stream: 'raw_s', x: 1 },
      { type: 'RECORD', stream: 'raw_s', version: 7, time_extracted: 't' },
      { type: 'ACTIVATE_VERSION', stream: 'raw_s', version: 7, y: 2 },
    ]);
  });

  test('streams of one schema become one stream; with other schemas or with versions that is refused', async () => {
    const config = { transforms: { 'part_*': { alias: 'whole' } } };
    const parts = [schemaOf('part_1', { a: INTEGER }), schemaOf('part_2', { a: INTEGER })];
    const records = [recordOf('part_1', { a: 1 }), recordOf('part_2', { a: 2 })];
    expect((await transform(config, [...parts, ...records])).records('whole')).toEqual([{ a: 1 }, { a: 2 }]);
    await expect(transform(config, [parts[0]!, schemaOf('part_2', { a: TEXT })])).rejects.toThrow(
      /part_2 and part_1 would both become/,
    );
    await expect(transform(config, [schemaOf('whole', { b: TEXT }), parts[0]!])).rejects.toThrow(/part_1 and whole/);
    const version = { type: 'ACTIVATE_VERSION', stream: 'part_1', version: 1 };
    await expect(transform(config, [...parts, ...records, version])).rejects.toThrow(/delete the rows of the others/);
  });

  test('a word in braces that means nothing is refused', async () => {
    await expect(run({ alias: '{strem}_x' }, { a: INTEGER }, [])).rejects.toThrow(/only \{stream\}/);
  });
});

describe('also_to', () => {
  test('the copy has rules of its own, SCHEMA before its first record', async () => {
    const result = await run(
      { drop: 'pin', also_to: 'public' },
      { id: INTEGER, pin: TEXT, name: TEXT },
      [{ id: 1, pin: '1', name: 'Ada' }],
      {
        keys: ['id'],
        others: { public: { fields: { name: 'redact' }, alias: 'open' } },
      },
    );
    expect(result.records('s')).toEqual([{ id: 1, name: 'Ada' }]);
    expect(result.records('open')).toEqual([{ id: 1, name: 'REDACTED' }]);
    expect(result.schema('open')).toMatchObject({ key_properties: ['id'] });
  });

  test('copies of copies without end are refused', async () => {
    await expect(transform({ transforms: { '*': { also_to: '{stream}_x' } } }, [schemaOf('s', { a: INTEGER })])).rejects.toThrow(
      /without end/,
    );
  });
});

describe('explode', () => {
  const LINES = { type: 'array', items: { type: 'object', properties: { sku: INTEGER, quantity: INTEGER }, required: ['sku'] } };
  const ORDER = {
    id: INTEGER,
    purchases: { type: 'object', properties: { lines: LINES, total: { type: 'number' } } },
    address: { type: ['object', 'null'], properties: { city: TEXT }, required: ['city'] },
  };

  test('lists and objects become streams with the keys of their parent, and leave it', async () => {
    const result = await run(
      {
        explode: [
          { path: 'purchases.lines[]', into: 'lines' },
          { path: 'address', into: 'addresses' },
        ],
      },
      ORDER,
      [
        { id: 1, purchases: { lines: [{ sku: 7, quantity: 1 }, { sku: 8 }], total: 2.5 }, address: { city: 'Oslo' } },
        { id: 2, purchases: { lines: [], total: 0 }, address: null },
        { id: 3 },
      ],
      { keys: ['id'], more: { required: ['id'] } },
    );
    expect(result.records('s')).toEqual([{ id: 1, purchases: { total: 2.5 } }, { id: 2, purchases: { total: 0 } }, { id: 3 }]);
    expect(result.records('lines')).toEqual([
      { id: 1, _position: 1, sku: 7, quantity: 1 },
      { id: 1, _position: 2, sku: 8 },
    ]);
    expect(result.records('addresses')).toEqual([{ id: 1, city: 'Oslo' }]);
    expect(result.schema('lines')).toMatchObject({
      key_properties: ['id', '_position'],
      schema: { properties: { id: { type: 'integer' }, _position: { type: ['integer'] } }, required: ['id', '_position', 'sku'] },
    });
    expect(result.schema('s')).not.toHaveProperty('schema.properties.address');
  });

  test('positions go on through lists of lists; null items keep their place', async () => {
    const matrix = { type: 'array', items: { type: 'array', items: { type: ['integer', 'null'] } } };
    const result = await run(
      { explode: { path: 'm[][]', into: 'cells' } },
      { id: INTEGER, m: matrix },
      [{ id: 1, m: [[1, null], [3]] }],
      { keys: ['id'] },
    );
    expect(result.records('cells')).toEqual([
      { id: 1, _position: 1, value: 1 },
      { id: 1, _position: 2, value: null },
      { id: 1, _position: 3, value: 3 },
    ]);
  });

  test('child records go through the rules of their own name', async () => {
    const result = await run(
      { explode: { path: 'purchases.lines[]', into: 'lines' } },
      ORDER,
      [{ id: 1, purchases: { lines: [{ sku: 7 }] } }],
      {
        keys: ['id'],
        others: { lines: { rename: { sku: 'article' }, alias: 'order_lines' } },
      },
    );
    expect(result.records('order_lines')).toEqual([{ id: 1, _position: 1, article: 7 }]);
  });

  test('nothing of a record that cannot be taken apart comes out, and the record is put aside', async () => {
    const result = await run(
      { explode: { path: 'purchases.lines[]', into: 'lines' } },
      ORDER,
      [
        { id: 1, purchases: { lines: [{ sku: 7 }, 'x'] } },
        { id: null, purchases: { lines: [{ sku: 7 }] } },
        { id: 2, purchases: { lines: [{ sku: 7, id: 9 }] } },
      ],
      { keys: ['id'] },
    );
    expect(result.records('lines')).toEqual([]);
    expect(result.records('s__quarantine')).toMatchObject([
      { _q_rule: 'wrong-kind' },
      { _q_rule: 'key-missing' },
      { _q_rule: 'name-taken' },
    ]);
  });

  test.each([
    ['without keys', { path: 'purchases.lines[]', into: 'lines' }, /parent_keys: is required/],
    [
      'of a field that is not there',
      { path: 'purchase.lines[]', into: 'lines', parent_keys: ['id'] },
      /did you mean purchases\.lines/,
    ],
    [
      'with a key that the items have too',
      { path: 'purchases.lines[]', into: 'lines', parent_keys: { id: 'sku' } },
      /two fields sku/,
    ],
    ['into the stream itself', { path: 'purchases.lines[]', into: 's', parent_keys: ['id'] }, /name of two streams/],
    ['of a list that is named without []', { path: 'purchases.lines', into: 'l', parent_keys: ['id'] }, /written with \[\]/],
  ])('%s it is refused', async (_, explode, message) => {
    await expect(run({ explode }, ORDER, [])).rejects.toThrow(message);
  });

  test('a version is activated for children without a record, too', async () => {
    const { messages } = await transform({ transforms: { s: { explode: { path: 'tags[]', into: 'tags' } } } }, [
      schemaOf('s', { id: INTEGER, tags: { type: 'array', items: TEXT } }, ['id']),
      { type: 'ACTIVATE_VERSION', stream: 's', version: 3 },
    ]);
    expect(messages.filter(({ type }) => type === 'ACTIVATE_VERSION').map(({ stream }) => stream)).toEqual(['s', 'tags']);
    expect(messages.filter(({ type }) => type === 'SCHEMA').map(({ stream }) => stream)).toEqual(['s', 'tags']);
  });
});

describe('then', () => {
  test('rules of a further round run after all others, whatever their usual order', async () => {
    const result = await run(
      { rename: { a: 'b' }, then: { fields: { b: 'upper' }, then: [{ rename: { b: 'c' } }, { fields: { c: 'lower' } }] } },
      { a: TEXT },
      [{ a: 'x' }],
    );
    expect(result.records()).toEqual([{ c: 'x' }]);
  });

  test('what is wrong in a round says where it stands', async () => {
    const wrong = { then: [{ renam: {} }, { personal: true }] };
    await expect(run(wrong, { a: TEXT }, [])).rejects.toThrow(
      /s\.then\[0\]\.renam:.*did you mean rename[^]*s\.then\[1\]\.personal/,
    );
  });
});
