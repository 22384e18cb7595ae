import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { describeWithPostgres } from '../../support/postgres.ts';
import { ExactNumber, type Json, type JsonSchema, type Row } from '../../../singer/index.ts';
import { Drive, header, loadAll, sql, type Sql, typesOf } from './drive.ts';

const upsert = { default_target_schema: 'public', load_method: 'upsert', add_record_metadata: false };
const append = { ...upsert, load_method: 'append-only' };
const state = '{"a":1}';

/** How values of a narrow type are kept once the column has been made for a wider one. */
interface Widening {
  readonly from: string | JsonSchema;
  readonly to: string | JsonSchema;
  readonly old: Json;
  readonly new: Json;
  readonly type: string;
  /** Both values as text, afterwards. */
  readonly kept: readonly [string, string];
}

const WIDENINGS: Readonly<Record<string, Widening>> = {
  'integer to number': { from: 'integer?', to: 'number?', old: 1, new: 1.5, type: 'numeric', kept: ['1', '1.5'] },
  'integer to string': { from: 'integer?', to: 'string?', old: 1, new: 'x', type: 'text', kept: ['1', 'x'] },
  'integer to object': { from: 'integer?', to: 'object?', old: 1, new: { a: 1 }, type: 'jsonb', kept: ['1', '{"a": 1}'] },
  'number to string': { from: 'number?', to: 'string?', old: new ExactNumber('1.50'), new: 'x', type: 'text', kept: ['1.50', 'x'] },
  'boolean to string': { from: 'boolean?', to: 'string?', old: true, new: 'x', type: 'text', kept: ['true', 'x'] },
  'boolean to integer': { from: 'boolean?', to: 'integer?', old: false, new: 7, type: 'text', kept: ['false', '7'] },
  'date to date-time': {
    from: 'string?:date', to: 'string?:date-time', old: '2024-01-02', new: '2024-01-02T03:04:05+02:00', type: 'timestamp with time zone',
    kept: ['2024-01-02 00:00:00+00', '2024-01-02 01:04:05+00'],
  },
  'date-time to string': {
    from: 'string?:date-time', to: 'string?', old: '2024-01-02T03:04:05Z', new: 'soon', type: 'text', kept: ['2024-01-02 03:04:05+00', 'soon'],
  },
  'uuid to string': {
    from: 'string?:uuid', to: 'string?', old: '6f1c0b52-6c0e-4a8e-9c57-1a2b3c4d5e6f', new: 'x', type: 'text', kept: ['6f1c0b52-6c0e-4a8e-9c57-1a2b3c4d5e6f', 'x'],
  },
  'binary to string': {
    from: { type: ['string', 'null'], contentEncoding: 'base64' }, to: 'string?', old: Buffer.alloc(99, 7).toString('base64'), new: 'x', type: 'text',
    kept: [Buffer.alloc(99, 7).toString('base64'), 'x'],
  },
  'sized decimal to a larger one': {
    from: { type: 'string', format: 'singer.decimal', precision: 6, scale: 2 }, to: { type: 'string', format: 'singer.decimal', precision: 12, scale: 2 },
    old: '1.25', new: '1234567890.25', type: 'numeric(12,2)', kept: ['1.25', '1234567890.25'],
  },
  'sized decimal to number': {
    from: { type: 'string', format: 'singer.decimal', precision: 6, scale: 2 }, to: 'number?', old: '1.25', new: new ExactNumber('0.12345678901234567890'),
    type: 'numeric', kept: ['1.25', '0.12345678901234567890'],
  },
}; // prettier-ignore

describeWithPostgres('schema evolution', (url) => {
  let query: Sql;
  beforeAll(async () => {
    query = await sql(url());
  });
  afterAll(() => query.end());

  const fileNode = async (table: string): Promise<unknown> =>
    (await query('SELECT relfilenode AS node FROM pg_class WHERE oid = $1::regclass', [table]))[0]!['node'];

  let tables = 0;
  const fresh = (): string => `evolved_${tables++}`;

  describe('a wider type [133]', () => {
    const cases = Object.entries(WIDENINGS);
    const all = async (table: string): Promise<unknown[]> =>
      (await query(`SELECT x::text AS x FROM ${table} ORDER BY id`)).map(({ x }) => x);

    test.each(cases)('%s widens the column between runs', async (_, { from, to, old, new: next, type, kept }) => {
      const table = fresh();
      await loadAll(url(), upsert, header(table, { id: 'integer', x: from }, ['id']), [{ id: 1, x: old }]);
      await loadAll(url(), upsert, header(table, { id: 'integer', x: to }, ['id']), [{ id: 2, x: next }]);
      expect((await typesOf(query, table))['x']).toBe(type);
      expect(await all(table)).toEqual(kept);
      // What the column holds by now, loads as it is.
      await loadAll(url(), upsert, header(table, { id: 'integer', x: from }, ['id']), [{ id: 3, x: old }]);
      expect(await all(table)).toEqual([...kept, kept[0]]);
      expect((await typesOf(query, table))['x']).toBe(type);
    });

    test.each(cases)(
      '%s widens the column in mid run, in the order of the records',
      async (_, { from, to, old, new: next, type, kept }) => {
        for (const config of [append, upsert]) {
          const table = fresh();
          const drive = await Drive.open(url(), config);
          const narrow = header(table, { id: 'integer', x: from }, ['id']);
          const wide = header(table, { id: 'integer', x: to }, ['id']);
          const parts = [await drive.part(narrow, [{ id: 1, x: old }]), await drive.part(wide, [{ id: 2, x: next }])];
          const back = await drive.part(header(table, { id: 'integer', x: from }, ['id']), [{ id: 3, x: old }]);
          await drive.destination.load({ parts: [...parts, back], state, last: true });
          await drive.finish();
          await drive.close();
          expect((await typesOf(query, table))['x']).toBe(type);
          expect(await all(table)).toEqual([...kept, kept[0]]);
        }
      },
    );

    test.each(cases)('%s is no matter for an overwrite', async (_, { from, to, old, new: next, kept }) => {
      const table = fresh();
      const overwrite = { ...upsert, load_method: 'overwrite' };
      await loadAll(url(), overwrite, header(table, { id: 'integer', x: from }, ['id']), [{ id: 9, x: old }]);
      const drive = await Drive.open(url(), overwrite);
      await drive.load(header(table, { id: 'integer', x: from }, ['id']), [{ id: 1, x: old }], { state });
      await drive.load(header(table, { id: 'integer', x: to }, ['id']), [{ id: 2, x: next }], { state });
      await drive.load(header(table, { id: 'integer', x: from, y: 'string?' }, ['id']), [{ id: 3, x: old, y: 'y' }], {
        state,
        last: true,
      });
      await drive.finish();
      await drive.close();
      expect(await all(table)).toEqual([...kept, kept[0]]);
    });

    test('costs no rewrite where Postgres needs none, whatever the size of the table', async () => {
      await loadAll(
        url(),
        { ...append, string_type: 'varchar' },
        header('free', { s: { type: 'string', maxLength: 5 }, d: WIDENINGS['sized decimal to number']!.from }),
        [{ s: 'abcde', d: '1.25' }],
      );
      expect(await typesOf(query, 'free')).toEqual({ s: 'character varying(5)', d: 'numeric(6,2)' });
      const before = await fileNode('free');
      const config = { ...append, string_type: 'varchar', max_rewrite_rows: 0 };
      await loadAll(url(), config, header('free', { s: { type: 'string', maxLength: 9 }, d: 'number' }), [
        { s: 'abcdefghi', d: 0.125 },
      ]);
      expect(await typesOf(query, 'free')).toEqual({ s: 'character varying(9)', d: 'numeric' });
      await loadAll(url(), { ...append, max_rewrite_rows: 0 }, header('free', { s: 'string', d: 'number' }), [
        { s: 'x'.repeat(99), d: 1 },
      ]);
      expect((await typesOf(query, 'free'))['s']).toBe('text');
      expect(await fileNode('free')).toBe(before);
    });

    test('widens integers of a chosen width', async () => {
      const config = { ...append, integer_width: 'auto' };
      const of = (maximum: number): ReturnType<typeof header> =>
        header('widths', { n: { type: 'integer', minimum: 0, maximum } });
      await loadAll(url(), config, of(100), [{ n: 5 }]);
      expect(await typesOf(query, 'widths')).toEqual({ n: 'smallint' });
      await loadAll(url(), config, of(100_000), [{ n: 70_000 }]);
      expect(await typesOf(query, 'widths')).toEqual({ n: 'integer' });
      await loadAll(url(), config, of(1e15), [{ n: 1e15 }]);
      expect(await query('SELECT n FROM widths ORDER BY n')).toEqual([{ n: '5' }, { n: '70000' }, { n: '1000000000000000' }]);
    });
  });

  describe('a table too large to be written anew', () => {
    const large = { ...upsert, max_rewrite_rows: 1 };
    const of = (table: string, x: string): ReturnType<typeof header> => header(table, { id: 'integer', x }, ['id']);
    const begin = async (): Promise<string> => {
      const table = fresh();
      await loadAll(url(), large, of(table, 'integer?'), [
        { id: 1, x: 1 },
        { id: 2, x: 2 },
      ]);
      return table;
    };

    test('keeps its column; new values go beside it, the same in every run, and a row has one of them', async () => {
      const table = await begin();
      const drive = await Drive.open(url(), large);
      await drive.all(
        of(table, 'string?'),
        [
          { id: 2, x: 'two' },
          { id: 3, x: 'three' },
        ],
        state,
      );
      expect(drive.logged.filter(({ level }) => level === 'warn')).toEqual([
        expect.objectContaining({
          fields: expect.objectContaining({ column: 'x', variant: 'x__text', type: 'bigint', reason: 'rows' }),
        }),
      ]);
      const rows = (): Promise<Record<string, unknown>[]> => query(`SELECT id::int, x, x__text FROM ${table} ORDER BY id`);
      expect(await rows()).toEqual([
        { id: 1, x: '1', x__text: null },
        { id: 2, x: null, x__text: 'two' },
        { id: 3, x: null, x__text: 'three' },
      ]);
      expect(await loadAll(url(), large, of(table, 'string?'), [{ id: 2, x: 'two' }])).toEqual({
        inserted: 0,
        updated: 0,
        unchanged: 1,
      });
      await loadAll(url(), large, of(table, 'string?'), [{ id: 2, x: 'zwei' }]);
      await loadAll(url(), large, of(table, 'integer?'), [{ id: 3, x: 33 }]);
      expect(await rows()).toEqual([
        { id: 1, x: '1', x__text: null },
        { id: 2, x: null, x__text: 'zwei' },
        { id: 3, x: '33', x__text: null },
      ]);
      expect(Object.keys(await typesOf(query, table))).toEqual(['id', 'x', 'x__text']);
    });

    test('appends beside it, too, and replaces', async () => {
      const table = await begin();
      await loadAll(url(), { ...large, load_method: 'append-only' }, of(table, 'string?'), [{ id: 3, x: 'three' }]);
      expect(await query(`SELECT x, x__text FROM ${table} WHERE id = 3`)).toEqual([{ x: null, x__text: 'three' }]);
      await loadAll(url(), { ...large, load_method: 'overwrite' }, of(table, 'string?'), [{ id: 4, x: 'four' }]);
      expect(await query(`SELECT id, x, x__text FROM ${table}`)).toEqual([{ id: '4', x: null, x__text: 'four' }]);
    });

    test('is widened after all by a key, which can have no other column', async () => {
      const table = await begin();
      await loadAll(url(), large, header(table, { id: 'string', x: 'integer?' }, ['id']), [
        { id: 'b', x: 1 },
        { id: '2', x: 5 },
      ]);
      expect(await query(`SELECT id, x::int FROM ${table} ORDER BY id`)).toEqual([
        { id: '1', x: 1 },
        { id: '2', x: 5 },
        { id: 'b', x: 1 },
      ]);
    });

    test('takes another name where the variant has a namesake', async () => {
      const table = await begin();
      const both = header(table, { id: 'integer', x: 'string?', x__text: 'integer?' }, ['id']);
      await loadAll(url(), large, both, [{ id: 3, x: 'three', x__text: 3 }]);
      const [row] = await query(`SELECT * FROM ${table} WHERE id = 3`);
      expect(Object.keys(row!)).toEqual(['id', 'x', expect.stringMatching(/^x__text_[0-9a-f]{8}$/), 'x__text']);
      expect(Object.values(row!)).toEqual(['3', null, 'three', '3']);
    });
  });

  test('a view on the column keeps it as it is: the values go beside it, and the reason is told', async () => {
    const of = (x: string): ReturnType<typeof header> => header('viewed', { id: 'integer', x }, ['id']);
    await loadAll(url(), upsert, of('integer?'), [{ id: 1, x: 1 }]);
    await query('CREATE VIEW viewing AS SELECT x FROM viewed');
    const drive = await Drive.open(url(), upsert);
    await drive.all(of('string?'), [{ id: 2, x: 'two' }], state);
    expect(drive.logged.map(({ fields }) => fields)).toContainEqual(
      expect.objectContaining({ variant: 'x__text', reason: 'refused' }),
    );
    expect(await query('SELECT x, x__text FROM viewed ORDER BY id')).toEqual([
      { x: '1', x__text: null },
      { x: null, x__text: 'two' },
    ]);
  });

  describe('policies', () => {
    const first = (table: string): Promise<unknown> =>
      loadAll(url(), upsert, header(table, { id: 'integer', x: 'integer?' }, ['id']), [{ id: 1, x: 1 }]);
    const load = async (
      table: string,
      options: Record<string, Json>,
      properties: Record<string, string>,
      records: readonly Row[],
    ): Promise<Drive> => {
      const drive = await Drive.open(url(), { ...upsert, ...options });
      await drive.all(header(table, properties, ['id']), records, state);
      return drive;
    };
    const wider = { id: 'integer', x: 'integer?', y: 'string?', z: 'object?' };
    const records = [
      { id: 2, x: 2, y: 'y', z: { a: new ExactNumber('1.10') } },
      { id: 3, x: 3, y: null, z: null },
    ];

    test('on_new_column json keeps new properties together, and what changes in them', async () => {
      const table = fresh();
      await first(table);
      await load(table, { on_new_column: 'json' }, wider, records);
      const rows = (): Promise<Record<string, unknown>[]> =>
        query(`SELECT id::int, x::int, _sdc_extra::text AS extra FROM ${table} ORDER BY id`);
      expect(await rows()).toEqual([
        { id: 1, x: 1, extra: null },
        { id: 2, x: 2, extra: '{"y": "y", "z": {"a": 1.10}}' },
        { id: 3, x: 3, extra: null },
      ]);
      await load(table, { on_new_column: 'json' }, wider, [{ id: 3, x: 3, y: 'new', z: null }]);
      await load(table, {}, { id: 'integer', x: 'integer?' }, [{ id: 2, x: 2 }]);
      expect(await rows()).toEqual([
        { id: 1, x: 1, extra: null },
        { id: 2, x: 2, extra: null },
        { id: 3, x: 3, extra: '{"y": "new"}' },
      ]);
    });

    test('on_new_column discard leaves them out, told and counted', async () => {
      const table = fresh();
      await first(table);
      const drive = await load(table, { on_new_column: 'discard' }, wider, records);
      expect(Object.keys(await typesOf(query, table))).toEqual(['id', 'x']);
      expect(drive.logged.filter(({ level }) => level === 'warn').map(({ fields }) => fields['column'])).toEqual(['y', 'z']);
      expect(drive.destination.summary!(table)).toMatchObject({ inserted: 2, cut: 2 });
    });

    test('on_new_column fail ends the run before anything is loaded, also in mid run', async () => {
      const table = fresh();
      await first(table);
      await expect(load(table, { on_new_column: 'fail' }, wider, records)).rejects.toMatchObject({
        code: 'new-column',
        facts: { column: 'y' },
      });
      expect(await query(`SELECT id FROM ${table}`)).toEqual([{ id: '1' }]);
      const drive = await Drive.open(url(), { ...upsert, on_new_column: 'fail' });
      const other = fresh();
      await drive.part(header(other, { id: 'integer' }, ['id']), [{ id: 1 }]);
      await expect(drive.part(header(other, wider, ['id']), records)).rejects.toMatchObject({ code: 'new-column' });
      await drive.close();
    });

    test('on_type_change variant, json and discard never touch the column', async () => {
      const text = { id: 'integer', x: 'string?' };
      const outcome = async (policy: string): Promise<unknown> => {
        const table = fresh();
        await first(table);
        await load(table, { on_type_change: policy }, text, [{ id: 2, x: 'two' }]);
        expect((await typesOf(query, table))['x']).toBe('bigint');
        const [row] = await query(`SELECT * FROM ${table} WHERE id = 2`);
        return row;
      };
      expect(await outcome('variant')).toEqual({ id: '2', x: null, x__text: 'two' });
      expect(await outcome('json')).toEqual({ id: '2', x: null, _sdc_extra: { x: 'two' } });
      expect(await outcome('discard')).toEqual({ id: '2', x: null });
    });

    test('a row has a value in its column or in the JSON column, never an old one in the other, also in mid run', async () => {
      const drive = await Drive.open(url(), { ...upsert, on_type_change: 'json' });
      const numbers = header('moved', { id: 'integer', v: 'integer' }, ['id']);
      const texts = header('moved', { id: 'integer', v: 'string' }, ['id']);
      const again = header('moved', { id: 'integer', v: 'integer' }, ['id']);
      await drive.load(numbers, [{ id: 1, v: 5 }], { state: '{}' });
      // All announced before any of it is loaded, as in one batch.
      const parts = [
        await drive.part(texts, [
          { id: 1, v: 'a' },
          { id: 2, v: 'b' },
        ]),
        await drive.part(again, [{ id: 2, v: 7 }]),
      ];
      await drive.destination.load({ parts, state: '{}', last: true });
      await drive.close();
      expect(await query('SELECT id, v, _sdc_extra AS extra FROM moved ORDER BY id')).toEqual([
        { id: '1', v: null, extra: { v: 'a' } },
        { id: '2', v: '7', extra: null },
      ]);
    });

    test('on_missing_column fail tells what the stream no longer has', async () => {
      const table = fresh();
      await first(table);
      await expect(load(table, { on_missing_column: 'fail' }, { id: 'integer' }, [{ id: 2 }])).rejects.toMatchObject({
        code: 'column-missing',
        facts: { columns: ['x'] },
      });
      await load(table, { on_missing_column: 'fail' }, { id: 'integer', x: 'integer?' }, [{ id: 2, x: 2 }]);
    });

    test('on_new_stream leaves out or refuses a stream without a table', async () => {
      const known = fresh();
      await first(known);
      const drive = await Drive.open(url(), { ...upsert, on_new_stream: 'discard' });
      await expect(drive.open(header(fresh(), { id: 'integer' }, ['id']))).rejects.toThrow('is left out');
      await drive.open(header(known, { id: 'integer', x: 'integer?' }, ['id']));
      await drive.close();
      const strict = await Drive.open(url(), { ...upsert, on_new_stream: 'fail' });
      await expect(strict.open(header(fresh(), { id: 'integer' }, ['id']))).rejects.toMatchObject({ code: 'new-stream' });
      await strict.close();
    });

    test('apply to single streams', async () => {
      const table = fresh();
      await first(table);
      const drive = await Drive.open(url(), upsert);
      const of = header(table, wider, ['id']);
      await drive.open(of, { on_new_column: 'discard' });
      await drive.load(of, records, { state });
      await drive.close();
      expect(Object.keys(await typesOf(query, table))).toEqual(['id', 'x']);
    });

    test('on_key_change rebuild puts a unique index on the new key, if the rows allow it [134]', async () => {
      const table = fresh();
      await loadAll(url(), upsert, header(table, { a: 'integer', b: 'integer?' }, ['a']), [
        { a: 1, b: 1 },
        { a: 2, b: 2 },
      ]);
      const rebuilt = header(table, { a: 'integer', b: 'integer' }, ['b']);
      await loadAll(url(), { ...upsert, on_key_change: 'rebuild' }, rebuilt, [
        { a: 9, b: 2 },
        { a: 3, b: 3 },
      ]);
      expect(await query(`SELECT a::int, b::int FROM ${table} ORDER BY b`)).toEqual([
        { a: 1, b: 1 },
        { a: 9, b: 2 },
        { a: 3, b: 3 },
      ]);
      expect(await loadAll(url(), upsert, rebuilt, [{ a: 3, b: 3 }])).toEqual({ inserted: 0, updated: 0, unchanged: 1 });
      const repeated = fresh();
      await loadAll(url(), upsert, header(repeated, { a: 'integer', b: 'integer?' }, ['a']), [
        { a: 1, b: 1 },
        { a: 2, b: 1 },
      ]);
      const refused = loadAll(
        url(),
        { ...upsert, on_key_change: 'rebuild' },
        header(repeated, { a: 'integer', b: 'integer' }, ['b']),
        [{ a: 9, b: 2 }],
      );
      await expect(refused).rejects.toMatchObject({ code: 'key-not-unique' });
      expect(await query(`SELECT count(*)::int AS keys FROM pg_index WHERE indrelid = $1::regclass`, [repeated])).toEqual([
        { keys: 1 },
      ]);
    });

    test('on_key_change append adds rows and leaves the old key', async () => {
      const table = fresh();
      await loadAll(url(), upsert, header(table, { a: 'integer', b: 'integer?' }, ['a']), [{ a: 1, b: 1 }]);
      const summary = await loadAll(
        url(),
        { ...upsert, on_key_change: 'append' },
        header(table, { a: 'integer', b: 'integer' }, ['b']),
        [{ a: 2, b: 1 }],
      );
      expect(summary).toEqual({ appended: 1 });
    });
  });

  test('more columns than a table may have go into one, where new columns may be JSON', async () => {
    const properties = Object.fromEntries(Array.from({ length: 1700 }, (_, i) => [`c${i}`, 'string?']));
    const record = { c0: 'first', c1699: 'last' };
    await loadAll(url(), { ...upsert, on_new_column: 'json' }, header('overflow', { ...properties, id: 'integer' }, ['id']), [
      { ...record, id: 1 },
    ]);
    expect(await query('SELECT id, c0, _sdc_extra FROM overflow')).toEqual([
      { id: '1', c0: 'first', _sdc_extra: { c1699: 'last' } },
    ]);
  });

  test('columns bear the descriptions of their schema, when they are made', async () => {
    const described = (description: string): JsonSchema => ({ type: 'integer', description });
    await loadAll(url(), append, header('described', { a: described("A's meaning") }), [{ a: 1 }]);
    await loadAll(url(), append, header('described', { a: described('Another'), b: described('B') }), [{ a: 1, b: 1 }]);
    expect(
      await query(
        `SELECT col_description('described'::regclass, attnum) AS text FROM pg_attribute WHERE attrelid = 'described'::regclass AND attnum > 0 ORDER BY attnum`,
      ),
    ).toEqual([{ text: "A's meaning" }, { text: 'B' }]);
  });

  test('no value is lost or altered, whatever types follow each other and however they are loaded', async () => {
    const VALUES: Readonly<Record<string, fc.Arbitrary<Json>>> = {
      'integer?': fc.maxSafeInteger(),
      'number?': fc.integer({ min: -9999, max: 9999 }).map((n) => n / 8),
      'string?': fc.stringMatching(/^[a-z"{]{0,5}$/),
      'boolean?': fc.boolean(),
      'object?': fc.constantFrom<Json>({ a: 1 }, { a: 'x' }, { a: null }, {}),
    };
    const step = fc
      .constantFrom(...Object.keys(VALUES))
      .chain((type) =>
        fc.record({ type: fc.constant(type), x: fc.option(VALUES[type]!, { freq: 9 }), id: fc.nat(4), newRun: fc.boolean() }),
      );
    const config = fc.record({
      max_rewrite_rows: fc.constantFrom(0, 2, 1000),
      on_type_change: fc.constantFrom('evolve', 'variant'),
    });
    const methods = fc.constantFrom('append-only', 'upsert');
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 2, maxLength: 7 }), config, methods, async (steps, policies, method) => {
        const table = fresh();
        const open = (): Promise<Drive> => Drive.open(url(), { ...upsert, ...policies, load_method: method });
        let drive = await open();
        const expected = new Map<number, Json>();
        for (const [n, { type, x, id, newRun }] of steps.entries()) {
          if (newRun) {
            await drive.close();
            drive = await open();
          }
          const row = method === 'upsert' ? id : n;
          await drive.load(header(table, { id: 'integer', x: type }, ['id']), [{ id: row, x }], { state });
          expected.set(row, x);
        }
        await drive.close();
        const rows = await query(`SELECT id::int, to_jsonb(t) - 'id' AS kept FROM ${table} AS t`);
        expect(rows).toHaveLength(expected.size);
        expect(new Set(rows.map(({ id }) => id))).toEqual(new Set(expected.keys()));
        for (const { id, kept } of rows) {
          const values = Object.values(kept as Record<string, Json>).filter((value) => value !== null);
          const value = expected.get(id as number)!;
          expect(values).toHaveLength(value === null ? 0 : 1);
          if (value !== null) expect(spellings(value)).toContain(JSON.stringify(values[0]));
        }
      }),
      { numRuns: 25 },
    );
  });
});

/** JSON of what a column may hold for a value: itself or its JSON text. */
function spellings(value: Json): string[] {
  const json = JSON.stringify(value);
  const spaced = json.replaceAll(':', ': ');
  return [json, JSON.stringify(json), JSON.stringify(spaced)];
}
