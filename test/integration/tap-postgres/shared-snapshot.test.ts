import type { Client } from 'pg';
import { afterAll, beforeEach, beforeAll, expect, it } from 'vitest';
import { describeWithPostgres } from '../../support/postgres.ts';
import { connected, runTap, type TapRun } from './drive.ts';

describeWithPostgres('tap-postgres snapshot: shared', (url) => {
  let client: Client;
  beforeAll(async () => {
    client = await connected(url());
  });
  afterAll(() => client.end());
  beforeEach(() =>
    client.query(`DROP TABLE IF EXISTS a, b, c CASCADE; CREATE TABLE a (id int PRIMARY KEY); CREATE TABLE b (id int PRIMARY KEY, k int NOT NULL);
      CREATE TABLE c (id int PRIMARY KEY); INSERT INTO a VALUES (1); INSERT INTO b VALUES (1, 1); INSERT INTO c VALUES (1);
      CREATE MATERIALIZED VIEW m AS SELECT * FROM a`),
  );

  const streams = {
    'public-a': {},
    'public-b': { 'replication-method': 'INCREMENTAL', 'replication-key': 'k' },
    'public-c': {},
    'public-m': {},
  };
  /** Does something while the first stream is read. */
  const sync = (work: () => Promise<unknown>, o: { config?: object; state?: unknown } = {}): Promise<TapRun> => {
    let done = false;
    return runTap(url(), streams, {
      ...o,
      config: { snapshot: 'shared', ...o.config },
      onWrite: async (text) => {
        if (done || !text.includes('"RECORD"')) return;
        done = true;
        await work();
      },
    });
  };
  const idsOf = (run: TapRun): unknown[] => run.records.map(({ id }) => id);
  const insert = (): Promise<unknown> => client.query('INSERT INTO b VALUES (2, 2); INSERT INTO c VALUES (2)');
  const keeper =
    "FROM pg_stat_activity WHERE application_name = 'tap-postgres' AND datname = current_database() AND query LIKE '%pg_export_snapshot%'";

  it('gives all streams as they are at the beginning of the run; the next one sends what came meanwhile', async () => {
    const run = await sync(insert);
    expect([run.error, idsOf(run)]).toEqual([undefined, [1, 1, 1, 1]]);
    const next = await sync(() => Promise.resolve(), { state: run.state });
    expect(idsOf(next)).toEqual([1, 2, 1, 2, 1]);
    // The server's process ends a moment after it was told to.
    await expect.poll(async () => (await client.query(`SELECT count(*)::int AS open ${keeper}`)).rows).toEqual([{ open: 0 }]);
  });

  it('per_table, the default, gives each stream as it is when its turn comes', async () => {
    const run = await sync(insert, { config: { snapshot: 'per_table' } });
    expect([run.error, idsOf(run)]).toEqual([undefined, [1, 1, 2, 1, 2, 1]]);
  });

  it('holds off whoever would change or empty a table before its turn', async () => {
    const other = await connected(url());
    const changes = ['TRUNCATE c', 'ALTER TABLE b ALTER k TYPE text'].map((change) => `SET lock_timeout = '100ms'; ${change}`);
    const refused: unknown[] = [];
    const run = await sync(async () => {
      for (const change of changes)
        await other.query(change).catch((error: unknown) => refused.push((error as { code: unknown }).code));
    });
    await other.end();
    expect(refused).toEqual(['55P03', '55P03']);
    expect([run.error, idsOf(run)]).toEqual([undefined, [1, 1, 1, 1]]);
  });

  it('outlives the connection of a stream; without the one that keeps the moment the run ends, and the next one resumes', async () => {
    const lost = await sync(() => client.query(`SELECT pg_terminate_backend(pid, 10000) ${keeper}`));
    expect(lost.error).toMatchObject({
      code: 'snapshot-lost',
      exitCode: 1,
      hint: expect.stringContaining('Run again') as unknown,
    });
    expect(idsOf(lost)).toEqual([1]);
    const next = await sync(insert, { state: lost.state });
    expect(next.error).toBeUndefined();
    expect(idsOf(next)).toEqual([1, 1, 1, 1]);
    const others = keeper.replace('LIKE', 'NOT LIKE');
    const cut = await sync(() => client.query(`SELECT pg_terminate_backend(pid) ${others}; INSERT INTO b VALUES (3, 3)`));
    expect([cut.error, idsOf(cut)]).toEqual([undefined, [1, 1, 2, 1, 2, 1]]);
  });
});
