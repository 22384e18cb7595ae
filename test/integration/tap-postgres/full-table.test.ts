import { describe, expect, it } from 'vitest';
import { describeWithPostgres } from '../../support/postgres.ts';
import { SERVER_VERSION } from '../../support/server-version.ts';
import { connected, endConnections, onceAt, runTap, type TapRun, withEmptySchema } from './drive.ts';

const PAGE_BYTES = 8192;
/** Ten pages, of ten rows, between two places where a reading can go on. */
const config = { emit_activate_version_messages: true, resume_interval_bytes: 10 * PAGE_BYTES };
/** A row fills its page. */
const FILLING = "x text NOT NULL DEFAULT repeat('x', 7000)";
const TABLE = `CREATE TABLE s.t (id int PRIMARY KEY, ${FILLING}) WITH (autovacuum_enabled = off); ALTER TABLE s.t ALTER x SET STORAGE PLAIN;
  INSERT INTO s.t SELECT generate_series(1, 100)`;

const range = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, n) => from + n);
/** What a run sent, in order. */
const ids = ({ records }: TapRun): number[] => records.map((record) => Number(record['id']));
const sorted = (run: TapRun): number[] => ids(run).toSorted((a, b) => a - b);
const versions = ({ messages }: TapRun): ReadonlySet<number | undefined> =>
  new Set(messages.flatMap((message) => (message.type === 'RECORD' ? [message.version] : [])));
const activated = ({ messages }: TapRun): (number | undefined)[] =>
  messages.flatMap((message) => (message.type === 'ACTIVATE_VERSION' ? [message.version] : []));
const told = ({ log }: TapRun): unknown[] => log.lines.flatMap(({ fields }) => fields['reason'] ?? []);
const complete = (run: TapRun): TapRun => {
  expect(run.error).toBeUndefined();
  return run;
};

describeWithPostgres('tap-postgres FULL_TABLE', (url) => {
  const client = withEmptySchema(url);
  /** Of a database that is as it was made, `s-t` is the one to read. */
  const sync = (
    o: { state?: unknown; config?: object; root?: object; onWrite?: (text: string) => Promise<void> } = {},
  ): Promise<TapRun> =>
    runTap(url(), { 's-t': { 'replication-method': 'FULL_TABLE', ...o.root } }, { ...o, config: { ...config, ...o.config } });
  /** A reading that is stopped at a STATE that has this in it: that says where it could go on. */
  const cut = async (o: { config?: object; root?: object; state?: unknown; at?: string } = {}): Promise<TapRun> => {
    const controller = new AbortController();
    const run = await runTap(
      url(),
      { 's-t': { 'replication-method': 'FULL_TABLE', ...o.root } },
      {
        config: { ...config, ...o.config },
        state: o.state,
        signal: controller.signal,
        onWrite: (text) => {
          if (text.includes(o.at ?? '"resume":')) controller.abort(new Error('stop'));
          return undefined;
        },
      },
    );
    expect(String(run.error)).toContain('stop');
    return run;
  };

  describe('reads all rows once', () => {
    it.each<[string, string]>([
      ['a table', `CREATE TABLE s.t (id int); INSERT INTO s.t SELECT generate_series(1, 3000)`],
      ['an empty table', 'CREATE TABLE s.t (id int)'],
      ['a materialized view', 'CREATE MATERIALIZED VIEW s.t AS SELECT id FROM generate_series(1, 3000) id'],
      ['a view', 'CREATE VIEW s.t AS SELECT id FROM generate_series(1, 3000) id'],
      [
        'partitions of partitions, one of them empty',
        `CREATE TABLE s.t (id int) PARTITION BY RANGE (id); CREATE TABLE s.t1 PARTITION OF s.t FOR VALUES FROM (0) TO (1000);
         CREATE TABLE s.t2 PARTITION OF s.t FOR VALUES FROM (1000) TO (9000) PARTITION BY HASH (id); CREATE TABLE s.t3 PARTITION OF s.t FOR VALUES FROM (9000) TO (9999);
         CREATE TABLE s.t21 PARTITION OF s.t2 FOR VALUES WITH (MODULUS 2, REMAINDER 0); CREATE TABLE s.t22 PARTITION OF s.t2 FOR VALUES WITH (MODULUS 2, REMAINDER 1);
         INSERT INTO s.t SELECT generate_series(1, 3000)`,
      ],
      [
        'a table and those that inherit from it',
        `CREATE TABLE s.t (id int); CREATE TABLE s.c (more text) INHERITS (s.t); CREATE TABLE s.d () INHERITS (s.c);
         INSERT INTO s.t SELECT generate_series(1, 1000); INSERT INTO s.c SELECT generate_series(1001, 2000), 'c'; INSERT INTO s.d SELECT generate_series(2001, 3000), 'd'`,
      ],
      [
        'a foreign table',
        `CREATE EXTENSION IF NOT EXISTS postgres_fdw; DROP SERVER IF EXISTS itself CASCADE;
         DO $$ BEGIN EXECUTE format('CREATE SERVER itself FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host %L, port %L, dbname %L)', '127.0.0.1', current_setting('port'), current_database()); END $$;
         CREATE USER MAPPING FOR CURRENT_USER SERVER itself OPTIONS (user 'postgres', password_required 'false');
         CREATE TABLE s.far (id int); INSERT INTO s.far SELECT generate_series(1, 3000); CREATE FOREIGN TABLE s.t (id int) SERVER itself OPTIONS (schema_name 's', table_name 'far')`,
      ],
      [
        'a partitioned table, one of whose partitions is a foreign table',
        `CREATE EXTENSION IF NOT EXISTS postgres_fdw; DROP SERVER IF EXISTS itself CASCADE;
         DO $$ BEGIN EXECUTE format('CREATE SERVER itself FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host %L, port %L, dbname %L)', '127.0.0.1', current_setting('port'), current_database()); END $$;
         CREATE USER MAPPING FOR CURRENT_USER SERVER itself OPTIONS (user 'postgres', password_required 'false');
         CREATE TABLE s.t (id int) PARTITION BY RANGE (id); CREATE TABLE s.t1 PARTITION OF s.t FOR VALUES FROM (0) TO (1001); INSERT INTO s.t SELECT generate_series(1, 1000);
         CREATE TABLE s.far (id int); INSERT INTO s.far SELECT generate_series(1001, 3000); CREATE FOREIGN TABLE s.t2 PARTITION OF s.t FOR VALUES FROM (1001) TO (9999) SERVER itself OPTIONS (schema_name 's', table_name 'far')`,
      ],
    ])('of %s', async (name, sql) => {
      await client.query(sql);
      const run = complete(await sync());
      expect(sorted(run)).toEqual(name.includes('empty table') ? [] : range(1, 3000));
      expect(activated(run).at(-1)).toEqual([...versions(run)][0] ?? expect.any(Number));
      expect(run.state).toEqual({ bookmarks: { 's-t': { activated_version: activated(run).at(-1) } } });
    });

    it('of a table of which the role may read some columns only, and of one with policies', async () => {
      await client.query(
        `${TABLE}; DROP ROLE IF EXISTS partly; CREATE ROLE partly; GRANT USAGE ON SCHEMA s TO partly; GRANT SELECT (id) ON s.t TO partly`,
      );
      expect(sorted(complete(await sync({ config: { role: 'partly' } })))).toEqual(range(1, 100));
      await client.query(
        'GRANT SELECT ON s.t TO partly; ALTER TABLE s.t ENABLE ROW LEVEL SECURITY; CREATE POLICY p ON s.t USING (id > 90)',
      );
      expect(sorted(complete(await sync({ config: { role: 'partly' } })))).toEqual(range(91, 100));
      await client.query('DROP OWNED BY partly; DROP ROLE partly');
    });

    it('though the table grows, and rows move, while it is read', async () => {
      await client.query(TABLE);
      let written = 100;
      const run = complete(
        await sync({
          onWrite: async (text) => {
            if (!text.includes('"RECORD"')) return;
            await client.query(
              `INSERT INTO s.t SELECT generate_series(${written + 1}, ${written + 50}); UPDATE s.t SET x = 'moved' WHERE id % 7 = ${written % 7}`,
            );
            written += 50;
          },
        }),
      );
      expect(written).toBeGreaterThan(300);
      expect(ids(run)).toEqual(range(1, 100));
    });

    it('that are there when a TRUNCATE is done that it had to wait for', async () => {
      await client.query(TABLE);
      await client.query('BEGIN; TRUNCATE s.t; INSERT INTO s.t SELECT generate_series(501, 510)');
      const watcher = await connected(url());
      const state = { waits: true };
      const run = runTap(
        url(),
        { 's-t': { 'replication-method': 'FULL_TABLE' } },
        { config: { ...config, application_name: 'waits' } },
      ).finally(() => (state.waits = false));
      const blocked = "SELECT FROM pg_stat_activity WHERE application_name = 'waits' AND wait_event_type = 'Lock'";
      while (state.waits && (await watcher.query(blocked)).rowCount === 0);
      expect(state.waits).toBe(true);
      await client.query('COMMIT');
      await watcher.end();
      expect(sorted(complete(await run))).toEqual(range(501, 510));
    });
  });

  it.runIf(SERVER_VERSION < 14)('comes in one COPY where the server cannot read ranges of pages, and begins anew', async () => {
    await client.query(TABLE);
    const first = await cut({ at: '"RECORD"' });
    const second = complete(await sync({ state: first.state }));
    expect(ids(second)).toEqual(range(1, 100));
    expect([...versions(second)]).not.toEqual([...versions(first)]);
  });

  describe.skipIf(SERVER_VERSION < 14)('goes on where it was cut short', () => {
    it('with the rest of the pages, and what was written to those before, under the same version', async () => {
      await client.query(TABLE);
      const one = await cut();
      expect(ids(one)).toEqual(range(1, 10));
      await client.query('DELETE FROM s.t WHERE id IN (2, 3, 4)');
      await client.query('VACUUM s.t');
      // To the pages that are free now.
      await client.query("UPDATE s.t SET x = x || 'y' WHERE id IN (99, 100)");
      await client.query('INSERT INTO s.t VALUES (101), (102)');
      const { rows } = await client.query<{ id: number }>("SELECT id FROM s.t WHERE ctid < '(10,0)' AND id > 10 ORDER BY id");
      expect(rows.map(({ id }) => id)).toEqual([99, 100, 101]);
      const two = complete(await sync({ state: one.state }));
      expect(sorted(two)).toEqual(range(11, 102));
      expect(
        ids(two)
          .slice(0, 3)
          .toSorted((a, b) => a - b),
      ).toEqual([99, 100, 101]);
      expect(versions(two)).toEqual(versions(one));
      expect(activated(two)).toContain([...versions(one)][0]);
      expect(two.log.lines.map(({ message }) => message)).toContainEqual(expect.stringContaining('goes on where it was'));
      const three = complete(await sync({ state: two.state }));
      expect(sorted(three)).toEqual([1, ...range(5, 102)]);
      expect(versions(three)).not.toEqual(versions(two));
    });

    it('again and again, with a long transaction that commits meanwhile', async () => {
      await client.query(`${TABLE}; DELETE FROM s.t WHERE id IN (2, 3)`);
      await client.query('VACUUM s.t');
      const slow = await connected(url());
      await slow.query('BEGIN; SAVEPOINT a; UPDATE s.t SET x = x WHERE id = 5; INSERT INTO s.t VALUES (101)');
      const one = await cut({ at: '"page":20' });
      expect(ids(one)).toEqual([1, ...range(4, 20)]);
      const two = await cut({ state: one.state, at: '"page":30' });
      expect(ids(two)).toEqual(range(21, 30));
      await slow.query('COMMIT');
      await slow.end();
      const three = await cut({ state: two.state, at: '"page":40' });
      expect(ids(three)).toEqual([5, 101, ...range(31, 40)]);
      const rest = complete(await sync({ state: three.state }));
      expect(ids(rest)).toEqual(range(41, 100));
      expect(versions(rest)).toEqual(versions(one));
    });

    it('where a partition with a higher oid was attached meanwhile', async () => {
      await client.query(`CREATE TABLE s.t (id int PRIMARY KEY, ${FILLING}) PARTITION BY RANGE (id); ALTER TABLE s.t ALTER x SET STORAGE PLAIN;
        CREATE TABLE s.t1 PARTITION OF s.t FOR VALUES FROM (0) TO (51); CREATE TABLE s.t2 PARTITION OF s.t FOR VALUES FROM (51) TO (101);
        CREATE TABLE s.t3 (LIKE s.t INCLUDING ALL); INSERT INTO s.t SELECT generate_series(1, 100); INSERT INTO s.t3 SELECT generate_series(101, 105)`);
      const one = await cut({ at: '"page":4294967295' });
      await client.query(
        'ALTER TABLE s.t ATTACH PARTITION s.t3 FOR VALUES FROM (101) TO (999); UPDATE s.t SET id = 0 WHERE id = 60',
      );
      await client.query('VACUUM FULL s.t3');
      const two = complete(await sync({ state: one.state }));
      expect(versions(two)).toEqual(versions(one));
      expect([...ids(one), ...ids(two)].toSorted((a, b) => a - b)).toEqual([...range(0, 59), ...range(61, 105)]);
    });

    it('after a lost connection in the same run', async () => {
      await client.query(TABLE);
      const run = await sync({
        onWrite: onceAt('"page":20', () => endConnections(client)),
      });
      expect(ids(complete(run))).toEqual(range(1, 100));
      expect(run.log.lines.filter(({ level }) => level === 'warn')).toHaveLength(1);
    });

    it('with a table of several pages a piece when values are stored out of line', async () => {
      await client.query(`CREATE TABLE s.t (id int PRIMARY KEY, x text); ALTER TABLE s.t ALTER x SET STORAGE EXTERNAL;
        INSERT INTO s.t SELECT g, repeat('x', 20000) FROM generate_series(1, 1000) g`);
      const one = await cut({ config: { resume_interval_bytes: 1_000_000 } });
      expect(ids(one).length).toBeLessThan(300);
      expect([...ids(one), ...ids(complete(await sync({ state: one.state })))]).toEqual(range(1, 1000));
    });

    it('without versions', async () => {
      await client.query(TABLE);
      const without = { emit_activate_version_messages: false };
      const one = await cut({ config: without });
      expect([...ids(one), ...ids(complete(await sync({ state: one.state, config: without })))]).toEqual(range(1, 100));
    });
  });

  describe.skipIf(SERVER_VERSION < 14)('begins anew under another version', () => {
    it.each<[string, string, string]>([
      ['the table was written anew', 'VACUUM FULL s.t', 'written anew'],
      ['it was emptied', 'TRUNCATE s.t; INSERT INTO s.t SELECT generate_series(1, 100)', 'truncated'],
      ['it is another one', `DROP TABLE s.t; ${TABLE}`, 'another table'],
      ['a type is another one', 'ALTER TABLE s.t ALTER id TYPE bigint', 'types'],
    ])('where %s', async (_, sql, reason) => {
      await client.query(TABLE);
      const one = await cut();
      await client.query(sql);
      const two = complete(await sync({ state: one.state }));
      expect(told(two)).toEqual([expect.stringContaining(reason)]);
      expect(sorted(two)).toEqual(range(1, 100));
      expect([...versions(two)][0]).toBeGreaterThan([...versions(one)][0]!);
      expect(activated(two).at(-1)).toBe([...versions(two)][0]);
    });

    it.each<[string, string]>([
      ['was detached', 'ALTER TABLE s.t DETACH PARTITION s.t1'],
      ['was emptied', 'TRUNCATE s.t1'],
      ['was attached among those that were read', 'ALTER TABLE s.t ATTACH PARTITION s.t0 FOR VALUES FROM (-50) TO (0)'],
    ])('where a partition %s', async (_, sql) => {
      await client.query(`CREATE TABLE s.t0 (id int PRIMARY KEY, ${FILLING}); ALTER TABLE s.t0 ALTER x SET STORAGE PLAIN; CREATE TABLE s.t (LIKE s.t0 INCLUDING ALL) PARTITION BY RANGE (id);
        CREATE TABLE s.t1 PARTITION OF s.t FOR VALUES FROM (0) TO (51); CREATE TABLE s.t2 PARTITION OF s.t FOR VALUES FROM (51) TO (101);
        INSERT INTO s.t SELECT generate_series(1, 100); INSERT INTO s.t0 VALUES (-1)`);
      const one = await cut({ at: '"page":20' });
      await client.query(sql);
      const two = complete(await sync({ state: one.state }));
      expect(told(two)).toEqual([expect.stringContaining('partitions came or went')]);
      expect(sorted(two)).toEqual(
        (await client.query<{ id: number }>('SELECT id FROM s.t ORDER BY id')).rows.map(({ id }) => id),
      );
      expect(versions(two)).not.toEqual(versions(one));
    });

    it('where other columns or rows are asked for, or nobody wants it to go on', async () => {
      await client.query(TABLE);
      const one = await cut();
      for (const [more, reason] of [
        [{ stream_options: { 's-t': { custom_where_clauses: ['id > 0'] } } }, 'conditions'],
        [{ resume_full_table: false }, 'resume_full_table'],
        [{ max_record_count: 200 }, 'part'],
      ] as const) {
        const two = complete(await sync({ state: one.state, config: more }));
        expect(told(two)).toEqual([expect.stringContaining(reason)]);
        expect(ids(two)).toEqual(range(1, 100));
        expect(versions(two)).not.toEqual(versions(one));
      }
    });

    it('where rows have no key: they would be there twice; a lost connection ends the run then', async () => {
      await client.query(`${TABLE}; ALTER TABLE s.t DROP CONSTRAINT t_pkey`);
      const one = await sync({
        onWrite: onceAt('"RECORD"', () => endConnections(client)),
      });
      expect(one.error).toMatchObject({ code: expect.stringMatching(/^(?:server-unavailable|connection-lost)$/) as unknown });
      expect(JSON.stringify(one.state)).not.toContain('resume');
      const two = complete(await sync({ state: one.state }));
      expect(ids(two)).toEqual(range(1, 100));
      expect(versions(two)).not.toEqual(versions(one));
    });
  });

  it.skipIf(SERVER_VERSION < 14)('ends the run when the table was written anew while the connection was lost', async () => {
    await client.query(TABLE);
    const run = await sync({
      onWrite: onceAt('"page":20', async () => {
        await endConnections(client);
        await client.query('VACUUM FULL s.t');
      }),
    });
    expect(run.error).toMatchObject({ code: 'table-rewritten', exitCode: 1 });
    expect(ids(complete(await sync({ state: run.state })))).toEqual(range(1, 100));
  });

  describe('reads a view by the keys that the catalog gives it', () => {
    const keys = (...names: string[]): object => ({ root: { 'table-key-properties': names } });

    it('and goes on behind the key where it was, with rows that share it or lack a part of it', async () => {
      await client.query(`CREATE TABLE s.base (k text COLLATE "C", n int, id int); INSERT INTO s.base SELECT 'k' || g / 40, CASE WHEN g % 40 > 2 THEN g % 40 / 2 END, g FROM generate_series(1, 40000) g;
        INSERT INTO s.base VALUES (NULL, 1, 40001), ('Z', NULL, 40002), ('ä', 1, 40003); CREATE VIEW s.t AS SELECT *, repeat('x', 100) AS x FROM s.base`);
      const one = await cut(keys('k', 'n'));
      const two = complete(await sync({ state: one.state, ...keys('k', 'n') }));
      expect(versions(two)).toEqual(versions(one));
      expect(ids(one).length).toBeGreaterThan(100);
      expect(ids(two).length).toBeLessThan(40_003);
      expect([...new Set([...ids(one), ...ids(two)])].toSorted((a, b) => a - b)).toEqual(range(1, 40_003));
    });

    it('or a query by the keys that the settings give it, unless it is another query by now', async () => {
      const query = (step: number): object => ({
        custom_queries: [
          { name: 's-t', query: `SELECT id, repeat('x', 100) AS x FROM generate_series(1, 20000, ${step}) id`, keys: ['id'] },
        ],
      });
      const one = await cut({ config: query(1) });
      expect(ids(one).length).toBeLessThan(20_000);
      const two = complete(await sync({ state: one.state, config: query(1) }));
      expect(ids(two)).toEqual(range(ids(one).at(-1)!, 20_000));
      expect(versions(two)).toEqual(versions(one));
      const other = complete(await sync({ state: one.state, config: query(2) }));
      expect(ids(other)).toHaveLength(10_000);
      expect(told(other)).toEqual([expect.stringContaining('conditions')]);
    });

    it('from its beginning where they cannot be sorted', async () => {
      await client.query(
        `CREATE VIEW s.t AS SELECT id, point(id, 1) AS p, repeat('x', 100) AS x FROM generate_series(1, 5000) id`,
      );
      const run = complete(await sync(keys('p')));
      expect(sorted(run)).toEqual(range(1, 5000));
      expect(run.messages.map(({ value }) => JSON.stringify(value ?? null)).join('')).not.toContain('resume');
    });
  });
});
