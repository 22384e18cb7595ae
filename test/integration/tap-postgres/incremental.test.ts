import { beforeEach, describe, expect, it } from 'vitest';
import { describeWithPostgres } from '../../support/postgres.ts';
import { connected, runTap, type TapRun, withEmptySchema } from './drive.ts';

const by = (key: string): { 'replication-method': string; 'replication-key': string } => ({
  'replication-method': 'INCREMENTAL',
  'replication-key': key,
});

function bookmarkOf(state: unknown, stream: string): Record<string, unknown> {
  return (state as { bookmarks: Record<string, Record<string, unknown>> }).bookmarks[stream]!;
}

describeWithPostgres('tap-postgres INCREMENTAL', (url) => {
  const client = withEmptySchema(url);
  const ids = (run: TapRun): unknown[] => {
    expect(run.error).toBeUndefined();
    return run.records.map((record) => record['id']);
  };

  describe('a table with a key', () => {
    const sync = (state?: unknown, config = {}): Promise<TapRun> => runTap(url(), { 's-t': by('at') }, { state, config });
    beforeEach(async () => {
      await client.query(`CREATE TABLE s.t (id int PRIMARY KEY, at timestamptz NOT NULL DEFAULT now(), x text);
        INSERT INTO s.t SELECT g, timestamptz '2026-01-01 00:00:00.000001+00' + g / 3 * interval '1 microsecond' FROM generate_series(0, 9) g`);
    });

    it('gives all rows in order, then nothing, then what is new; the state is exact to the microsecond', async () => {
      const first = await sync();
      expect(ids(first)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
      expect(bookmarkOf(first.state, 's-t')).toMatchObject({
        replication_key: 'at',
        replication_key_value: '2026-01-01 00:00:00.000004+00',
        replication_key_type: 'timestamptz',
        rows_at_value: 'all',
      });
      const second = await sync(first.state);
      expect(ids(second)).toEqual([]);
      await client.query(
        "INSERT INTO s.t VALUES (10, '2026-01-01 00:00:00.000005+00'); UPDATE s.t SET at = '2026-01-02' WHERE id = 3",
      );
      const third = await sync(second.state);
      expect(ids(third)).toEqual([10, 3]);
      expect(ids(await sync(third.state))).toEqual([]);
    });

    it('sends a row that comes at the last value, and none of its ties again', async () => {
      const first = await sync();
      await client.query("INSERT INTO s.t VALUES (-1, '2026-01-01 00:00:00.000004+00'), (99, '2026-01-01 00:00:00.000004+00')");
      const second = await sync(first.state);
      expect(ids(second)).toEqual([-1, 99]);
      expect(ids(await sync(second.state))).toEqual([]);
    });

    it('sends rows that are committed late, whatever was committed before them', async () => {
      const slow = await connected(url());
      await slow.query(
        "BEGIN; INSERT INTO s.t VALUES (20, '2025-12-31'); SAVEPOINT a; INSERT INTO s.t VALUES (21, '2025-12-31')",
      );
      await client.query("INSERT INTO s.t VALUES (22, '2026-02-01')");
      const first = await sync();
      expect(ids(first)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 22]);
      // Older than the late ones, and committed while they are not: sent once.
      await client.query("INSERT INTO s.t VALUES (23, '2025-12-31')");
      const second = await sync(first.state);
      expect(ids(second)).toEqual([23]);
      await slow.query('COMMIT');
      // It may have had subtransactions, so that nobody knows of what came after it began: that is sent again, once.
      const third = await sync(second.state);
      expect(ids(third)).toEqual([20, 21, 23, 22]);
      expect(ids(await sync(third.state))).toEqual([]);
      await slow.end();
    });

    it('[82] a row that is changed while they are read comes with the next run, which the bookmark has not passed', async () => {
      let changed = false;
      const first = await runTap(
        url(),
        { 's-t': by('at') },
        {
          onWrite: async (text) => {
            if (changed || !text.includes('RECORD')) return;
            changed = true;
            await client.query("UPDATE s.t SET at = '2026-03-01', x = 'changed' WHERE id IN (0, 9)");
          },
        },
      );
      expect([changed, new Set(ids(first))]).toEqual([true, new Set([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])]);
      const second = await sync(first.state);
      expect(second.records).toMatchObject([0, 9].map((id) => ({ id, x: 'changed' })));
      expect(ids(await sync(second.state))).toEqual([]);
    });

    it('does not send again, run after run, what was written beside a transaction that never ends', async () => {
      const slow = await connected(url());
      await slow.query("BEGIN; INSERT INTO s.t VALUES (20, '2025-12-31')");
      await client.query("INSERT INTO s.t VALUES (22, '2026-02-01')");
      let { state } = await sync();
      for (const id of [30, 31]) {
        await client.query('INSERT INTO s.t VALUES ($1, $2)', [id, `2026-02-${id - 20}`]);
        const run = await sync(state);
        expect(ids(run)).toEqual([id]);
        ({ state } = run);
      }
      await slow.query('ROLLBACK');
      await slow.end();
    });

    it('misses late rows where it is told to, and only those before the lookback', async () => {
      const first = await sync();
      await client.query("INSERT INTO s.t VALUES (20, '2025-12-31'), (21, '2025-06-01')");
      expect(ids(await sync(first.state, { late_commits: 'ignore' }))).toEqual([]);
      expect(ids(await sync(first.state, { lookback: '3 days' }))).toEqual([20]);
      expect(ids(await sync((await sync(first.state, { late_commits: 'ignore' })).state))).toEqual([21, 20]);
    });

    it('goes on exactly where a limit stopped it, in the midst of ties, and finds late rows as well in pieces', async () => {
      let state: unknown;
      const seen: unknown[] = [];
      for (let n = 0; n < 5; n++) {
        const run = await sync(state, { max_record_count: 4 });
        seen.push(...ids(run));
        ({ state } = run);
      }
      expect(seen).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
      await client.query("INSERT INTO s.t SELECT g, '2025-01-01' FROM generate_series(50, 54) g");
      const late: unknown[] = [];
      for (const more of [
        "INSERT INTO s.t VALUES (49, '2024-01-01')",
        "INSERT INTO s.t VALUES (60, '2027-01-01')",
        'SELECT',
        'SELECT',
        'SELECT',
      ]) {
        const run = await sync(state, { max_record_count: 2 });
        late.push(...ids(run));
        ({ state } = run);
        await client.query(more);
      }
      expect(late).toEqual([50, 51, 49, 52, 53, 54, 60]);
    });

    it('looks at all rows again when the table was made anew under its name, and says so', async () => {
      const first = await sync();
      await client.query(`CREATE TABLE s.other (LIKE s.t INCLUDING ALL); INSERT INTO s.other VALUES (1, '2025-01-01')`);
      const { rows } = await client.query<{ snapshot: string }>('SELECT pg_current_snapshot()::text AS snapshot');
      const state = { bookmarks: { 's-t': { ...bookmarkOf(first.state, 's-t'), snapshot: rows[0]!.snapshot } } };
      await client.query('DROP TABLE s.t; ALTER TABLE s.other RENAME TO t');
      const second = await sync(state);
      expect(ids(second)).toEqual([1]);
      expect(second.log.lines.filter(({ level }) => level === 'warn').map(({ message }) => message)).toEqual([
        expect.stringContaining('of another table or server'),
      ]);
      expect(ids(await sync(second.state))).toEqual([]);
    });

    it('[75] starts where start_value and start_date say, for late rows as well', async () => {
      const config = { start_date: '2026-01-01T00:00:00.000003Z' };
      const first = await sync(undefined, config);
      expect(ids(first)).toEqual([6, 7, 8, 9]);
      await client.query("INSERT INTO s.t VALUES (20, '2025-12-31'), (21, '2026-01-01 00:00:00.000003Z')");
      expect(ids(await sync(first.state, config))).toEqual([21]);
      const options = { stream_options: { 's-t': { start_value: '2026-01-01 00:00:00.000004+00' } } };
      expect(ids(await sync(undefined, options))).toEqual([9]);
    });

    it('says which value is wrong, and does not show it', async () => {
      for (const [run, path] of [
        [sync({ bookmarks: { 's-t': { replication_key: 'at', replication_key_value: 'secret' } } }), 'replication_key_value'],
        [sync(undefined, { start_date: 'secret' }), 'start_value'],
        [sync(undefined, { stream_options: { '*': { start_value: 'secret' } } }), 'start_value'],
      ] as const) {
        const { error } = await run;
        expect(error).toMatchObject({ code: 'replication-key-value', exitCode: 2 });
        expect(String(error)).toContain(path);
        expect(String(error)).not.toContain('secret');
      }
    });
  });

  it('takes any order by the database: numeric, text with its collation, uuid, bytea, date, enum, money, floats, intervals', async () => {
    await client.query(`CREATE TYPE s.mood AS ENUM ('sad', 'ok', 'happy');
      CREATE TABLE s.t (id int, n numeric, c text COLLATE "C", u text COLLATE "en-x-icu", g uuid, b bytea, d date, m s.mood, p money, f float8, i interval, v varchar(3), h char(4));
      INSERT INTO s.t VALUES
      (1, 'NaN', 'b', 'B', '00000000-0000-0000-0000-000000000002', '\\x00ff', '0044-03-15 BC', 'happy', 2.5, 'NaN', '1 mon', 'ab', 'a'),
      (2, 1e-30, E'a\\tb\\\\\\n', 'a', '00000000-0000-0000-0000-000000000001', '\\x5c', 'infinity', 'sad', -1, 1e-300, '30 days 1 us', 'a''b', 'a b'),
      (3, 12345678901234567890.123, 'B', 'ä', '00000000-0000-0000-0000-000000000003', '\\x', '2026-01-01', 'ok', 1234567.89, 0.1, '-1 year', '', '')`);
    for (const key of ['n', 'c', 'u', 'g', 'b', 'd', 'm', 'p', 'f', 'i', 'v', 'h']) {
      const { rows } = await client.query<{ id: number }>(`SELECT id FROM s.t ORDER BY ${key}, ctid`);
      const expected = rows.map(({ id }) => id);
      const seen: unknown[] = [];
      let state: unknown;
      for (let n = 0; n < 4; n++) {
        const run = await runTap(url(), { 's-t': by(key) }, { state, config: { max_record_count: 1 } });
        seen.push(...ids(run));
        ({ state } = run);
      }
      expect([key, seen]).toEqual([key, expected]);
    }
  });

  describe('rows without a replication key', () => {
    const sync = (state: unknown, policy: string): Promise<TapRun> =>
      runTap(url(), { 's-t': by('k') }, { state, config: { null_replication_key: policy } });
    beforeEach(async () => {
      await client.query(
        'CREATE TABLE s.t (id int PRIMARY KEY, k int); INSERT INTO s.t VALUES (1, 1), (2, NULL), (3, NULL), (4, 2)',
      );
    });

    it.each<[string, number[], number[]]>([
      ['include_once', [2, 3, 1, 4], [5]],
      ['include_always', [2, 3, 1, 4], [2, 3, 5]],
      ['exclude', [1, 4], []],
    ])('%s', async (policy, first, then) => {
      const one = await sync(undefined, policy);
      expect(ids(one)).toEqual(first);
      await client.query('INSERT INTO s.t VALUES (5, NULL)');
      const two = await sync(one.state, policy);
      expect(ids(two)).toEqual(then);
      expect(ids(await sync(two.state, policy))).toEqual(policy === 'include_always' ? [2, 3, 5] : []);
    });

    it('fail', async () => {
      const { error, records } = await sync(undefined, 'fail');
      expect([error, records]).toEqual([expect.objectContaining({ code: 'replication-key-null' }), []]);
    });

    it('goes on among them, too', async () => {
      const one = await runTap(url(), { 's-t': by('k') }, { config: { max_record_count: 1 } });
      expect([ids(one), bookmarkOf(one.state, 's-t')['replication_key_value']]).toEqual([[2], null]);
      expect(ids(await sync(one.state, 'include_once'))).toEqual([3, 1, 4]);
    });
  });

  describe('a table without a key', () => {
    beforeEach(async () => {
      await client.query(
        'CREATE TABLE s.t (id int, k int NOT NULL); INSERT INTO s.t SELECT g, g / 4 FROM generate_series(0, 9) g',
      );
    });
    const sync = (state?: unknown, config = {}): Promise<TapRun> => runTap(url(), { 's-t': by('k') }, { state, config });

    it('goes on in the midst of ties, and starts the value again when the file was written anew', async () => {
      const one = await sync(undefined, { max_record_count: 6 });
      expect(ids(one)).toEqual([0, 1, 2, 3, 4, 5]);
      expect(ids(await sync(one.state))).toEqual([6, 7, 8, 9]);
      await client.query('VACUUM FULL s.t');
      expect(ids(await sync(one.state))).toEqual([4, 5, 6, 7, 8, 9]);
    });

    it('sends each of two equal rows', async () => {
      const one = await sync();
      await client.query('INSERT INTO s.t VALUES (9, 2), (9, 2)');
      const two = await sync(one.state);
      expect(ids(two)).toEqual([9, 9]);
      expect(ids(await sync(two.state))).toEqual([]);
    });
  });

  describe('a view', () => {
    beforeEach(async () => {
      await client.query(`CREATE TABLE s.base (id int, k int); CREATE VIEW s.t AS SELECT * FROM s.base;
        INSERT INTO s.base SELECT g, g / 4 FROM generate_series(0, 9) g`);
    });
    const sync = (state?: unknown, config = {}): Promise<TapRun> => runTap(url(), { 's-t': by('k') }, { state, config });

    it('gives new rows at the last value, none of those that were sent, each of two equal ones', async () => {
      const one = await sync();
      expect(ids(one)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
      await client.query('INSERT INTO s.base VALUES (9, 2), (9, 2), (10, 3), (11, 1)');
      const two = await sync(one.state);
      expect(ids(two)).toEqual([9, 9, 10]);
      expect(ids(await sync(two.state))).toEqual([]);
      expect(ids(await sync(two.state, { lookback: 2 })).toSorted((a, b) => Number(a) - Number(b))).toEqual([
        4, 5, 6, 7, 8, 9, 9, 9, 11,
      ]);
      expect(one.log.lines.filter(({ level }) => level === 'info').map(({ message }) => message)).toEqual([
        expect.stringContaining('unless lookback is set'),
      ]);
    });

    it('is read to the end of a value when a limit stops it', async () => {
      const one = await sync(undefined, { max_record_count: 2 });
      expect(ids(one)).toEqual([0, 1, 2, 3]);
      expect(ids(await sync(one.state, { max_record_count: 2 }))).toEqual([4, 5, 6, 7]);
    });
  });

  it('sees a partition that was attached with older rows, and rows of a table that inherits and shares a key', async () => {
    await client.query(`CREATE TABLE s.t (id int, k int NOT NULL, PRIMARY KEY (id, k)) PARTITION BY RANGE (k);
      CREATE TABLE s.t1 PARTITION OF s.t FOR VALUES FROM (0) TO (10); CREATE TABLE s.t2 (id int, k int NOT NULL, PRIMARY KEY (id, k));
      INSERT INTO s.t VALUES (1, 5); INSERT INTO s.t2 VALUES (2, -5);
      CREATE TABLE s.p (id int PRIMARY KEY, k int NOT NULL); CREATE TABLE s.c () INHERITS (s.p);
      INSERT INTO s.p VALUES (1, 1); INSERT INTO s.c VALUES (1, 1), (1, 1)`);
    const one = await runTap(url(), { 's-t': by('k'), 's-p': by('k') }, { config: { max_record_count: 1 } });
    expect(ids(one)).toEqual([1, 1]);
    await client.query('ALTER TABLE s.t ATTACH PARTITION s.t2 FOR VALUES FROM (-10) TO (0)');
    const two = await runTap(url(), { 's-t': by('k'), 's-p': by('k') }, { state: one.state });
    expect(ids(two)).toEqual([2, 1, 1]);
  });

  it('[78] goes on from bookmarks of other taps and of people: rows at the value are sent again', async () => {
    await client.query(`CREATE TABLE s.t (id int PRIMARY KEY, at timestamp NOT NULL, n bigint NOT NULL);
      INSERT INTO s.t VALUES (1, '2026-01-01', 1), (2, '2026-01-02', 9007199254740993), (3, '2026-01-03', 9007199254740994)`);
    const database = new URL(url()).pathname.slice(1);
    for (const [key, name, bookmark] of [
      [
        'at',
        's-t',
        { replication_key: 'at', replication_key_value: '2026-01-02T00:00:00+00:00', starting_replication_value: null },
      ],
      [
        'at',
        's-t',
        {
          last_replication_method: 'INCREMENTAL',
          replication_key: 'at',
          replication_key_value: '2026-01-02T00:00:00+00:00',
          version: 1,
        },
      ],
      ['at', `${database}-s-t`, { replication_key: 'at', replication_key_value: '2026-01-02T00:00:00.000000Z', version: 1 }],
      ['at', 's-t', { replication_key_value: '2026-01-02' }],
      ['n', 's-t', '{"replication_key":"n","replication_key_value":9007199254740993}'],
    ] as const) {
      const state = `{"bookmarks":{${JSON.stringify(name)}:${typeof bookmark === 'string' ? bookmark : JSON.stringify(bookmark)}}}`;
      const { parseExact } = await import('../../../singer/json-text.ts');
      const run = await runTap(url(), { 's-t': by(key) }, { state: parseExact(state) });
      expect(ids(run)).toEqual([2, 3]);
    }
    const whole = { last_replication_method: 'FULL_TABLE', version: 1, xmin: 5 };
    expect(ids(await runTap(url(), { 's-t': by('at') }, { state: { bookmarks: { 's-t': whole } } }))).toEqual([1, 2, 3]);
  });
});
