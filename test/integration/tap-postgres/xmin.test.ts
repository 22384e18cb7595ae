import { expect, it } from 'vitest';
import { describeWithPostgres } from '../../support/postgres.ts';
import { SERVER_VERSION } from '../../support/server-version.ts';
import { connected, runTap, type TapRun, withEmptySchema } from './drive.ts';

describeWithPostgres('tap-postgres by xmin', (url) => {
  const client = withEmptySchema(url);
  const sync = (state?: unknown, config = {}): Promise<TapRun> =>
    runTap(url(), { 's-t': { 'replication-method': 'XMIN' } }, { state, config });
  const ids = (run: TapRun): number[] => {
    expect(run.error).toBeUndefined();
    return run.records.map((record) => Number(record['id'])).toSorted((a, b) => a - b);
  };

  it('sends what was written since, by whomever it was committed late, and nothing when nothing was', async () => {
    await client.query("CREATE TABLE s.t (id int, x json DEFAULT '{}'); INSERT INTO s.t SELECT generate_series(1, 5)");
    const slow = await connected(url());
    await slow.query('BEGIN; INSERT INTO s.t VALUES (10); SAVEPOINT a; UPDATE s.t SET x = NULL WHERE id = 5');
    await client.query('INSERT INTO s.t VALUES (11)');
    const one = await sync();
    expect(ids(one)).toEqual([1, 2, 3, 4, 5, 11]);
    expect(one.messages.find(({ type }) => type === 'SCHEMA')).not.toHaveProperty('bookmark_properties');
    await client.query("UPDATE s.t SET x = '1' WHERE id = 2; DELETE FROM s.t WHERE id = 1");
    const two = await sync(one.state);
    expect(ids(two)).toEqual([2]);
    await slow.query('COMMIT');
    await slow.end();
    const three = await sync(two.state);
    // 2 and 11 may be subtransactions' of the long one.
    expect(ids(three)).toEqual([2, 5, 10, 11]);
    const four = await sync(three.state);
    expect(ids(four)).toEqual([]);
    expect(ids(await sync(four.state))).toEqual([]);
  });

  // Before Postgres 14 ranges of pages cannot be asked for: a table is read to its end.
  it.skipIf(SERVER_VERSION < 14)(
    'goes on where it was cut, and finds what was written or moved to where it had been',
    async () => {
      await client.query(`CREATE TABLE s.t (id int, x text) WITH (autovacuum_enabled = off); ALTER TABLE s.t ALTER x SET STORAGE PLAIN;
      INSERT INTO s.t SELECT g, repeat('x', 7000) FROM generate_series(1, 9000) g`);
      const one = await sync(undefined, { max_record_count: 1 });
      expect(ids(one)).toEqual(Array.from({ length: 8192 }, (_, n) => n + 1));
      await client.query("DELETE FROM s.t WHERE id = 3; UPDATE s.t SET x = 'y' WHERE id IN (1, 9000)");
      await client.query('VACUUM s.t');
      await client.query("INSERT INTO s.t VALUES (9001, repeat('x', 7000))");
      const two = await sync(one.state);
      expect(new Set(ids(two))).toEqual(new Set([1, ...Array.from({ length: 809 }, (_, n) => n + 8193)]));
      expect(two.records.length).toBeLessThan(820);
      expect(ids(await sync(two.state))).toEqual([]);
      // Cut again, then written anew: places mean nothing any more.
      await client.query('VACUUM FULL s.t');
      expect(ids(await sync(one.state)).length).toBe(9000);
    },
  );

  it('reads partitions, with one that is attached later and older rows in it', async () => {
    await client.query(`CREATE TABLE s.t (id int) PARTITION BY RANGE (id); CREATE TABLE s.t1 PARTITION OF s.t FOR VALUES FROM (0) TO (10);
      CREATE TABLE s.t2 (id int); INSERT INTO s.t VALUES (1); INSERT INTO s.t2 VALUES (11)`);
    const one = await sync();
    expect(ids(one)).toEqual([1]);
    await client.query('ALTER TABLE s.t ATTACH PARTITION s.t2 FOR VALUES FROM (10) TO (20)');
    const two = await sync(one.state);
    expect(ids(two)).toEqual([11]);
    expect(ids(await sync(two.state))).toEqual([]);
  });

  it('is offered for tables alone; says where rows do not tell who wrote them', async () => {
    await client.query('CREATE TABLE s.base (id int); CREATE VIEW s.t AS SELECT * FROM s.base');
    const view = await sync();
    expect(String(view.error)).toContain('replication method "XMIN" is not one of');
    const foreign = await runTap(url(), { 's-base': { 'replication-method': 'INCREMENTAL', 'replication-key': 'xmin' } });
    expect(foreign.error).toBeUndefined();
    await client.query(`DROP VIEW s.t; CREATE TABLE s.t (id int, x int);
      DROP ROLE IF EXISTS reads_columns; CREATE ROLE reads_columns; GRANT USAGE ON SCHEMA s TO reads_columns; GRANT SELECT (id) ON s.t TO reads_columns`);
    const partly = await sync(undefined, { role: 'reads_columns' });
    expect(partly.error).toMatchObject({ code: 'xmin-unavailable', exitCode: 2 });
    const incremental = await runTap(
      url(),
      { 's-t': { 'replication-method': 'INCREMENTAL', 'replication-key': 'id' } },
      { config: { role: 'reads_columns' } },
    );
    expect(incremental.error).toBeUndefined();
    await client.query('DROP OWNED BY reads_columns; DROP ROLE reads_columns');
  });
});
