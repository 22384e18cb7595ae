import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ConfigError, RecordError } from '../../../../singer/errors.ts';
import { parseExact, stringifyExact } from '../../../../singer/json-text.ts';
import type { Json, JsonObject, Row } from '../../../../singer/json.ts';
import { flattenHeader, type Flattened } from '../../../../singer/target/flatten.ts';
import { flattenOptions, flattenProblems } from '../../../../singer/target/flatten-settings.ts';
import { columnsOf, resolveSchema } from '../../../../singer/target/schema.ts';

const OPTIONS = { maxDepth: 10, separator: '__', maxNameBytes: 255 };

function flatten(properties: object, more: object = {}, options = {}, keys: string[] = []): Flattened | undefined {
  const schema = resolveSchema({ type: 'object', properties, ...more })!;
  return flattenHeader(
    { stream: 's', schema, columns: columnsOf(schema), keys, notesChanges: false },
    { ...OPTIONS, ...options },
  );
}

const object = (properties: object, more: object = {}): object => ({ type: 'object', properties, ...more });
const INTEGER = { type: 'integer' };
const STRING = { type: 'string' };

function namesOf(flat: Flattened | undefined): string[] | undefined {
  return flat?.header.columns.map(({ name }) => name);
}

describe('the settings of flattening', () => {
  const given = { flattening_enabled: true, flattening_max_depth: 2, flattening_separator: '.', flattening_max_key_length: 50 };

  test('are read when it is on', () => {
    expect(flattenOptions(given)).toEqual({ maxDepth: 2, separator: '.', maxNameBytes: 50 });
    expect(flattenOptions({ ...given, flattening_enabled: false })).toBeUndefined();
  });

  test('ask for a depth', () => {
    expect(() => flattenOptions({ ...given, flattening_max_depth: undefined })).toThrow(ConfigError);
    expect(flattenProblems([{}, { flattening_enabled: true }])).toMatchObject([{ path: 'flattening_max_depth' }]);
    expect(flattenProblems([{ flattening_max_depth: 1 }, { flattening_enabled: true }])).toEqual([]);
    expect(flattenProblems([{ flattening_enabled: false }])).toEqual([]);
  });
});

describe('a flattened schema', () => {
  test('has the members of objects down to the depth; what is deeper, arrays and open objects stay whole', () => {
    const properties = {
      id: INTEGER,
      a: object({ b: STRING, c: object({ d: INTEGER, e: object({ f: STRING }) }) }),
      open: { type: 'object' },
      empty: object({}),
      typeless: { properties: { x: STRING } },
      list: { type: 'array', items: object({ x: STRING }) },
      either: { type: ['object', 'string'], properties: { x: STRING } },
    };
    expect(namesOf(flatten(properties, {}, { maxDepth: 2 }))).toEqual([
      ...['id', 'a__b', 'a__c__d', 'a__c__e', 'open', 'empty', 'typeless', 'list', 'either'],
    ]);
    expect(namesOf(flatten(properties, {}, { maxDepth: 1, separator: '.' }))).toEqual([
      ...['id', 'a.b', 'a.c', 'open', 'empty', 'typeless', 'list', 'either'],
    ]);
    expect(flatten(properties, {}, { maxDepth: 0 })).toBeUndefined();
    expect(flatten({ id: INTEGER, open: { type: 'object' } })).toBeUndefined();
  });

  test('allows null where an object above may be null or absent', () => {
    const inner = { i: INTEGER, e: { type: 'string', enum: ['x'] }, n: { type: ['null', 'string'], format: 'date' } };
    const flat = flatten(
      {
        sure: object(inner, { required: ['i'] }),
        absent: object(inner),
        nullable: { ...object(inner), type: ['null', 'object'] },
        nested: object({ sure: object(inner, { required: ['i'] }) }, { required: ['sure'] }),
      },
      { required: ['sure', 'nullable', 'nested'] },
    )!;
    const columns = new Map(flat.header.columns.map((column) => [column.name, [column.type, column.nullable]]));
    expect(Object.fromEntries(columns)).toEqual({
      sure__i: ['integer', false],
      sure__e: ['string', false],
      sure__n: ['date', true],
      absent__i: ['integer', true],
      absent__e: ['string', true],
      absent__n: ['date', true],
      nullable__i: ['integer', true],
      nullable__e: ['string', true],
      nullable__n: ['date', true],
      nested__sure__i: ['integer', false],
      nested__sure__e: ['string', false],
      nested__sure__n: ['date', true],
    });
    expect(flat.header.schema['required']).toEqual(['sure__i', 'nested__sure__i']);
  });

  test('reads branches: of anyOf with null, of several objects, of allOf, behind references', () => {
    const flat = flatten(
      {
        a: { anyOf: [object({ x: INTEGER }), { type: 'null' }] },
        b: { oneOf: [object({ x: INTEGER }), object({ x: STRING, y: STRING })] },
        c: { allOf: [object({ x: INTEGER }, { required: ['x'] }), { properties: { y: STRING } }] },
        d: { $ref: '#/definitions/d' },
        tree: { $ref: '#/definitions/tree' },
      },
      { definitions: { d: object({ x: INTEGER }), tree: object({ v: INTEGER, left: { $ref: '#/definitions/tree' } }) } },
    )!;
    expect(flat.header.columns.map(({ name, type }) => `${name} ${type}`)).toEqual([
      ...['a__x integer', 'b__x string', 'b__y string', 'c__x integer', 'c__y string', 'd__x integer', 'tree__v integer'],
      'tree__left json',
    ]);
  });

  test('gives names that clash or are too long a hash of their source, whatever the order', () => {
    const long = 'n'.repeat(30);
    const properties = {
      a__b: INTEGER,
      a: object({ b: STRING, [long]: STRING, ok: STRING }),
      x: object({ y__z: STRING }),
      x__y: object({ z: STRING }),
    };
    const names = namesOf(flatten(properties, {}, { maxNameBytes: 20 }))!;
    expect(names).toEqual([
      'a__b',
      expect.stringMatching(/^a__b_[\da-f]{8}$/),
      expect.stringMatching(/^a__n{8}_[\da-f]{8}$/),
      'a__ok',
      expect.stringMatching(/^x__y__z_[\da-f]{8}$/),
      expect.stringMatching(/^x__y__z_[\da-f]{8}$/),
    ]);
    expect(new Set(names).size).toBe(names.length);
    const turned = flatten(Object.fromEntries(Object.entries(properties).toReversed()), {}, { maxNameBytes: 20 });
    expect(namesOf(turned)!.toSorted()).toEqual(names.toSorted());
  });

  test('keeps a key that is an object whole, and knows keys by their flattened names', () => {
    const properties = { k: object({ x: INTEGER }), a: object({ id: INTEGER }) };
    const flat = flatten(properties, {}, {}, ['k', 'a__id'])!;
    expect([namesOf(flat), flat.header.keys]).toEqual([
      ['k', 'a__id'],
      ['k', 'a__id'],
    ]);
    const clash = flatten({ ...properties, a__i: object({ d: INTEGER }), a: object({ i__d: INTEGER }) }, {}, {}, ['k'])!;
    expect(clash.header.keys).toEqual(['k']);
  });
});

describe('a reshaped record', () => {
  test('has each member in its column', () => {
    const flat = flatten({ id: INTEGER, a: object({ b: object({ c: INTEGER, d: STRING }), l: { type: 'array' } }) })!;
    const reshape = (text: string): string => stringifyExact(flat.reshape(parseExact(text) as Row));
    expect(reshape('{"id":1.0,"a":{"l":[1.50],"b":{"c":12345678901234567890,"d":"x"}}}')).toBe(
      '{"id":1.0,"a__l":[1.50],"a__b__c":12345678901234567890,"a__b__d":"x"}',
    );
    expect(reshape('{"a":null,"id":1}')).toBe('{"a__b__c":null,"a__b__d":null,"a__l":null,"id":1}');
    expect(reshape('{"a":{"b":null}}')).toBe('{"a__b__c":null,"a__b__d":null}');
    expect(reshape('{"a":{}}')).toBe('{}');
  });

  test('keeps fields that the schema does not name, and hides no column behind them', () => {
    const flat = flatten({ a: object({ b: INTEGER }) })!;
    const row = flat.reshape({ a: { b: 1, x: 2 }, a__b: 3, a__x: 4, deep: { y: 1 } });
    const names = Object.keys(row);
    expect(Object.values(row)).toEqual([1, 2, 3, 4, { y: 1 }]);
    expect(names).toEqual(['a__b', 'a__x', expect.stringMatching(/^a__b_/), expect.stringMatching(/^a__x_/), 'deep']);
  });

  test('is refused where something else stands than an object', () => {
    const flat = flatten({ a: object({ b: object({ c: STRING }) }) })!;
    for (const bad of [5, 'secret', [], true, parseExact('1.0')] as Json[]) {
      const fault = ((): unknown => {
        try {
          return flat.reshape({ a: { b: bad } });
        } catch (error) {
          return error;
        }
      })();
      expect(fault).toBeInstanceOf(RecordError);
      expect(fault).toMatchObject({ code: 'record-not-flat', facts: { stream: 's', property: 'a', path: '/a/b' } });
      expect(String(fault)).not.toContain('secret');
    }
  });

  test('may have any name, __proto__ too', () => {
    const flat = flatten(JSON.parse('{"a":{"type":"object","properties":{"b":{}}},"__proto__":{"type":"integer"}}') as object)!;
    const row = flat.reshape(JSON.parse('{"__proto__":1,"a":{"__proto__":2,"b":3}}') as Row);
    expect(JSON.stringify(row)).toBe('{"__proto__":1,"a____proto__":2,"a__b":3}');
  });

  /** Trees of properties with nasty names, and a record for each. */
  const name = fc.constantFrom('a', 'b', 'a__b', 'b__a', '_', '', '__', '__proto__', 'constructor', 'ä', 'l'.repeat(20));
  interface Tree {
    readonly [name: string]: Tree | null;
  }
  const { tree } = fc.letrec<{ tree: Tree }>((tie) => ({
    tree: fc.dictionary(name, fc.oneof({ depthSize: 'small' }, fc.constant(null), tie('tree')), {
      maxKeys: 4,
      noNullPrototype: true,
    }),
  }));
  const schemaOf = (node: Tree): Record<string, unknown> =>
    Object.fromEntries(Object.entries(node).map(([key, below]) => [key, below === null ? {} : object(schemaOf(below))]));
  const recordOf = (node: Tree): fc.Arbitrary<Json> =>
    fc.record(
      Object.fromEntries(
        Object.entries(node).map(([key, below]) => [
          key,
          below === null || Object.keys(below).length === 0 ? fc.constantFrom(1, 'x', false, [1]) : recordOf(below),
        ]),
      ),
      { noNullPrototype: true },
    ) as fc.Arbitrary<Json>;
  const leafPaths = (node: Tree, above: string[] = []): string[][] =>
    Object.entries(node).flatMap(([key, below]) =>
      below === null || Object.keys(below).length === 0 ? [[...above, key]] : leafPaths(below, [...above, key]),
    );
  const at = (value: Json | undefined, path: readonly string[]): Json | undefined =>
    path.reduce<Json | undefined>((node, key) => (node as JsonObject)[key], value);

  test('holds every value that the schema names, each in a column of its own', () => {
    fc.assert(
      fc.property(
        tree.chain((node) => fc.tuple(fc.constant(node), recordOf(node))),
        fc.integer({ min: 16, max: 30 }),
        ([node, record], maxNameBytes) => {
          const flat = flatten(schemaOf(node), {}, { maxNameBytes });
          if (flat === undefined) return;
          const paths = leafPaths(node);
          const names = namesOf(flat)!;
          expect(new Set(names).size).toBe(paths.length);
          const row = flat.reshape(record as Row);
          const entries = new Map(Object.entries(row));
          expect(entries.size).toBe(paths.length);
          paths.forEach((path, i) => expect(entries.get(names[i]!)).toEqual(at(record, path)));
        },
      ),
    );
  });
});
