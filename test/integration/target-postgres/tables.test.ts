import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { describeWithPostgres } from '../../support/postgres.ts';
import { ExactNumber } from '../../../singer/index.ts';
import { Drive, header, loadAll, sql, type Sql, typesOf } from './drive.ts';

const upsert = { default_target_schema: 'public', load_method: 'upsert', add_record_metadata: false };
const append = { ...upsert, load_method: 'append-only' };
const state = '{"a":1}';

describeWithPostgres('target-postgres tables', (url) => {
  let query: Sql;
  beforeAll(async () => {
    query = await sql(url());
  });
  afterAll(() => query.end());

  test('makes a column of the documented type for every kind of property [119]', async () => {
    const of = header('types', {
      b: 'boolean?',
      i: 'integer?',
      huge: { type: 'integer', maximum: 1e30 },
      n: 'number?',
      dec: 'string?:singer.decimal',
      sized: { type: ['string', 'null'], format: 'x-singer.decimal', precision: 12, scale: 2 },
      s: 'string?',
      at: 'string?:date-time',
      d: 'string?:date',
      t: 'string?:time',
      dur: 'string?:duration',
      u: 'string?:uuid',
      bin: { type: ['string', 'null'], contentEncoding: 'base64' },
      hex: { type: ['string', 'null'], contentEncoding: 'base16' },
      o: 'object?',
      a: 'array?',
      any: {},
      mixed: { type: ['integer', 'string'] },
      nothing: { type: 'null' },
    });
    await loadAll(url(), append, of, [
      {
        b: true, i: new ExactNumber('9007199254740993'), huge: 1, n: 0.1, dec: '12.50', sized: '1.25', s: 'x', at: '2024-01-02T03:04:05+02:00', d: '2024-01-02', t: '03:04:05',
        dur: 'P1D', u: '6f1c0b52-6c0e-4a8e-9c57-1a2b3c4d5e6f', bin: 'AAEC', hex: 'cafe', o: { a: [1] }, a: [1, 'x'], any: 1, mixed: 'm', nothing: null,
      },
    ]); // prettier-ignore
    expect(await typesOf(query, 'types')).toEqual({
      b: 'boolean', i: 'bigint', huge: 'numeric', n: 'numeric', dec: 'numeric', sized: 'numeric(12,2)', s: 'text', at: 'timestamp with time zone',
      d: 'date', t: 'time without time zone', dur: 'text', u: 'uuid', bin: 'bytea', hex: 'bytea', o: 'jsonb', a: 'jsonb', any: 'jsonb', mixed: 'text',
    }); // prettier-ignore
    expect(
      await query(
        "SELECT at::text, i::text, encode(bin, 'hex') AS bin, encode(hex, 'hex') AS hex, dec::text, any::text FROM types".replaceAll(
          ' any',
          ' "any"',
        ),
      ),
    ).toEqual([{ at: '2024-01-02 01:04:05+00', i: '9007199254740993', bin: '000102', hex: 'cafe', dec: '12.50', any: '1' }]);
  });

  test('keeps encoded binary as text when told so', async () => {
    const of = header('binary_text', { bin: { type: 'string', contentEncoding: 'base64' } });
    await loadAll(url(), { ...append, binary_as: 'text' }, of, [{ bin: 'AAEC' }]);
    expect(await query('SELECT bin FROM binary_text')).toEqual([{ bin: 'AAEC' }]);
  });

  test('adds the columns of a wider schema in mid run; earlier rows read null [131]', async () => {
    const drive = await Drive.open(url(), upsert);
    const first = await drive.part(header('wider', { id: 'integer', a: 'string?' }, ['id']), [{ id: 1, a: 'x' }]);
    const second = await drive.part(header('wider', { id: 'integer', a: 'string?', b: 'number?' }, ['id']), [
      { id: 2, a: 'y', b: 1.5 },
    ]);
    await drive.destination.load({ parts: [first, second], state, last: false });
    await drive.load(header('wider', { id: 'integer', b: 'number?' }, ['id']), [{ id: 1, b: 2.5 }], { state });
    await drive.close();
    expect(await query('SELECT * FROM wider ORDER BY id')).toEqual([
      { id: '1', a: 'x', b: '2.5' },
      { id: '2', a: 'y', b: '1.5' },
    ]);
  });

  test('makes the table of a stream without records', async () => {
    await loadAll(url(), upsert, header('empty', { id: 'integer' }, ['id']), []);
    expect(await query('SELECT * FROM empty')).toEqual([]);
  });

  test('lets columns take nulls that now may be null, or that the stream has no longer [132]', async () => {
    await loadAll(url(), upsert, header('strict', { id: 'integer', a: 'string', gone: 'string', kept: 'string' }, ['id']), []);
    await query(`ALTER TABLE strict ALTER COLUMN a SET NOT NULL, ALTER COLUMN gone SET NOT NULL, ALTER COLUMN kept SET NOT NULL,
      ALTER COLUMN kept SET DEFAULT $$d$$`);
    await loadAll(url(), upsert, header('strict', { id: 'integer', a: 'string?' }, ['id']), [{ id: 1, a: null }]);
    expect(await query('SELECT * FROM strict')).toEqual([{ id: '1', a: null, gone: null, kept: 'd' }]);
  });

  test('loads into a hand-made table: serial, default, varchar, int4, json, timestamp, double, generated, domain', async () => {
    await query(`CREATE DOMAIN code AS text CHECK (length(VALUE) < 9);
      CREATE TABLE handmade (pk serial PRIMARY KEY, id int UNIQUE, name varchar(10), doc json, at timestamp, ratio float8, code code, "when" date,
        double_id int GENERATED ALWAYS AS (id * 2) STORED, made timestamptz NOT NULL DEFAULT now(), as_text text)`);
    const of = header('handmade', {
      id: 'integer', name: 'string?', doc: 'object?', at: 'string?:date-time', ratio: 'number?', code: 'string?', when: 'string?:date', double_id: 'integer?', as_text: 'integer?',
    }, ['id']); // prettier-ignore
    const rows = [
      {
        id: 1,
        name: 'n',
        doc: { a: 1 },
        at: '2024-01-01T00:00:00+02:00',
        ratio: 0.5,
        code: 'c',
        when: '2024-01-01',
        double_id: 9,
        as_text: 5,
      },
      { id: 2, name: null, doc: null, at: null, ratio: null, code: null, when: null, double_id: null, as_text: null },
    ];
    const drive = await Drive.open(url(), upsert);
    expect(await drive.all(of, rows, state)).toEqual({ inserted: 2, updated: 0, unchanged: 0 });
    expect(drive.logged.filter(({ message }) => message.includes('fewer digits')).map(({ fields }) => fields['column'])).toEqual([
      'ratio',
    ]);
    expect(await loadAll(url(), upsert, of, rows)).toEqual({ inserted: 0, updated: 0, unchanged: 2 });
    expect(await loadAll(url(), upsert, of, [{ ...rows[0]!, doc: { a: 2 } }])).toEqual({ inserted: 0, updated: 1, unchanged: 0 });
    expect(
      await query(
        'SELECT pk, id, doc::text, at::text, double_id, as_text, made IS NOT NULL AS made FROM handmade ORDER BY id LIMIT 1',
      ),
    ).toEqual([{ pk: 1, id: 1, doc: '{"a": 2}', at: '2023-12-31 22:00:00', double_id: 2, as_text: '5', made: true }]);
    await expect(loadAll(url(), upsert, of, [{ ...rows[0]!, name: 'longer than ten' }])).rejects.toMatchObject({
      code: 'text-too-long',
    });
  });

  test('refuses a column of another type where told so, naming it, both types and the way out', async () => {
    await query('CREATE TABLE other_type (id bigint PRIMARY KEY, n bigint)');
    const fail = { ...upsert, on_type_change: 'fail' };
    const refused = loadAll(url(), fail, header('other_type', { id: 'integer', n: 'string?' }, ['id']), [{ id: 1, n: 'x' }]);
    await expect(refused).rejects.toMatchObject({
      code: 'column-type',
      facts: { column: 'n', stream: 'other_type' },
      message: expect.stringMatching(/is now text, which bigint does not take/),
    });
  });

  test('refuses other keys than those the table was made for [134]', async () => {
    await loadAll(url(), upsert, header('rekeyed', { a: 'integer', b: 'integer' }, ['a']), [{ a: 1, b: 1 }]);
    const refused = loadAll(url(), upsert, header('rekeyed', { a: 'integer', b: 'integer' }, ['a', 'b']), [{ a: 1, b: 2 }]);
    await expect(refused).rejects.toMatchObject({ code: 'key-changed', facts: { keys: ['a', 'b'], tableKeys: ['a'] } });
    await loadAll(url(), upsert, header('rekeyed_nullable', { a: 'integer?', b: 'integer?' }, ['a']), [{ a: 1, b: 1 }]);
    const other = loadAll(url(), upsert, header('rekeyed_nullable', { a: 'integer?', b: 'integer?' }, ['b']), [{ a: 2, b: 1 }]);
    await expect(other).rejects.toMatchObject({ code: 'key-changed', facts: { keys: ['b'], tableKeys: ['a'] } });
  });

  test('refuses to load into a view', async () => {
    await query('CREATE VIEW looks AS SELECT 1 AS id');
    await expect(loadAll(url(), upsert, header('looks', { id: 'integer' }), [{ id: 1 }])).rejects.toMatchObject({
      code: 'not-a-table',
    });
  });

  test('loads into a partitioned table', async () => {
    await query(`CREATE TABLE parted (id bigint, day date, PRIMARY KEY (id, day)) PARTITION BY RANGE (day);
      CREATE TABLE parted_24 PARTITION OF parted FOR VALUES FROM ('2024-01-01') TO ('2025-01-01')`);
    const of = header('parted', { id: 'integer', day: 'string:date', note: 'string?' }, ['id', 'day']);
    await loadAll(url(), upsert, of, [{ id: 1, day: '2024-05-05', note: 'a' }]);
    await loadAll(url(), upsert, of, [
      { id: 1, day: '2024-05-05', note: 'b' },
      { id: 2, day: '2024-05-05', note: 'c' },
    ]);
    expect(await query('SELECT id, note FROM parted_24 ORDER BY id')).toEqual([
      { id: '1', note: 'b' },
      { id: '2', note: 'c' },
    ]);
  });

  describe('names', () => {
    test('goes by the SDK: schema setting, environment, schema part of the stream, first schema of the search path [163]', async () => {
      const none = { load_method: 'append-only' };
      await loadAll(url(), none, header('plain_stream', { id: 'integer' }), []);
      await loadAll(url(), none, header('crm-accounts', { id: 'integer' }), []);
      await loadAll(url(), none, header('db-sales-orders', { id: 'integer' }), []);
      process.env['MELTANO_EXTRACT__LOAD_SCHEMA'] = 'from_env';
      try {
        await loadAll(url(), none, header('crm-accounts', { id: 'integer' }), []);
      } finally {
        delete process.env['MELTANO_EXTRACT__LOAD_SCHEMA'];
      }
      await loadAll(url(), { ...none, default_target_schema: 'Fixed' }, header('crm-accounts', { id: 'integer' }), []);
      const tables = await query(
        `SELECT schemaname || '.' || tablename AS name FROM pg_tables WHERE tablename IN ('plain_stream', 'accounts', 'orders')`,
      );
      expect(new Set(tables.map(({ name }) => name))).toEqual(
        new Set(['Fixed.accounts', 'crm.accounts', 'from_env.accounts', 'public.plain_stream', 'sales.orders']),
      );
    });

    test('takes any stream and property name [125]', async () => {
      const long = 'é'.repeat(40);
      const of = header('test:SpecialChars!in?"attributes', {
        order: 'integer',
        '': 'integer?',
        ' ': 'integer?',
        'quo"te': 'integer?',
        [long]: 'integer?',
        [`${long}2`]: 'integer?',
      });
      await loadAll(url(), append, of, [{ order: 1, '': 2, ' ': 3, 'quo"te': 4, [long]: 5, [`${long}2`]: 6 }]);
      const [row] = await query('SELECT * FROM "test:SpecialChars!in?""attributes"');
      expect(Object.values(row!)).toEqual(['1', '2', '3', '4', '5', '6']);
      expect(Object.keys(row!).slice(0, 4)).toEqual(['order', expect.stringMatching(/^_unnamed_/), ' ', 'quo"te']);
    });

    test('keeps properties apart that fold to one name, the same way in every run', async () => {
      const of = header('folded', { Id: 'integer', id: 'integer', ID: 'integer' });
      await loadAll(url(), { ...append, column_casing: 'lower' }, of, [{ Id: 1, id: 2, ID: 3 }]);
      await loadAll(
        url(),
        { ...append, column_casing: 'lower' },
        header('folded', { ID: 'integer', id: 'integer', Id: 'integer' }),
        [{ Id: 1, id: 2, ID: 3 }],
      );
      const rows = await query('SELECT * FROM folded');
      expect(rows[0]).toEqual(rows[1]);
      expect(rows[0]!['id']).toBe('2');
    });

    test('keeps streams apart whose tables would be one, in one run and in the next', async () => {
      const a = header('left-things', { id: 'integer' });
      const b = header('right-things', { id: 'integer' });
      const drive = await Drive.open(url(), append);
      await drive.load(a, [{ id: 1 }], { state });
      await drive.load(b, [{ id: 2 }], { state });
      await drive.close();
      await loadAll(url(), append, b, [{ id: 3 }]);
      await loadAll(url(), append, a, [{ id: 4 }]);
      const tables = await query("SELECT tablename AS name FROM pg_tables WHERE tablename LIKE 'things%' ORDER BY 1");
      expect(tables).toEqual([{ name: 'things' }, { name: expect.stringMatching(/^things_[0-9a-f]{8}$/) }]);
      expect(await query('SELECT id FROM things ORDER BY id')).toEqual([{ id: '1' }, { id: '4' }]);
      expect(await query(`SELECT id FROM "${String(tables[1]!['name'])}" ORDER BY id`)).toEqual([{ id: '2' }, { id: '3' }]);
    });

    test.each(['append-only', 'upsert', 'overwrite'])('never load a stream into our own tables (%s)', async (load_method) => {
      const config = { default_target_schema: `own_${load_method}`, load_method, load_ledger: true };
      await loadAll(url(), config, header('first', { id: 'integer' }), [{ id: 1 }], '{"kept":1}');
      const copy = header('warehouse-_singer_state', { state_id: 'string', state: 'object', updated_at: 'string:date-time' }, [
        'state_id',
      ]);
      const row = { state_id: 'default', state: { stolen: true }, updated_at: '2024-01-01T00:00:00Z' };
      await loadAll(url(), config, copy, [row]);
      await loadAll(url(), config, header('_singer_loads', { id: 'integer' }), [{ id: 1 }]);
      expect(await query(`SELECT state FROM "own_${load_method}"._singer_state`)).toEqual([{ state: { kept: 1 } }]);
      const found = await query(
        "SELECT tablename FROM pg_tables WHERE schemaname = $1 AND tablename LIKE '\\_singer%' ORDER BY 1",
        [`own_${load_method}`],
      );
      expect(found.map(({ tablename }) => tablename)).toEqual([
        '_singer_loads',
        expect.stringMatching(/^_singer_loads_[0-9a-f]{8}$/),
        '_singer_state',
        expect.stringMatching(/^_singer_state_[0-9a-f]{8}$/),
      ]);
    });
  });

  test('names the limit when there are too many columns', async () => {
    const properties = Object.fromEntries(Array.from({ length: 1601 }, (_, i) => [`c${i}`, 'integer']));
    await expect(loadAll(url(), append, header('too_wide', properties), [])).rejects.toMatchObject({ code: 'too-many-columns' });
  });

  test('two runs at once may make the same schema, table and column [149]', async () => {
    const config = { ...upsert, default_target_schema: 'raced' };
    for (let round = 0; round < 5; round++) {
      await query('DROP SCHEMA IF EXISTS raced CASCADE');
      const runs = Array.from({ length: 4 }, async (_, i) => {
        const of = header('race', { id: 'integer', [`own${i}`]: 'integer?' }, ['id']);
        return loadAll(
          url(),
          config,
          of,
          [
            { id: 1, [`own${i}`]: i },
            { id: 10 + i, [`own${i}`]: i },
          ],
          state,
        );
      });
      await Promise.all(runs);
      expect(await query('SELECT id, own0, own1, own2, own3 FROM raced.race WHERE id = 1')).toEqual([
        { id: '1', own0: '0', own1: '1', own2: '2', own3: '3' },
      ]);
      expect(await query('SELECT count(*)::int AS rows FROM raced.race')).toEqual([{ rows: 5 }]);
    }
  });
});
