import { describe, expect, test } from 'vitest';
import { ExactNumber, type JsonObject } from '../../../singer/index.ts';
import { recordOf, schemaOf, transform, type Transformed } from './run.ts';
import { expectValid } from './valid.ts';

const TEXT = { type: ['string', 'null'] };
const INTEGER = { type: 'integer' };

async function run(
  rules: JsonObject,
  properties: JsonObject,
  records: readonly JsonObject[],
  { keys = [], more = {} }: { keys?: readonly string[]; more?: JsonObject } = {},
): Promise<Transformed> {
  const result = await transform({ transforms: { s: rules } }, [
    schemaOf('s', properties, keys, more),
    ...records.map((record) => recordOf('s', record)),
  ]);
  expectValid(result);
  return result;
}

describe('flatten', () => {
  const ADDRESS = {
    type: ['object', 'null'],
    properties: { zip: INTEGER, 'a.b': INTEGER, geo: { type: 'object', properties: { lat: INTEGER }, required: ['lat'] } },
    required: ['zip'],
  };

  test('members of an object that may be null may be null; a null object makes all of them null, an absent one none', async () => {
    const result = await run(
      { flatten: true },
      { id: INTEGER, address: ADDRESS },
      [{ id: 1, address: { zip: 150, 'a.b': 2, geo: { lat: 60 } } }, { id: 2, address: null }, { id: 3 }],
      { more: { required: ['id', 'address'] } },
    );
    expect(result.records('s')).toEqual([
      { id: 1, address__zip: 150, 'address__a.b': 2, address__geo__lat: 60 },
      { id: 2, address__zip: null, 'address__a.b': null, address__geo__lat: null },
      { id: 3 },
    ]);
    expect(result.schema('s')).toMatchObject({
      schema: { properties: { address__zip: { type: ['integer', 'null'] } }, required: ['id'] },
    });
    expect(result.schema('s')).not.toHaveProperty('schema.properties.address');
  });

  test('members that every record has stay required', async () => {
    const geo = { type: 'object', properties: { lat: INTEGER, lon: INTEGER }, required: ['lat'] };
    const result = await run({ flatten: true }, { geo }, [{ geo: { lat: 1 } }], { more: { required: ['geo'] } });
    expect(result.schema('s')).toMatchObject({ schema: { properties: { geo__lat: INTEGER }, required: ['geo__lat'] } });
  });

  test('two fields with one name are refused at the SCHEMA', async () => {
    const twice = { a: { type: 'object', properties: { b: INTEGER } }, a__b: INTEGER };
    await expect(run({ flatten: true }, twice, [])).rejects.toThrow(/two fields would have the name a__b/);
    const other = await run({ flatten: { separator: '.' } }, twice, [{ a: { b: 1 }, a__b: 2 }]);
    expect(other.records('s')).toEqual([{ a__b: 2, 'a.b': 1 }]);
  });

  test('names of 255 characters stay whole unless max_key_length cuts them', async () => {
    const long = 'x'.repeat(255);
    const properties = { [long]: INTEGER, o: { type: 'object', properties: { [long]: INTEGER } } };
    const whole = await run({ flatten: true }, properties, [{ [long]: 1, o: { [long]: 2 } }]);
    expect(whole.records('s')).toEqual([{ [long]: 1, [`o__${long}`]: 2 }]);
    const cut = await run({ flatten: { max_key_length: 63 } }, properties, [{ o: { [long]: 2 } }]);
    const [name] = Object.keys(cut.records('s')[0] as JsonObject);
    expect(name).toMatch(/^o__x{51}_[0-9a-f]{8}$/);
  });

  test('only the paths that are named, only so deep', async () => {
    const nested = { type: 'object', properties: { b: { type: 'object', properties: { c: INTEGER } } } };
    const result = await run({ flatten: { paths: 'a', max_depth: 1 } }, { a: nested, d: nested }, [
      { a: { b: { c: 1 } }, d: { b: { c: 2 } } },
    ]);
    expect(result.records('s')).toEqual([{ d: { b: { c: 2 } }, a__b: { c: 1 } }]);
    await expect(run({ flatten: ['adress'] }, { address: nested }, [])).rejects.toThrow(/did you mean address/);
  });

  test('another kind of value is put aside', async () => {
    const result = await run({ flatten: true }, { o: { type: 'object', properties: { a: INTEGER } } }, [
      { o: 'x' },
      { o: { a: 1 } },
    ]);
    expect(result.records('s')).toEqual([{ o__a: 1 }]);
    expect(result.records('s__quarantine')).toMatchObject([{ _q_field: 'o' }]);
  });
});

describe('pack', () => {
  test('fields that the schema does not name go along, numbers stay exact', async () => {
    const packed = await transform({ transforms: { s: { pack: { into: 'data', keep: 'at' } } } }, [
      { ...schemaOf('s', { id: INTEGER, at: TEXT, n: {} }, ['id'], { required: ['id', 'n'] }) },
      '{"type":"RECORD","stream":"s","record":{"n":1.10,"id":1,"x":1e400,"__proto__":2,"at":"t"}}',
    ]);
    expect(packed.text).toContain('"record":{"id":1,"at":"t","data":{"n":1.10,"x":1e400,"__proto__":2}}');
    expect(packed.text).toContain('"required":["id","data"]');
    expect(packed.schema('s')).toMatchObject({ key_properties: ['id'] });
  });

  test('what was hidden is hidden in the object', async () => {
    const result = await run(
      { fields: { a: 'redact' }, pack: 'data', keys: ['k'] },
      { k: TEXT, a: TEXT },
      [{ k: null, a: 'secret' }],
      { keys: ['k'] },
    );
    expect(result.text).not.toContain('secret');
  });
});

describe('parse_json', () => {
  test('other rules reach what is in the text', async () => {
    const payload = { type: 'object', properties: { email: TEXT, n: { type: 'number' } } };
    const rules = { parse_json: { payload }, fields: { 'payload.email': 'redact' }, rename: { 'payload.n': 'count' } };
    const result = await run(rules, { payload: TEXT }, [
      { payload: '{"email":"ada@example.com","n":1.50}' },
      { payload: '{"email":' },
      { payload: '{"email":"bob@example.com","n":"many"}' },
      { payload: '"eve@example.com"' },
      { payload: null },
    ]);
    expect(result.records('s')).toEqual([{ payload: { email: 'REDACTED', count: new ExactNumber('1.50') } }, { payload: null }]);
    expect(result.records('s__quarantine')).toMatchObject([
      { _q_rule: 'not-json' },
      { _q_rule: 'json-schema' },
      { _q_rule: 'json-schema' },
    ]);
    expect(result.text).not.toContain('example.com');
  });

  test('without a schema anything may come out, in lists too', async () => {
    const result = await run({ parse_json: ['a'] }, { a: TEXT }, [{ a: '[1,{"x":null}]' }, { a: 'null' }, { a: '2' }]);
    expect(result.records('s')).toEqual([{ a: [1, { x: null }] }, { a: null }, { a: 2 }]);
    const list = { type: 'array', items: { type: 'object', properties: { b: { type: 'string' } } } };
    const nested = await run({ parse_json: 'l[].b' }, { l: list }, [{ l: [{ b: '{"c":1}' }, {}] }]);
    expect(nested.records('s')).toEqual([{ l: [{ b: { c: 1 } }, {}] }]);
  });
});

describe('split and concat', () => {
  test('parts of a hidden value are parts of what it was made to be', async () => {
    const result = await run(
      { fields: { name: 'redact' }, split: { field: 'name', by: ' ', into: ['first', 'last'] } },
      { name: TEXT },
      [{ name: 'Ada Lovelace' }],
    );
    expect(result.records('s')).toEqual([{ name: 'REDACTED', first: 'REDACTED', last: null }]);
  });

  test('a text that the pattern does not match is put aside', async () => {
    const result = await run({ split: { field: 'a', pattern: '(\\d+)-(\\d+)', into: ['x', 'y'] } }, { a: TEXT }, [
      { a: '1-2' },
      { a: '1-2-3' },
      { a: null },
      {},
    ]);
    expect(result.records('s')).toEqual([{ a: '1-2', x: '1', y: '2' }, { a: null, x: null, y: null }, {}]);
    expect(result.records('s__quarantine')).toMatchObject([{ _q_rule: 'no-match' }]);
  });

  test('a field that the record has already is not overwritten', async () => {
    const split = await run({ split: { field: 'a', by: '-', into: ['x'] } }, { a: TEXT }, [{ a: '1', x: 2 }]);
    expect(split.records('s__quarantine')).toMatchObject([{ _q_rule: 'name-taken' }]);
    const concat = await run({ concat: { fields: ['a'], into: 'x' } }, { a: TEXT }, [{ a: '1', x: 2 }]);
    expect(concat.records('s__quarantine')).toMatchObject([{ _q_rule: 'name-taken' }]);
  });

  test('a text of several fields has numbers as they came', async () => {
    const { text } = await transform({ transforms: { s: { concat: [{ fields: ['a', 'o.b', 'c'], with: '-', into: 'k' }] } } }, [
      schemaOf('s', { a: {}, o: { type: 'object', properties: { b: {} } }, c: {} }),
      '{"type":"RECORD","stream":"s","record":{"a":1.10,"o":{"b":true},"c":""}}',
    ]);
    expect(text).toContain('"k":"1.10-true"');
  });
});

describe('move and to_json', () => {
  const properties = { o: { type: ['object', 'null'], properties: { a: INTEGER, b: INTEGER }, required: ['a'] }, n: {} };

  test('what is absent makes no field, what is there leaves its object', async () => {
    const result = await run({ move: { 'o.a': 'a' } }, properties, [
      { o: { a: 1, b: 2 } },
      { o: null },
      { o: { b: 2 } },
      { o: { a: 1 }, a: 9 },
    ]);
    expect(result.records('s')).toEqual([{ o: { b: 2 }, a: 1 }, { o: null }, { o: { b: 2 } }]);
    expect(result.records('s__quarantine')).toMatchObject([{ _q_rule: 'name-taken' }]);
    await expect(run({ move: { 'o.a': 'n' } }, properties, [])).rejects.toThrow(/would have the name n/);
    await expect(run({ move: { o: 'p' } }, properties, [])).rejects.toThrow(/one member of a nested object/);
  });

  test('numbers stay exact in the text', async () => {
    const { text } = await transform({ transforms: { s: { to_json: 'n' } } }, [
      schemaOf('s', properties),
      '{"type":"RECORD","stream":"s","record":{"n":{"x":1.10,"y":12345678901234567890}}}',
    ]);
    expect(text).toContain(String.raw`"n":"{\"x\":1.10,\"y\":12345678901234567890}"`);
  });
});

describe('sample and limit', () => {
  test('a sample is about as large as its rate, the same in each run, and keeps rows together that have one value', async () => {
    const records = Array.from({ length: 4000 }, (_, id) => ({ id, group: id % 1000 }));
    const rules = { sample: { rate: 0.25, by: 'group' } };
    const first = (await run(rules, { id: INTEGER, group: INTEGER }, records)).records('s') as readonly JsonObject[];
    const again = (await run(rules, { id: INTEGER, group: INTEGER }, records.toReversed())).records('s') as readonly JsonObject[];
    const ids = (rows: readonly JsonObject[]): number[] => rows.map(({ id }) => id as number).toSorted((a, b) => a - b);
    expect(ids(first)).toEqual(ids(again));
    expect(first.length).toBeGreaterThan(800);
    expect(first.length).toBeLessThan(1200);
    expect(first.length).toBe(4 * new Set(first.map(({ group }) => group)).size);
  });

  test('a limit holds over a new SCHEMA, and what it leaves out is counted', async () => {
    const result = await transform({ transforms: { s: { limit: 2 } } }, [
      schemaOf('s', { a: INTEGER }),
      recordOf('s', { a: 1 }),
      schemaOf('s', { a: INTEGER, b: {} }),
      ...[2, 3, 4].map((a) => recordOf('s', { a })),
    ]);
    expect(result.records('s')).toEqual([{ a: 1 }, { a: 2 }]);
    expect(result.log.lines.at(-1)?.fields).toMatchObject({ 'left out by limit': 2 });
  });
});
