import type { Client } from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeWithPostgres } from '../../support/postgres.ts';
import { connected, runTap, type Choice, type TapRun } from './drive.ts';

const incremental: Choice = { 'replication-method': 'INCREMENTAL', 'replication-key': 'k' };
const full: Choice = { 'replication-method': 'FULL_TABLE' };

describeWithPostgres('tap-postgres reads a part of a stream', (url) => {
  let client: Client;
  beforeAll(async () => {
    client = await connected(url());
    await client.query(`CREATE TABLE t (id int PRIMARY KEY, k int NOT NULL, x text);
      INSERT INTO t SELECT g, g / 2, CASE WHEN g % 3 = 0 THEN 'a' END FROM generate_series(0, 9) g`);
  });
  afterAll(() => client.end());
  const sync = (choice: Choice, options: object, more: { config?: object; state?: unknown } = {}): Promise<TapRun> =>
    runTap(url(), { 'public-t': choice }, { ...more, config: { stream_options: { 'public-t': options }, ...more.config } });
  const ids = (run: TapRun): unknown[] => {
    expect(run.error).toBeUndefined();
    return run.records.map((record) => record['id']);
  };

  it.each([incremental, full])(
    'custom_where_clauses: all of them, whatever they end with ($replication-method)',
    async (choice) => {
      const run = await sync(choice, { custom_where_clauses: ["x IS NULL OR x = 'b' -- none", 'id > 4'] });
      expect(ids(run)).toEqual([5, 7, 8]);
    },
  );

  it.each([incremental, full])(
    'window: what is in it and nothing else; the bookmark stays ($replication-method)',
    async (choice) => {
      const state = { bookmarks: { 'public-t': { replication_key: 'k', replication_key_value: '4' } } };
      const run = await sync(choice, { window: { column: 'k', from: 1, before: '3' } }, { state });
      expect(ids(run)).toEqual([2, 3, 4, 5]);
      if (choice === incremental) expect(run.state).toEqual(state);
      expect(ids(await sync(choice, { window: { column: 'k', from: 4 }, custom_where_clauses: ['id = 9'] }))).toEqual([9]);
    },
  );

  it('window: INCREMENTAL, in the order of the replication key, wherever the rows stand', async () => {
    await client.query('CREATE TABLE moved (id int PRIMARY KEY, k timestamp NOT NULL)');
    await client.query(
      `INSERT INTO moved SELECT g, '2026-01-01'::timestamp + g * '1 hour'::interval FROM generate_series(9, 0, -1) g`,
    );
    await client.query('UPDATE moved SET id = id + 100 WHERE id < 3');
    const window = { column: 'id', from: 2, before: 200 };
    const choice: Choice = { 'replication-method': 'INCREMENTAL', 'replication-key': 'k' };
    const read = async (more: object): Promise<unknown[]> =>
      ids(
        await runTap(url(), { 'public-moved': choice }, { config: { stream_options: { 'public-moved': { window, ...more } } } }),
      );
    expect(await read({})).toEqual([100, 101, 102, 3, 4, 5, 6, 7, 8, 9]);
    expect(await read({ max_record_count: 4 })).toEqual([100, 101, 102, 3]);
  });

  it('window: by the replication key unless a column is named; a column that is not there is told', async () => {
    expect(ids(await sync(incremental, { window: { before: 1 } }))).toEqual([0, 1]);
    for (const [choice, window] of [
      [full, { from: 1 }],
      [incremental, { column: 'nowhere' }],
    ] as const) {
      expect((await sync(choice, { window })).error).toMatchObject({ code: 'config', exitCode: 2 });
    }
  });

  it('max_record_count and window: no version is activated, for rows are missing', async () => {
    const config = { emit_activate_version_messages: true };
    const run = await sync(full, {}, { config: { ...config, limit: 3 } });
    expect(ids(run)).toEqual([0, 1, 2]);
    const windowed = await sync(full, { window: { column: 'k', from: 1 } }, { config });
    const whole = await sync(full, {}, { config });
    const activated = [run, windowed, whole].map(({ messages }) => messages.some(({ type }) => type === 'ACTIVATE_VERSION'));
    expect(activated).toEqual([false, false, true]);
  });
});
