import { afterAll, beforeAll, expect, test } from 'vitest';
import { describeWithPostgres } from '../../support/postgres.ts';
import { executable, run } from '../../support/processes.ts';
import { sql, type Sql } from './drive.ts';

const schema = (stream: string, keys: readonly string[], more: object = {}): object => ({
  type: 'SCHEMA',
  stream,
  schema: { type: 'object', properties: { id: { type: 'integer' }, name: { type: ['string', 'null'] }, ...more } },
  key_properties: keys,
});
const row = (stream: string, record: object, more: object = {}): object => ({ type: 'RECORD', stream, record, ...more });
const state = (n: number): object => ({ type: 'STATE', value: { n } });
const activate = (stream: string, version: number): object => ({ type: 'ACTIVATE_VERSION', stream, version });
const DELETED = '2026-05-06T07:08:09Z';

describeWithPostgres('target-postgres by its executable', (url) => {
  let query: Sql;
  beforeAll(async () => {
    query = await sql(url());
  });
  afterAll(() => query.end());

  const load = (config: Readonly<Record<string, string>>, messages: readonly object[]): ReturnType<typeof run> => {
    const env = Object.entries({ url: url(), load_method: 'upsert', ...config }).map(([name, value]) => [
      `TARGET_POSTGRES_${name.toUpperCase()}`,
      value,
    ]);
    return run(process.execPath, [executable('target-postgres'), '--config=ENV'], {
      env: Object.fromEntries(env) as Record<string, string>,
      input: messages.map((message) => `${JSON.stringify(message)}\n`).join(''),
    });
  };
  const ids = async (table: string, where = 'true'): Promise<number[]> =>
    (await query(`SELECT id::int FROM ${table} WHERE ${where} ORDER BY id`)).map((found) => found['id'] as number);

  test.each(['true', 'false'])(
    'deletion marks in no schema remove rows, among thousands that the fast lane takes (add_record_metadata %s) [156]',
    async (metadata) => {
      const stream = `fast_deletes_${metadata}`;
      const config = { hard_delete: 'true', add_record_metadata: metadata };
      const all = Array.from({ length: 5000 }, (_, id) => row(stream, { id, name: `n${id}` }));
      expect((await load(config, [schema(stream, ['id']), ...all, state(1)])).status).toBe(0);
      const marks = Array.from({ length: 5000 }, (_, id) =>
        row(stream, id % 10 === 3 ? { id, name: `n${id}`, _sdc_deleted_at: DELETED } : { id, name: `n${id}` }),
      );
      const { status, stdout } = await load(config, [schema(stream, ['id']), ...marks, state(2)]);
      expect({ status, stdout }).toEqual({ status: 0, stdout: '{"n":2}\n' });
      expect(
        await query(`SELECT count(*)::int AS rows, count(*) FILTER (WHERE id % 10 = 3)::int AS marked FROM ${stream}`),
      ).toEqual([{ rows: 4500, marked: 0 }]);
    },
  );

  test('a version is activated when its rows are there, and the state leaves after it [151] [152] [155]', async () => {
    const stream = 'versions';
    const first = [
      activate(stream, 1),
      row(stream, { id: 1 }, { version: 1 }),
      row(stream, { id: 2 }, { version: 1 }),
      activate(stream, 1),
      state(1),
    ];
    expect((await load({}, [schema(stream, ['id']), ...first])).stdout).toBe('{"n":1}\n');
    expect(await ids(stream, '_sdc_deleted_at IS NULL')).toEqual([1, 2]);
    const cut = [activate(stream, 2), row(stream, { id: 3 }, { version: 2 })];
    await load({}, [schema(stream, ['id']), ...cut]);
    expect(await ids(stream, '_sdc_deleted_at IS NULL')).toEqual([1, 2, 3]);
    const second = [
      activate(stream, 2),
      row(stream, { id: 2 }, { version: 2 }),
      row(stream, { id: 3 }, { version: 2 }),
      activate(stream, 2),
      state(2),
    ];
    expect((await load({}, [schema(stream, ['id']), ...second])).stdout).toBe('{"n":2}\n');
    expect(await ids(stream, '_sdc_deleted_at IS NULL')).toEqual([2, 3]);
  });

  test('the brake leaves rows and state as they were, and says what to do', async () => {
    const stream = 'braked';
    const of = (version: number, count: number): object[] =>
      Array.from({ length: count }, (_, id) => row(stream, { id }, { version })).concat(activate(stream, version));
    await load({}, [schema(stream, ['id']), ...of(1, 10), state(1)]);
    const { status, stdout, stderr } = await load({ max_delete_percent: '20' }, [schema(stream, ['id']), ...of(2, 2), state(2)]);
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toMatch(/8 of 10 live rows.*max_delete_percent/s);
    expect(await ids(stream, '_sdc_deleted_at IS NULL')).toHaveLength(10);
    expect(await query("SELECT state FROM _singer_state WHERE state_id = 'default'")).toEqual([{ state: { n: 1 } }]);
  });

  test('bad records go to the quarantine table, in the default schema and in the same transaction as the rest [121]', async () => {
    const stream = 'other-checked';
    const config = { on_bad_record: 'quarantine', default_target_schema: 'with_bad', state_id: 'bad' };
    const messages = [
      schema(stream, ['id']),
      row(stream, { id: 1 }),
      row(stream, { id: 'no number' }),
      row(stream, { id: 2 }),
      state(5),
    ];
    const { status, stdout } = await load(config, messages);
    expect({ status, stdout }).toEqual({ status: 0, stdout: '{"n":5}\n' });
    expect(await ids('with_bad.checked')).toEqual([1, 2]);
    const kept = await query('SELECT stream, line::int, record FROM with_bad._sdc_quarantine');
    expect(kept).toEqual([{ stream, line: 3, record: '{"id":"no number"}' }]);
    expect(await query("SELECT indexname FROM pg_indexes WHERE tablename = '_sdc_quarantine'")).toEqual([]);
    const others = { load_method: 'overwrite', version_column: 'name', indexes: '["name"]' };
    expect((await load({ ...config, ...others }, messages)).status).toBe(0);
    expect(await query('SELECT count(*)::int AS rows FROM with_bad._sdc_quarantine')).toEqual([{ rows: 2 }]);
  });

  test('a run has its own id in the ledger', async () => {
    await load({ load_ledger: 'true', run_id: 'nightly-7' }, [schema('booked', ['id']), row('booked', { id: 1 }), state(6)]);
    expect(await query('SELECT run_id, stream, rows::int, status FROM _singer_loads')).toEqual([
      { run_id: 'nightly-7', stream: 'booked', rows: 1, status: 'complete' },
    ]);
  });
});
