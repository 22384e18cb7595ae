import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Json } from '../../../singer/index.ts';
import { describeWithPostgres } from '../../support/postgres.ts';
import { sql, type Sql } from './drive.ts';
import { through, type Lane, type Said } from './through-core.ts';

const NULLABLE = (type: string): object => ({ type: [type, 'null'] });
const schema = (stream: string, properties: object, keys: readonly string[] = ['id']): string =>
  JSON.stringify({
    type: 'SCHEMA',
    stream,
    schema: { type: 'object', properties: { id: { type: 'integer' }, ...properties } },
    key_properties: keys,
  });
const record = (stream: string, value: object): string => JSON.stringify({ type: 'RECORD', stream, record: value });
const state = (n: number): string => `{"type":"STATE","value":{"n":${n}}}`;

describeWithPostgres('records that only the server refuses', (url) => {
  let query: Sql;
  beforeAll(async () => {
    query = await sql(url());
    await query(`CREATE TYPE mood AS ENUM ('sad', 'happy'); CREATE TABLE parents (id bigint PRIMARY KEY); INSERT INTO parents VALUES (1);
      CREATE FUNCTION no_thirteen() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.id = 13 THEN RAISE 'never'; END IF; RETURN NEW; END $$;
      CREATE SEQUENCE cuts;
      CREATE FUNCTION cut_once() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        IF nextval('cuts') = 1 THEN PERFORM pg_terminate_backend(pg_backend_pid()); END IF; RETURN NEW; END $$`);
  });
  afterAll(() => query.end());

  const load = (lane: Lane, settings: Record<string, Json>, lines: readonly string[]): Promise<Said> =>
    through(url(), lane, { on_bad_record: 'quarantine', state_table: '', ...settings }, lines);
  const kept = (stream: string): Promise<Record<string, unknown>[]> =>
    query('SELECT code, rule, property, record, line FROM _sdc_quarantine WHERE stream = $1 ORDER BY record', [stream]);

  describe.each([
    ['append-only', 'fast'],
    ['append-only', 'general'],
    ['upsert', 'fast'],
    ['upsert', 'general'],
  ] as const)('with %s (%s lane)', (load_method, lane) => {
    test('go to the quarantine, whatever it is that refuses them, and all others to the table', async () => {
      const stream = `refusing_${load_method.slice(0, 6)}_${lane}`;
      await query(`CREATE TABLE ${stream} (id bigint PRIMARY KEY, small int, short varchar(3), feels mood, parent bigint REFERENCES parents,
          mail text CONSTRAINT "${stream}_mail" UNIQUE, share numeric CONSTRAINT "${stream}_share" CHECK (share <= 1));
        CREATE TRIGGER t BEFORE INSERT OR UPDATE ON ${stream} FOR EACH ROW EXECUTE FUNCTION no_thirteen()`);
      const properties = {
        small: NULLABLE('integer'),
        short: NULLABLE('string'),
        feels: NULLABLE('string'),
        parent: NULLABLE('integer'),
        mail: NULLABLE('string'),
        share: NULLABLE('number'),
      };
      const good = { small: 1, short: 'abc', feels: 'sad', parent: 1, mail: null, share: 0.5 };
      const bad = [
        { ...good, id: 10, small: 3_000_000_000 },
        { ...good, id: 11, short: 'a\t"b\\c\n' },
        { ...good, id: 12, feels: 'ecstatic' },
        { ...good, id: 13 },
        { ...good, id: 14, parent: 2 },
        { ...good, id: 15, mail: 'taken' },
        { ...good, id: 16, share: 1.5 },
      ];
      const rows = [{ ...good, id: 1, mail: 'taken' }, ...bad, { ...good, id: 2 }];
      const said = await load(lane, { load_method, add_record_metadata: false }, [
        schema(stream, properties),
        ...rows.map((row) => record(stream, row)),
        state(1),
      ]);
      expect(said.states).toEqual(['{"n":1}']);
      expect(await query(`SELECT id::int FROM ${stream} ORDER BY id`)).toEqual([{ id: 1 }, { id: 2 }]);
      const found = await kept(stream);
      const byId = found.map((row) => ({ ...row, record: JSON.parse(String(row['record'])) as { id: number } }));
      expect(byId.toSorted((a, b) => a.record.id - b.record.id)).toMatchObject([
        { code: 'number-out-of-range', rule: '22003', property: 'small', line: null },
        { code: 'text-too-long', rule: '22001', property: 'short' },
        { code: 'value-refused', rule: '22P02', property: 'feels' },
        { code: 'raised', rule: 'P0001', property: null },
        { code: 'constraint', rule: `${stream}_parent_fkey`, property: null },
        { code: 'duplicate-key', rule: `${stream}_mail`, property: null },
        { code: 'constraint', rule: `${stream}_share`, property: null },
      ]);
      expect(byId.map((row) => row.record)).toEqual(expect.arrayContaining(bad));
      expect(said.summaries.get(stream)).toMatchObject({ refused: 7 });
      expect(said.summaries.get('_sdc_quarantine')).toEqual({ appended: 7 });
      expect(said.warnings.map(({ fields }) => fields['quarantine'])).toContain('_sdc_quarantine');
      expect(JSON.stringify(said)).not.toMatch(/ecstatic|taken/);
    });

    test('are found among thousands, at either end and side by side; the order of the others holds', async () => {
      const stream = `many_${load_method.slice(0, 6)}_${lane}`;
      await query(
        `CREATE TABLE ${stream} (at bigserial, id bigint ${load_method === 'upsert' ? 'UNIQUE' : ''}, n int CHECK (n < 1000000))`,
      );
      const bad = new Set([0, 1, 2, 2500, 3333, 3334, 4999]);
      // Each id comes twice, the second time with the number that counts.
      const rows = Array.from({ length: 5000 }, (_, i) => ({ id: i % 2500, n: bad.has(i) ? 1_000_000 + i : i }));
      const said = await load(lane, { load_method, add_record_metadata: false, batch_size_rows: 1000 }, [
        schema(stream, { n: NULLABLE('integer') }),
        ...rows.map((row) => record(stream, row)),
        state(1),
      ]);
      expect(said.states).toEqual(['{"n":1}']);
      expect((await kept(stream)).map((row) => JSON.parse(String(row['record'])) as object)).toEqual(
        rows.filter(({ n }) => n >= 1_000_000).toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)),
      );
      const good = rows.filter(({ n }) => n < 1_000_000);
      const expected = load_method === 'upsert' ? [...new Map(good.map((row) => [row.id, row])).values()] : good;
      const found = await query(`SELECT id::int, n FROM ${stream} ORDER BY ${load_method === 'upsert' ? 'id' : 'at'}`);
      expect(found).toEqual(load_method === 'upsert' ? expected.toSorted((a, b) => a.id - b.id) : expected);
    });
  });

  const checked = async (table: string): Promise<void> =>
    void (await query(`CREATE TABLE ${table} (id bigint PRIMARY KEY, n int CHECK (n < 10))`));
  const lines = (stream: string, numbers: readonly number[]): string[] => [
    schema(stream, { n: NULLABLE('integer') }),
    ...numbers.map((n, id) => record(stream, { id, n })),
  ];

  test('count as bad ones: more than max_errors or max_error_rate allow end the run, and nothing of the unit is there', async () => {
    await checked('limited');
    const numbers = [1, 20, 2, 20];
    for (const limit of [{ max_errors: 1 }, { max_error_rate: 0.4 }]) {
      const refused = load('fast', { load_method: 'upsert', ...limit }, [...lines('limited', numbers), state(1)]);
      await expect(refused).rejects.toMatchObject({ code: 'too-many-bad-records', facts: { bad: 2, records: 4 } });
    }
    expect(await query('SELECT FROM limited')).toEqual([]);
    expect(await kept('limited')).toEqual([]);
    const mixed = [...lines('limited', numbers), record('limited', { id: 'none', n: 1 }), state(1)];
    await expect(load('fast', { load_method: 'upsert', max_errors: 2 }, mixed)).rejects.toMatchObject({ facts: { bad: 3 } });
    const enough = { load_method: 'upsert', max_errors: 3, max_error_rate: 0.6 };
    expect((await load('fast', enough, mixed)).states).toEqual(['{"n":1}']);
    expect(await kept('limited')).toHaveLength(3);
  });

  test('end the run where on_bad_record is not quarantine, also for one stream alone', async () => {
    await checked('strict');
    for (const policy of ['fail', 'null_value'])
      await expect(load('fast', { on_bad_record: policy }, [...lines('strict', [1, 20]), state(1)])).rejects.toMatchObject({
        code: 'constraint',
      });
    const options = { stream_options: { strict: { on_bad_record: 'fail' } } };
    await expect(load('fast', options, [...lines('strict', [1, 20]), state(1)])).rejects.toMatchObject({ code: 'constraint' });
    expect(await query('SELECT FROM strict')).toEqual([]);
  });

  test('end the run in an overwrite, which replaces all or nothing', async () => {
    await checked('replaced');
    await query('INSERT INTO replaced VALUES (77, 7)');
    const refused = load('fast', { load_method: 'overwrite' }, [...lines('replaced', [1, 20]), state(1)]);
    await expect(refused).rejects.toMatchObject({ code: 'constraint' });
    expect(await query('SELECT id::int FROM replaced')).toEqual([{ id: 77 }]);
  });

  test('wait for the STATE that covers them, so that a run which dies before leaves none in the quarantine', async () => {
    await checked('uncovered');
    const dies = load('fast', { load_method: 'upsert', batch_size_rows: 2 }, [
      ...lines('uncovered', [1, 20, 2, 3]),
      'no message',
    ]);
    await expect(dies).rejects.toThrow();
    expect(await kept('uncovered')).toEqual([]);
    await load('fast', { load_method: 'upsert', batch_size_rows: 2 }, [...lines('uncovered', [1, 20, 2, 3]), state(1)]);
    expect(await kept('uncovered')).toHaveLength(1);
  });

  test('are there once when the unit is loaded again after a lost connection', async () => {
    await checked('again');
    await query(`CREATE TABLE cut (id bigint PRIMARY KEY);
      CREATE TRIGGER t BEFORE INSERT ON cut FOR EACH ROW EXECUTE FUNCTION cut_once()`);
    const said = await load('fast', { load_method: 'upsert', max_errors: 1 }, [
      ...lines('again', [1, 20]),
      schema('cut', {}),
      record('cut', { id: 1 }),
      state(1),
    ]);
    expect(said.states).toEqual(['{"n":1}']);
    expect(said.warnings.map(({ message }) => message)).toContainEqual(expect.stringContaining('tried again'));
    expect(await kept('again')).toHaveLength(1);
    expect(await query('SELECT id::int FROM again')).toEqual([{ id: 0 }]);
    expect(await query('SELECT id::int FROM cut')).toEqual([{ id: 1 }]);
    expect(said.summaries.get('again')).toMatchObject({ inserted: 1, refused: 1 });
  });

  test('do not mix with a stream that has the quarantine’s name', async () => {
    await checked('named');
    const taken = [schema('aside', {}), ...lines('named', [20]), state(1)];
    await expect(load('fast', { quarantine_stream: 'aside' }, taken)).rejects.toThrow(/quarantine_stream/);
    const later = [...lines('named', [20]), state(1), ...lines('named2', [1]), schema('aside', {}), state(2)];
    await expect(load('fast', { quarantine_stream: 'aside', batch_size_rows: 1 }, later)).rejects.toThrow(/quarantine_stream/);
  });
});
