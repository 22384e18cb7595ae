import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { NESTED } from '../../../scripts/types.mjs';
import type { FieldResource } from '../../../clients/bigquery/resources.ts';
import type { Json } from '../../../singer/index.ts';
import { columnNames } from '../../../targets/bigquery/names/names.ts';
import { mergeRows, ORDER, replaceRows, type MergedColumn } from '../../../targets/bigquery/statements/merge.ts';
import { emptyRows } from '../../../targets/bigquery/statements/probe.ts';
import { qualified } from '../../../targets/bigquery/statements/quote.ts';
import { TYPES, type ColumnType, type Member } from '../../../targets/bigquery/types/types.ts';
import target from '../../../targets/bigquery/index.ts';
import type { BigQueryDouble } from '../../support/bigquery/double.ts';
import { loadInto, record, schema, startDouble, state } from '../../support/bigquery/load-into.ts';
import { describeWithLocalBigQuery } from '../../support/bigquery/local-bigquery.ts';
import { analyze, describeWithAnalyzer, type AnalyzedTable } from '../../support/googlesql/analyze.ts';
import { through } from '../../support/through.ts';

const settings = { add_record_metadata: false, nested: 'struct' };
const ID = { id: { type: 'integer' } };
const string = { type: ['string', 'null'] };
const object = (properties: object, more: object = {}): object => ({ type: ['object', 'null'], properties, ...more });
const array = (items: object): object => ({ type: ['array', 'null'], items });

/** The columns as text: `a RECORD(b INTEGER, c STRING[])`. */
const shapeOf = (fields: readonly FieldResource[]): string =>
  fields
    .map(({ fields: members, mode, name, type }) => {
      const within = members === undefined ? '' : `(${shapeOf(members)})`;
      return `${name} ${type}${within}${mode === 'REPEATED' ? '[]' : ''}`;
    })
    .join(', ');
const shape = (double: BigQueryDouble): string => shapeOf(double.fields('d', 't').filter(({ name }) => name !== 'id'));
const values = (double: BigQueryDouble): unknown[] =>
  double.rows('d', 't').map((row) => Object.fromEntries(Object.entries(row).filter(([name]) => name !== 'id')));

async function loaded(property: object, ...rows: Json[]): Promise<BigQueryDouble> {
  const double = await startDouble();
  const messages = [schema('t', { ...ID, x: property }), ...rows.map((x, id) => record('t', { id, x }))];
  await loadInto(double, messages, { settings });
  return double;
}

describe('nested: struct', () => {
  test.each([
    ['an object', object({ a: { type: 'integer' }, b: string }), 'x RECORD(a INTEGER, b STRING)'],
    ['an object in an object', object({ a: object({ b: { type: 'boolean' } }) }), 'x RECORD(a RECORD(b BOOLEAN))'],
    ['a list of texts', array(string), 'x STRING[]'],
    ['a list of times', array({ type: 'string', format: 'date-time' }), 'x TIMESTAMP[]'],
    ['a list of objects', array(object({ a: array({ type: 'number' }) })), 'x RECORD(a FLOAT[])[]'],
    ['an object that may be null', { anyOf: [object({ a: string }), { type: 'null' }] }, 'x RECORD(a STRING)'],
    ['a list that may be null', { anyOf: [array({ type: 'integer' }), { type: 'null' }] }, 'x INTEGER[]'],
    ['an object without members', { type: 'object' }, 'x JSON'],
    ['an object that others may come to', object({ a: string }, { additionalProperties: true }), 'x JSON'],
    ['an object with members of any name', object({ a: string }, { patternProperties: { '^x': {} } }), 'x JSON'],
    ['a closed object', object({ a: string }, { additionalProperties: false }), 'x RECORD(a STRING)'],
    ['a list of anything', { type: 'array' }, 'x JSON'],
    ['a list of lists', array(array({ type: 'integer' })), 'x JSON'],
    ['a list of objects without members', array({ type: 'object' }), 'x JSON'],
    ['members of which BigQuery takes no such names', object({ 'a b': string, 'A-B': string }), expect.stringMatching(/^x RECORD\(a_b_\w+ STRING, A_B STRING\)$/)],
    ['a member that is null only', object({ a: { type: 'null' }, b: string }), 'x RECORD(b STRING)'],
    ['decimals and bytes', object({ a: { type: 'number', multipleOf: 0.01 }, b: { type: 'string', contentEncoding: 'base64' } }), 'x RECORD(a NUMERIC, b BYTES)'],
  ])('%s', async (_, property, columns) => {
    expect(shape(await loaded(property))).toEqual(columns);
  }); // prettier-ignore

  test('values come as they are, by both lanes', async () => {
    const property = object({
      n: { type: ['integer', 'null'] },
      list: array(object({ at: { type: 'string', format: 'date' }, s: string })),
    });
    const value = {
      n: 9_007_199_254_740_991,
      list: [
        { at: '2026-01-02', s: 'é "x"' },
        { at: '2026-01-03', s: null },
      ],
    };
    for (const lane of ['fast', 'general'] as const) {
      const double = await startDouble();
      const messages = [
        schema('t', { ...ID, x: property }),
        ...[value, null, {}, { list: [] }].map((x, id) => record('t', { id, x })),
      ];
      await loadInto(double, messages, { settings, lane });
      expect(values(double)).toEqual([
        {
          x: {
            n: '9007199254740991',
            list: [
              { at: '2026-01-02', s: 'é "x"' },
              { at: '2026-01-03', s: null },
            ],
          },
        },
        { x: null },
        { x: { n: null, list: [] } },
        { x: { n: null, list: [] } },
      ]);
    }
  });

  test('a deep object is STRUCT as far as BigQuery takes it, and JSON below', async () => {
    let property = object({ leaf: string });
    let value: Json = { leaf: 'x' };
    for (let level = 0; level < 20; level++) [property, value] = [object({ a: property }), { a: value }];
    const double = await loaded(property, value);
    expect(shape(double).match(/RECORD/g)).toHaveLength(15);
    expect(shape(double)).toContain('JSON');
  });

  test('nulls in a list and members that the schema does not name are left out, noted and told', async () => {
    const double = await startDouble();
    const properties = { ...ID, tags: array(string), o: object({ a: string }) };
    const rows = [
      { id: 1, tags: ['a', null, 'b'], o: { a: 'x', b: 5 } },
      { id: 2, tags: [null], o: { b: null } },
    ];
    const { warnings } = await loadInto(double, [schema('t', properties), ...rows.map((row) => record('t', row))], {
      settings: { nested: 'struct' },
    });
    expect(double.rows('d', 't')).toMatchObject([
      {
        tags: ['a', 'b'],
        o: { a: 'x' },
        _sdc_changes: [
          { column: 'tags', reason: 'null-item-dropped', old: '["a",null,"b"]' },
          { column: 'o.b', reason: 'unnamed-member-dropped', old: '5' },
        ],
      },
      { tags: [], o: { a: null }, _sdc_changes: [{ column: 'tags', reason: 'null-item-dropped' }] },
    ]);
    expect(JSON.stringify(warnings)).toContain('null-item-dropped');
    expect(JSON.stringify(warnings)).toContain('unnamed-member-dropped');
  });

  test('a value that a member cannot hold goes by on_bad_record, with its path', async () => {
    const double = await startDouble();
    const messages = [schema('t', { ...ID, x: object({ n: { type: 'integer' } }) }), record('t', { id: 1, x: { n: 1e300 } })];
    await expect(loadInto(double, messages, { settings })).rejects.toMatchObject({ message: expect.stringContaining('t.x.n') });
  });

  test('members are added to a STRUCT in one patch, in lists too; earlier rows have null there', async () => {
    const double = await loaded(object({ a: string, l: array(object({ b: string })) }), { a: 'x', l: [{ b: 'y' }] });
    double.asked.length = 0;
    const wider = object({ l: array(object({ c: { type: 'boolean' }, b: string })), d: { type: 'integer' }, a: string });
    await loadInto(double, [schema('t', { ...ID, x: wider }), record('t', { id: 2, x: { d: 1, l: [{ c: true }] } })], {
      settings,
    });
    expect(shape(double)).toBe('x RECORD(a STRING, l RECORD(b STRING, c BOOLEAN)[], d INTEGER)');
    expect(double.count('PATCH', /./)).toBe(1);
    expect(values(double).at(-1)).toEqual({ x: { a: null, l: [{ b: null, c: 'true' }], d: '1' } });
  });

  test('a member whose type changes gets another beside it, found again by the next run', async () => {
    const double = await loaded(object({ a: { type: 'integer' } }), { a: 1 });
    for (const id of [2, 3])
      await loadInto(
        double,
        [schema('t', { ...ID, x: object({ a: { type: 'boolean' } }) }), record('t', { id, x: { a: true } })],
        { settings },
      );
    await loadInto(double, [schema('t', { ...ID, x: object({ a: { type: 'integer' } }) }), record('t', { id: 4, x: { a: 4 } })], {
      settings,
    });
    expect(shape(double)).toBe('x RECORD(a INTEGER, a__bool BOOLEAN)');
    expect(values(double).map((row) => (row as { readonly x: object }).x)).toMatchObject([
      { a: '1' },
      { a__bool: 'true' },
      { a__bool: 'true' },
      { a: '4', a__bool: null },
    ]);
  });

  test.each([
    ['an object where a text was', string, 'x STRING', { a: 'y' }, { x: '{"a":"y"}' }],
    ['an object where any JSON was', {}, 'x JSON', { a: 'y' }, { x: { a: 'y' } }],
    ['an object where a number was', { type: 'integer' }, 'x INTEGER, x__struct RECORD(a STRING)', { a: 'y' }, { x: null, x__struct: { a: 'y' } }],
    ['an object where a list was', array(object({ a: string })), 'x RECORD(a STRING)[], x__struct RECORD(a STRING)', { a: 'y' }, { x: [], x__struct: { a: 'y' } }],
  ])('%s', async (_, before, columns, value, row) => {
    const double = await loaded(before);
    await loadInto(double, [schema('t', { ...ID, x: object({ a: string }) }), record('t', { id: 1, x: value })], { settings });
    expect(shape(double)).toBe(columns);
    expect(values(double)).toEqual([row]);
  }); // prettier-ignore

  test('a list of other values goes beside the list; one of less wide values goes into it', async () => {
    const double = await loaded(array({ type: 'number' }), [1.5]);
    for (const items of [{ type: 'integer' }, { type: 'boolean' }])
      await loadInto(
        double,
        [schema('t', { ...ID, x: array(items) }), record('t', { id: 2, x: [items.type === 'integer' ? 2 : true] })],
        { settings },
      );
    expect(shape(double)).toBe('x FLOAT[], x__repeated_bool BOOLEAN[]');
    expect(values(double)).toEqual([
      { x: ['1.5'], x__repeated_bool: [] },
      { x: ['2'], x__repeated_bool: [] },
      { x: [], x__repeated_bool: ['true'] },
    ]);
  });

  test('columns that are STRUCT or REPEATED already go on as such without the setting; others stay JSON', async () => {
    const double = await startDouble();
    const fields = [
      { name: 'id', type: 'INTEGER' },
      { name: 'x', type: 'RECORD', fields: [{ name: 'A', type: 'STRING', mode: 'REQUIRED' }] },
      { name: 'l', type: 'STRING', mode: 'REPEATED' },
    ];
    double.make('d', 't', { schema: { fields } });
    const properties = { ...ID, x: object({ a: string, b: string }), l: array(string), new: object({ a: string }) };
    const messages = [schema('t', properties), record('t', { id: 1, x: { b: 'y' }, l: ['z'], new: { a: 'w' } })];
    await loadInto(double, messages, { settings: { add_record_metadata: false } });
    expect(shape(double)).toBe('x RECORD(A STRING, b STRING), l STRING[], new JSON');
    expect(values(double)).toEqual([{ x: { A: null, b: 'y' }, l: ['z'], new: { a: 'w' } }]);
  });

  test('rows are merged by key: equal ones are not written, schemas that grow within one load meet in one table', async () => {
    const double = await startDouble();
    const upsert = { ...settings, load_method: 'upsert' };
    const first = schema('t', { ...ID, x: object({ a: string }), l: array(string) });
    const second = schema('t', { ...ID, x: object({ b: array(object({ c: string })), a: string }), l: array(string) });
    const row = (id: number, x: object): object => record('t', { id, x, l: ['p', 'q'] });
    await loadInto(double, [first, row(1, { a: '1' }), row(2, { a: '2' })], { settings: upsert });
    const { summaries } = await loadInto(
      double,
      [first, row(1, { a: '1' }), row(3, { a: '3' }), second, row(2, { a: '2', b: [{ c: 'x' }] })],
      {
        settings: upsert,
      },
    );
    expect(summaries.get('t')).toMatchObject({ inserted: 1, updated: 1, unchanged: 1 });
    expect(double.rows('d', 't').toSorted((a, b) => Number(a['id']) - Number(b['id']))).toEqual([
      { id: '1', x: { a: '1', b: [] }, l: ['p', 'q'] },
      { id: '2', x: { a: '2', b: [{ c: 'x' }] }, l: ['p', 'q'] },
      { id: '3', x: { a: '3', b: [] }, l: ['p', 'q'] },
    ]);
  });

  test('key properties stay plain or JSON, and partitions and clusters refuse what is nested', async () => {
    const double = await startDouble();
    await loadInto(double, [schema('t', { id: object({ a: string }) }), record('t', { id: { a: 'x' } })], { settings });
    expect(shapeOf(double.fields('d', 't'))).toBe('id JSON');
    for (const more of [{ partition_by: 'days' }, { clustering_fields: ['tags'] }]) {
      const messages = [
        schema('u', { ...ID, tags: array(string), days: array({ type: 'string', format: 'date' }) }),
        record('u', { id: 1 }),
      ];
      await expect(loadInto(double, messages, { settings: { ...settings, ...more } })).rejects.toMatchObject({ exitCode: 2 });
    }
  });
});

/** Types as nested schemas make them, to a depth that texts can be read of. */
const members = (type: fc.Arbitrary<ColumnType>): fc.Arbitrary<readonly Member[]> =>
  fc
    .dictionary(fc.oneof(fc.string({ minLength: 1 }), fc.constantFrom('at', 'in', 'struct', 'select')), type, {
      minKeys: 1,
      maxKeys: 4,
      noNullPrototype: true,
    })
    .map((types) =>
      [...columnNames(Object.keys(types), 'keep', new Set(), new Set())].map(([property, name]) => ({
        name,
        type: types[property]!,
      })),
    );
const { nested: nestedTypes } = fc.letrec<{ nested: ColumnType; any: ColumnType }>((tie) => ({
  any: fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom(...TYPES).map((type) => ({ type })),
    tie('nested'),
  ),
  nested: fc.oneof(
    fc.constantFrom(...TYPES).map((type) => ({ type, repeated: true as const })),
    members(tie('any')).map((all) => ({ type: 'STRUCT' as const, members: all })),
    members(tie('any')).map((all) => ({ type: 'STRUCT' as const, members: all, repeated: true as const })),
  ),
}));

await describeWithAnalyzer('Google’s analyzer', () => {
  test('accepts every statement over nested columns, and knows their types', { timeout: 180_000 }, async () => {
    const types = fc.sample(nestedTypes, { numRuns: 60, seed: 4 });
    const id = { name: 'id', type: { type: 'INT64' }, compared: true } as const;
    const columns = types.map((type): MergedColumn[] => [id, { name: 'select', type, compared: true }]);
    const order = { name: ORDER, type: { type: 'INT64' } } as const;
    const tables = columns.flatMap((there, i): AnalyzedTable[] => [
      { project: 'p', dataset: 'd', table: `t${i}`, columns: there },
      { project: 'p', dataset: 'd', table: `s${i}`, columns: [...there, order] },
    ]);
    const statements = columns.flatMap((there, i) => {
      const [into, stage] = [`t${i}`, `s${i}`].map((tableId) => ({ projectId: 'p', datasetId: 'd', tableId }));
      const rows = { target: into!, stage: stage!, columns: there, keys: ['id'] };
      const merge = mergeRows({ ...rows, nullKeys: new Set() });
      return [merge, replaceRows(rows), merge.replace(qualified(stage!), `(${emptyRows(there)})`)];
    });
    const verdicts = await analyze(tables, [...statements, 'SELECT `select` + 1 FROM p.d.t0']);
    expect(statements.flatMap((sql, i) => (verdicts[i] === 'ok' ? [] : [[verdicts[i], sql]]))).toEqual([]);
    expect(verdicts.at(-1)).not.toBe('ok');
  });
});

await describeWithLocalBigQuery('nested: struct against an emulator that runs SQL', (server) => {
  const load = (messages: readonly object[], more: object = {}): ReturnType<typeof through> =>
    through(target, {
      lane: 'fast',
      lines: messages.map((message) => JSON.stringify(message)),
      settings: {
        project: server().project,
        dataset: 'd',
        api_endpoint: server().url,
        denormalized: true,
        compression: 'none',
        ...settings,
        ...more,
      },
    });

  const properties = {
    ...ID,
    o: object({
      n: { type: 'integer' },
      at: { type: 'string', format: 'date-time' },
      in: object({ d: { type: 'number', multipleOf: 0.01 } }),
    }),
    l: array({ type: 'integer' }),
    items: array(object({ sku: string, tags: array(string) })),
  };
  const order = (id: number, more: object = {}): object =>
    record('t', {
      id,
      o: { n: id, at: '2026-01-02T03:04:05Z', in: { d: 1.25 } },
      l: [1, 2],
      items: [
        { sku: 'a', tags: ['x'] },
        { sku: 'b', tags: [] },
      ],
      ...more,
    });

  /** A value for each line of the table in docs/types.md, in its order. */
  const LINES: readonly Json[] = [
    { a: 5, b: '2026-01-02' },
    { a: { b: true } },
    { a: 'x', z: 1 },
    { k: [1, 'x'] },
    ['é', 'b "c"'],
    [1.5, 2],
    [{ a: [1, 2] }, { a: [3] }],
    [[1, 2], [3]],
    ['x', 1],
  ];

  test.each(NESTED.map((one: object, i: number) => [JSON.stringify(one), one, i] as const))('%s', async (_, one, i) => {
    const stream = `line${i}`;
    await load([schema(stream, { ...ID, x: one }), record(stream, { id: 1, x: LINES[i] }), record(stream, { id: 2 })]);
    const [[text] = []] = await server().query(`SELECT TO_JSON_STRING(x) FROM d.${stream} WHERE id = 1`);
    // The emulator writes decimals in texts, with all digits.
    const value = JSON.parse(text!, (_key, part: unknown) =>
      typeof part === 'string' && /^\d+\.\d+$/.test(part) ? Number(part) : part,
    ) as Json;
    expect(value).toEqual(LINES[i]);
  });

  test('each kind of nested value comes back, and is merged, replaced and planned', async () => {
    await load([schema('t', properties), order(1), order(2), state({ at: 1 })], { load_method: 'upsert' });
    const query = `SELECT id, o.n, FORMAT_TIMESTAMP('%F %T', o.at), CAST(o.\`in\`.d AS STRING), TO_JSON_STRING(l), items[0].sku, TO_JSON_STRING(items[0].tags), ARRAY_LENGTH(items[1].tags) FROM d.t ORDER BY id`;
    const row = (id: number): string[] => [
      String(id),
      String(id),
      '2026-01-02 03:04:05',
      expect.stringMatching(/^1\.25/),
      '[1,2]',
      'a',
      '["x"]',
      '0',
    ];
    expect(await server().query(query)).toEqual([row(1), row(2)]);
    const merged = await load([schema('t', properties), order(1), order(2, { l: [3] }), order(3)], { load_method: 'upsert' });
    expect(merged.summaries.get('t')).toMatchObject({ inserted: 1, updated: 1, unchanged: 1 });
    expect(await server().query('SELECT id, TO_JSON_STRING(l) FROM d.t ORDER BY id')).toEqual([
      ['1', '[1,2]'],
      ['2', '[3]'],
      ['3', '[1,2]'],
    ]);
    const replaced = await load([schema('t', properties), order(7), state({ at: 2 })], { load_method: 'overwrite' });
    expect(replaced.summaries.get('t')).toMatchObject({ replaced: 1 });
    expect(await server().query('SELECT id, o.n FROM d.t')).toEqual([['7', '7']]);
  });
});
