import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import type { Client } from 'pg';
import { describeWithPostgres } from '../../support/postgres.ts';
import { startTcpProxy } from '../../support/tcp-proxy.ts';
import { connected, runTap, type Choice } from './drive.ts';

const TABLES = ['a', 'b', 'c', 'd', 'e'];
const WHOLE: Choice = { 'replication-method': 'FULL_TABLE' };
const BY_KEY: Choice = { 'replication-method': 'INCREMENTAL', 'replication-key': 'at' };

describeWithPostgres('what tap-postgres asks a distant server for', (url) => {
  let client: Client;
  beforeAll(async () => {
    client = await connected(url());
    for (const name of TABLES) {
      await client.query(`CREATE TABLE ${name} (id int PRIMARY KEY, at timestamptz NOT NULL DEFAULT now(), x text);
        INSERT INTO ${name} (id) SELECT generate_series(1, 20)`);
    }
  });
  afterAll(() => client.end());

  /** Round trips of a run over the first tables. */
  const tripsOf = async (tables: number, choice: Choice, state?: unknown): Promise<{ trips: number; state: unknown }> => {
    const proxy = await startTcpProxy(url());
    onTestFinished(() => proxy.close());
    const streams = Object.fromEntries(TABLES.slice(0, tables).map((name) => [`public-${name}`, choice]));
    const { records, error, state: last } = await runTap(proxy.url, streams, { state });
    expect([error, records.length]).toEqual([undefined, state === undefined ? tables * 20 : 0]);
    return { trips: proxy.trips, state: last };
  };

  // Begin, lock, look at the table, at the server, the rows, end.
  it.each([
    ['FULL_TABLE', WHOLE],
    ['INCREMENTAL', BY_KEY],
  ])('is six answers a table, %s', async (_, choice) => {
    const [one, all] = [await tripsOf(1, choice), await tripsOf(TABLES.length, choice)];
    expect((all.trips - one.trips) / (TABLES.length - 1)).toBe(6);
    // TLS, login, what the server is, discovery, rights.
    expect(one.trips - 6).toBe(10);
  });

  it('is seven where a bookmark is to be compared with what was written since', async () => {
    const trips = async (tables: number): Promise<number> => {
      const { state } = await tripsOf(tables, BY_KEY);
      return (await tripsOf(tables, BY_KEY, state)).trips;
    };
    expect(((await trips(TABLES.length)) - (await trips(1))) / (TABLES.length - 1)).toBe(7);
  });
});
