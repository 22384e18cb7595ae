import type { Client } from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeWithPostgres } from '../../support/postgres.ts';
import { connected, runTap, type Choice, type TapRun } from './drive.ts';

describeWithPostgres('tap-postgres custom_queries', (url) => {
  let client: Client;
  beforeAll(async () => {
    client = await connected(url());
    await client.query(`CREATE TABLE t (id int PRIMARY KEY, at timestamptz NOT NULL, n numeric(12,2));
      INSERT INTO t SELECT g, timestamptz '2026-01-01Z' + (g / 2) * interval '1 day', g FROM generate_series(0, 9) g;
      CREATE DOMAIN positive AS numeric(9,3); CREATE TYPE pair AS (a int, b text); CREATE SEQUENCE used`);
  });
  afterAll(() => client.end());

  interface Query {
    readonly name: string;
    readonly query: string;
    readonly keys?: readonly string[];
    readonly replication_key?: string;
  }
  const sync = (query: Query, o: { choice?: Choice; state?: unknown; config?: object } = {}): Promise<TapRun> =>
    runTap(url(), { [query.name]: o.choice ?? {} }, { state: o.state, config: { custom_queries: [query], ...o.config } });
  const ids = (run: TapRun): unknown[] => {
    expect(run.error).toBeUndefined();
    return run.records.map((record) => record['id']);
  };

  it('gives a stream with the types that the server tells, its keys, and its rows', async () => {
    const query = `SELECT id, at, n, n > 4 AS big, ARRAY[id, NULL] AS list, ROW(id, 'x')::pair AS pair, n::positive AS d, 'a'::varchar(3) AS v
      FROM t WHERE id = 5 ORDER BY id;
`;
    const run = await sync({ name: 'Of "mine"', query, keys: ['id'] });
    expect(run.error).toBeUndefined();
    const schema = run.messages.find(({ type }) => type === 'SCHEMA');
    expect(schema).toMatchObject({ stream: 'Of "mine"', key_properties: ['id'] });
    expect(schema?.schema?.properties).toMatchObject({
      id: { type: ['null', 'integer'], maximum: 2147483647 },
      at: { type: ['null', 'string'], format: 'date-time' },
      n: { type: ['null', 'number'] },
      big: { type: ['null', 'boolean'] },
      list: { type: ['null', 'array'], items: { type: ['null', 'integer'] } },
      pair: { type: ['null', 'object'], properties: { a: { type: ['null', 'integer'] } } },
      d: { type: ['null', 'number'] },
      v: { type: ['null', 'string'], maxLength: 3 },
    });
    expect(JSON.parse(JSON.stringify(run.records))).toEqual([
      {
        id: 5,
        at: '2026-01-03T00:00:00+00:00',
        n: expect.anything() as unknown,
        big: true,
        list: [5, null],
        pair: { a: 5, b: 'x' },
        d: expect.anything() as unknown,
        v: 'a',
      },
    ]);
  });

  it('goes by its replication key: ties are sent once, and a second run sends what is new', async () => {
    const query = { name: 'q', query: 'SELECT id, at FROM t -- all', replication_key: 'at' };
    const first = await sync(query, { config: { max_record_count: 3 } });
    expect(ids(first)).toEqual([0, 1, 2, 3]);
    const second = await sync(query, { state: first.state });
    expect(ids(second)).toEqual([4, 5, 6, 7, 8, 9]);
    await client.query("INSERT INTO t VALUES (10, '2026-01-05Z'), (11, '2026-02-01Z')");
    expect(ids(await sync(query, { state: second.state }))).toEqual([10, 11]);
    expect(ids(await sync(query, { state: second.state, choice: { 'replication-method': 'FULL_TABLE' } }))).toHaveLength(12);
    await client.query('DELETE FROM t WHERE id > 9');
  });

  it('takes the options of streams: a window, conditions, a start, a key from the catalog', async () => {
    const query = { name: 'q', query: 'SELECT id, at FROM t' };
    const by = { 'replication-method': 'INCREMENTAL', 'replication-key': 'id' };
    const config = (options: object): object => ({ config: { stream_options: { q: options } } });
    expect(ids(await sync(query, { choice: by, ...config({ start_value: 7, custom_where_clauses: ['id <> 8'] }) }))).toEqual([
      7, 9,
    ]);
    expect(ids(await sync(query, { choice: by, ...config({ window: { from: 2, before: 4 } }) }))).toEqual([2, 3]);
  });

  it('tells everything that is wrong with any query at once, and runs none of them to find out', async () => {
    const queries = [
      { name: 'a', query: 'SELECT nothing FROM t' },
      { name: 'b', query: 'SELECT 1, 2' },
      { name: 'c', query: 'SELECT id FROM t', keys: ['key'], replication_key: 'at' },
      { name: 'd', query: 'SELECT 1 AS x; DROP TABLE t' },
      { name: 'e', query: 'DELETE FROM t' },
      { name: 'f', query: "SELECT nextval('used') AS x" },
    ];
    const run = await runTap(url(), {}, { config: { custom_queries: queries } });
    expect(run.error).toMatchObject({ code: 'config', exitCode: 2 });
    expect(String(run.error).split('\n')).toEqual([
      expect.stringContaining('custom_queries[0].query: the server refuses it: '),
      expect.stringContaining('custom_queries[1].query: gives columns of the same name: ?column?'),
      expect.stringContaining('custom_queries[2].keys: names columns that the query does not give: key'),
      expect.stringContaining('custom_queries[2].replication_key: names a column that the query does not give: at'),
      expect.stringContaining('custom_queries[3].query: the server refuses it: '),
      expect.stringContaining('custom_queries[4].query: the server refuses it: '),
    ]);
    const { rows } = await client.query('SELECT is_called FROM used');
    expect(rows).toEqual([{ is_called: false }]);
    const json = { name: 'j', query: "SELECT '{}'::json AS j", replication_key: 'j' };
    expect(String((await sync(json)).error)).toContain('custom_queries[0].replication_key: rows cannot be ordered by j');
  });

  it('a name that a table has, and a function that writes, end the run', async () => {
    expect((await sync({ name: 'public-t', query: 'SELECT 1 AS x' })).error).toMatchObject({ code: 'stream-twice', exitCode: 2 });
    const { error } = await sync({ name: 'w', query: "SELECT nextval('used') AS x" });
    expect(error).toMatchObject({ code: 'read-only', exitCode: 1 });
  });
});
