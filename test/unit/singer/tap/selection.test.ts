import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JsonObject, JsonSchema } from '../../../../singer/json.ts';
import { breadcrumbKey, selectProperties } from '../../../../singer/tap/selection.ts';
import type { Cut } from '../../../../singer/tap/schema-tree.ts';

type Entries = readonly (readonly [readonly string[], JsonObject])[];

function select(schema: JsonSchema, entries: Entries, always: readonly string[] = []): ReturnType<typeof selectProperties> {
  return selectProperties(schema, new Map(entries.map(([path, metadata]) => [breadcrumbKey(path), metadata])), new Set(always));
}

function chosen(schema: JsonSchema, entries: Entries, always: readonly string[] = []): unknown {
  return outline(select(schema, entries, always).columns);
}

function outline(fields: ReadonlyMap<string, Cut | undefined>): unknown {
  return Object.fromEntries([...fields].map(([name, cut]) => [name, cutOutline(cut)]));
}

function cutOutline(cut: Cut | undefined): unknown {
  if (cut === undefined) return 'whole';
  if (cut.fields === undefined) return { '[]': cutOutline(cut.items) };
  return outline(cut.fields);
}

const one: JsonSchema = { type: 'object', properties: { a: { type: 'string' } } };
const path = (...names: string[]): string[] => names.flatMap((name) => ['properties', name]);

describe('the selection of a property', () => {
  // [inclusion, selected, selected-by-default, emitted]
  const table: readonly [string | undefined, boolean | undefined, boolean | undefined, boolean][] = [
    ['unsupported', true, true, false],
    ['unsupported', undefined, undefined, false],
    ['automatic', false, false, true],
    ['automatic', undefined, undefined, true],
    ['available', true, false, true],
    ['available', false, true, false],
    ['available', undefined, true, true],
    ['available', undefined, false, false],
    ['available', undefined, undefined, true],
    [undefined, true, undefined, true],
    [undefined, false, undefined, false],
    [undefined, undefined, false, false],
    [undefined, undefined, undefined, true],
  ];
  it.each(table)('inclusion %s, selected %s, selected-by-default %s: emitted %s', (inclusion, selected, byDefault, emitted) => {
    const metadata = {
      ...(inclusion !== undefined && { inclusion }),
      ...(selected !== undefined && { selected }),
      ...(byDefault !== undefined && { 'selected-by-default': byDefault }),
    };
    expect(chosen(one, [[path('a'), metadata]])).toEqual(emitted ? { a: 'whole' } : {});
  });

  it('is the same without an entry as by default', () => {
    expect(chosen(one, [])).toEqual({ a: 'whole' });
  });

  it('keeps a key that is deselected, but never one that is unsupported', () => {
    expect(chosen(one, [[path('a'), { selected: false }]], ['a'])).toEqual({ a: 'whole' });
    expect(chosen(one, [[path('a'), { inclusion: 'unsupported' }]], ['a'])).toEqual({});
  });

  it('counts an old `selected` inside the schema unless the metadata says otherwise', () => {
    const old: JsonSchema = {
      type: 'object',
      properties: { a: { selected: false }, b: { selected: true }, c: { inclusion: 'unsupported' } },
    };
    expect(chosen(old, [])).toEqual({ b: 'whole' });
    expect(chosen(old, [[path('a'), { selected: true }], [path('b'), { selected: false }]])).toEqual({ a: 'whole' }); // prettier-ignore
  });

  it('hits names that look like keywords, paths or nothing exactly', () => {
    const names = ['properties', 'items', 'a.b', 'a-b', 'a b', 'ü😀', '', '__proto__', 'constructor', 'a'];
    const schema: JsonSchema = {
      type: 'object',
      properties: Object.fromEntries(names.map((name) => [name, { type: 'string' }])),
    };
    for (const name of names) {
      const selection = select(schema, [[path(name), { selected: false }]]);
      expect([...selection.columns.keys()]).toEqual(names.filter((other) => other !== name));
      expect(Object.keys(selection.schema['properties'] as object)).toEqual(names.filter((other) => other !== name));
    }
  });
});

const nested: JsonSchema = {
  type: 'object',
  required: ['id', 'addr'],
  properties: {
    id: { type: 'integer' },
    addr: {
      type: ['null', 'object'],
      required: ['city', 'zip'],
      properties: {
        city: { type: 'string' },
        zip: { type: 'string' },
        geo: { type: 'object', properties: { lat: {}, lon: {} } },
      },
    },
  },
};
const none: Entries = [
  path('id'),
  path('addr'),
  path('addr', 'city'),
  path('addr', 'zip'),
  path('addr', 'geo'),
  path('addr', 'geo', 'lat'),
  path('addr', 'geo', 'lon'),
].map((p) => [p, { inclusion: 'available', selected: false }]);
const all: Entries = none.map(([p]) => [p, { selected: true }]);
/** The entries with some of them changed, as Meltano's rules do. */
function marked(entries: Entries, selected: boolean, ...paths: string[][]): Entries {
  return [...entries, ...paths.map((p) => [p, { selected }] as const)];
}

describe('the selection inside objects', () => {
  it('takes an object whole when it is selected and all inside it deselected, as Meltano writes `s.addr`', () => {
    const entries = marked(none, true, path('addr'));
    expect(chosen(nested, entries)).toEqual({ addr: 'whole' });
    expect(select(nested, entries).notes).toHaveLength(1);
    expect((select(nested, entries).schema['properties'] as JsonObject)['addr']).toEqual(
      (nested['properties'] as JsonObject)['addr'],
    );
  });

  it('leaves an object out that is selected only by default when all inside it is deselected', () => {
    expect(
      chosen(
        nested,
        none.filter(([p]) => p.length !== 2),
      ),
    ).toEqual({ id: 'whole' });
  });

  it('leaves the unsupported out of such a whole object', () => {
    const entries: Entries = [...marked(none, true, path('addr')), [path('addr', 'zip'), { inclusion: 'unsupported' }]];
    expect(chosen(nested, entries)).toEqual({ addr: { city: 'whole', geo: 'whole' } });
  });

  it('takes `s.addr.city` alone, whether or not the object itself is marked', () => {
    for (const entries of [marked(none, true, path('addr', 'city')), marked(none, true, path('addr'), path('addr', 'city'))]) {
      const { schema, columns } = select(nested, entries);
      expect(outline(columns)).toEqual({ addr: { city: 'whole' } });
      expect(schema).toEqual({
        type: 'object',
        required: ['addr'],
        properties: { addr: { type: ['null', 'object'], required: ['city'], properties: { city: { type: 'string' } } } },
      });
    }
  });

  it('takes `s.addr.geo` whole inside an object that is otherwise left out', () => {
    expect(chosen(nested, marked(none, true, path('addr', 'geo')))).toEqual({ addr: { geo: 'whole' } });
  });

  it('leaves a deselected object out although all inside it is selected, as `*.*` with `!s.addr` writes it', () => {
    expect(chosen(nested, marked(all, false, path('addr')))).toEqual({ id: 'whole' });
  });

  it('leaves one property out of an object', () => {
    expect(chosen(nested, [[path('addr', 'geo', 'lat'), { selected: false }]])).toEqual({
      id: 'whole',
      addr: { city: 'whole', zip: 'whole', geo: { lon: 'whole' } },
    });
  });

  it('gives children the answer of their parent', () => {
    expect(chosen(nested, [[path('addr'), { selected: false }]])).toEqual({ id: 'whole' });
    expect(chosen(nested, [[path('addr'), { 'selected-by-default': false }], [path('addr', 'zip'), { selected: true }]])).toEqual({
      id: 'whole',
      addr: { zip: 'whole' },
    }); // prettier-ignore
  });

  it('reaches through arrays of objects and through branches', () => {
    const schema: JsonSchema = {
      type: 'object',
      properties: {
        lines: {
          anyOf: [
            { type: 'array', items: { type: 'object', required: ['sku', 'qty'], properties: { sku: {}, qty: {} } } },
            { type: 'null' },
          ],
        },
      },
    };
    const { schema: cut, columns } = select(schema, [
      [['properties', 'lines', 'items', 'properties', 'qty'], { selected: false }],
    ]);
    expect(outline(columns)).toEqual({ lines: { '[]': { sku: 'whole' } } });
    expect(cut['properties']).toEqual({
      lines: {
        anyOf: [{ type: 'array', items: { type: 'object', required: ['sku'], properties: { sku: {} } } }, { type: 'null' }],
      },
    });
  });

  it('emits a property if and only if its own mark says so, where every object has all its marks', () => {
    const name = fc.constantFrom('a', 'b', 'properties', 'items', 'x.y', '', 'é');
    const { tree } = fc.letrec<{ tree: Record<string, unknown> }>((tie) => ({
      tree: fc.dictionary(name, fc.oneof({ depthSize: 'small' }, fc.constant('leaf'), tie('tree')), { maxKeys: 4 }),
    }));
    const check = fc.property(tree, fc.infiniteStream(fc.boolean()), (shape, coins) => {
      const entries: [string[], JsonObject][] = [];
      // Leaves get a mark by the toss of a coin; objects are marked when something inside is.
      const build = (node: unknown, at: string[]): { schema: JsonSchema; expected: unknown } => {
        if (typeof node !== 'object' || node === null) {
          const selected = coins.next().value;
          entries.push([at, { selected }]);
          return { schema: { type: 'string' }, expected: selected ? 'leaf' : undefined };
        }
        const members = Object.entries(node).map(([key, child]) => [key, build(child, [...at, 'properties', key])] as const);
        const kept = members.filter(([, member]) => member.expected !== undefined);
        if (at.length > 0) entries.push([at, { selected: kept.length > 0 }]);
        return {
          schema: { type: 'object', properties: Object.fromEntries(members.map(([key, member]) => [key, member.schema])) },
          expected:
            kept.length > 0 || at.length === 0
              ? Object.fromEntries(kept.map(([key, member]) => [key, member.expected]))
              : undefined,
        };
      };
      const { schema, expected } = build(shape, []);
      const leaves = (cut: JsonSchema): unknown =>
        cut['type'] === 'string'
          ? 'leaf'
          : Object.fromEntries(
              Object.entries(cut['properties'] as Record<string, JsonSchema>).map(([key, child]) => [key, leaves(child)]),
            );
      expect(leaves(select(schema, entries).schema)).toEqual(expected);
    });
    fc.assert(check, { numRuns: 300 });
  });
});
