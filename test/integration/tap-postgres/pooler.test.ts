import type { Client } from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeWithPostgres } from '../../support/postgres.ts';
import { startTransactionPooler } from '../../support/transaction-pooler.ts';
import { connected, runTap, type Choice } from './drive.ts';

const ROWS = 3000;

describeWithPostgres('tap-postgres behind a pooler in transaction mode', (url) => {
  let client: Client;
  beforeAll(async () => {
    client = await connected(url());
    await client.query(`CREATE TABLE t (id int PRIMARY KEY, at timestamptz NOT NULL, f float8, i interval, b bytea);
      INSERT INTO t SELECT g, timestamptz '2026-01-01Z' + g * interval '1 s', 0.1::float8 + 0.2::float8, '1 day', '\\x00' FROM generate_series(1, ${ROWS}) g;
      CREATE VIEW v AS SELECT * FROM t`);
  });
  afterAll(() => client.end());

  const INCREMENTAL: Choice = { 'replication-method': 'INCREMENTAL', 'replication-key': 'at' };
  it.each<[string, Readonly<Record<string, Choice>>, object]>([
    ['FULL_TABLE', { 'public-t': {}, 'public-v': { 'view-key-properties': ['id'] } }, {}],
    ['INCREMENTAL', { 'public-t': INCREMENTAL, 'public-v': INCREMENTAL }, {}],
    ['xmin', { 'public-t': { 'replication-method': 'XMIN' }, 'public-v': {} }, {}],
    ['at one moment', { 'public-t': {}, 'public-v': {} }, { snapshot: 'shared' }],
    ['several at once', { 'public-t': {}, 'public-v': INCREMENTAL }, { max_parallel_streams: 2 }],
  ])('reads what it reads without one: %s', async (_, choices, config) => {
    const pooler = await startTransactionPooler(url());
    const [direct, pooled] = [await runTap(url(), choices, { config }), await runTap(pooler.url, choices, { config })];
    expect([pooled.error, pooled.records.length]).toEqual([undefined, 2 * ROWS]);
    expect(pooled.records).toEqual(direct.records);
    expect(pooled.records[0]).toMatchObject({ at: '2026-01-01T00:00:01+00:00', i: 'P1D', b: 'AA==' });
    expect(pooler.transactions()).toBeGreaterThan(3);
    const next = await runTap(pooler.url, choices, { config, state: pooled.state });
    expect(next.error).toBeUndefined();
  });
});
