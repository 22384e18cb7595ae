import type { Client } from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeWithPostgres } from '../../support/postgres.ts';
import { connected, endConnections, onceAt, runTap, type TapRun } from './drive.ts';

const ROWS = 100_000;
/** The server's last word may not come through where rows wait to be taken. */
const LOST = expect.stringMatching(/^(?:server-unavailable|connection-lost)$/) as unknown;

describeWithPostgres('tap-postgres INCREMENTAL when something breaks', (url) => {
  let client: Client;
  beforeAll(async () => {
    client = await connected(url());
    await client.query(`CREATE TABLE t (id int PRIMARY KEY, k int NOT NULL, x text);
      INSERT INTO t SELECT g, g / 1000, repeat('x', 300) FROM generate_series(1, ${ROWS}) g`);
  });
  afterAll(() => client.end());

  const choice = { 'replication-method': 'INCREMENTAL', 'replication-key': 'k' };
  /** Does something when the first records were written, before more are read. */
  const interrupted = (work: () => Promise<unknown>, config: object = {}, signal?: AbortSignal): Promise<TapRun> => {
    return runTap(
      url(),
      { 'public-t': choice },
      {
        config,
        ...(signal === undefined ? {} : { signal }),
        onWrite: onceAt('"RECORD"', work),
      },
    );
  };
  const terminate = (): Promise<unknown> => endConnections(client);
  const ids = (...runs: TapRun[]): number => {
    const all = runs.flatMap(({ records }) => records.map((record) => record['id']));
    expect(all).toEqual(Array.from({ length: all.length }, (_, n) => n + 1));
    return all.length;
  };

  it('goes on behind the last row over a new connection, and repeats none, in the midst of ties', async () => {
    const run = await interrupted(terminate);
    expect(run.error).toBeUndefined();
    expect(ids(run)).toBe(ROWS);
    expect(run.log.lines.filter(({ level }) => level === 'warn')).toEqual([
      expect.objectContaining({
        fields: expect.objectContaining({ code: LOST, stream: 'public-t', attempt: 1 }) as unknown,
      }),
    ]);
  });

  it('fails when it may not try again; the last STATE goes on behind the last row', async () => {
    const first = await interrupted(terminate, { max_retries: 0 });
    expect(first.error).toMatchObject({ code: LOST, exitCode: 1 });
    const second = await runTap(url(), { 'public-t': choice }, { state: first.state });
    expect(ids(first)).toBeLessThan(ROWS);
    expect(ids(first, second)).toBe(ROWS);
  });

  it('stops at a signal, cancels its query, and goes on behind the last row', async () => {
    const controller = new AbortController();
    const first = await interrupted(() => Promise.resolve(controller.abort(new Error('stop'))), {}, controller.signal);
    expect(String(first.error)).toContain('stop');
    const second = await runTap(url(), { 'public-t': choice }, { state: first.state });
    expect(ids(first, second)).toBe(ROWS);
  });

  it.each<[string, string, string]>([
    ['a column of another type', 'ALTER TABLE u ALTER k TYPE text', 'schema-changed'],
    ['a column that is gone', 'ALTER TABLE u DROP x', 'schema-changed'],
    ['a table that is gone', 'DROP TABLE u', 'table-missing'],
    ['a right that is gone', 'REVOKE ALL ON u FROM faults_reader', 'permission-denied'],
    [
      'a right to one column that is gone',
      'REVOKE ALL ON u FROM faults_reader; GRANT SELECT (id, k) ON u TO faults_reader',
      'permission-denied',
    ],
  ])('reads nothing wrong of what was changed after it was discovered: %s', async (_, change, code) => {
    await client.query(`DROP TABLE IF EXISTS u; CREATE TABLE u (id int PRIMARY KEY, k int NOT NULL, x text); INSERT INTO u VALUES (1, 1);
      DROP ROLE IF EXISTS faults_reader; CREATE ROLE faults_reader; GRANT SELECT ON t, u TO faults_reader`);
    const run = await runTap(
      url(),
      { 'public-t': choice, 'public-u': choice },
      {
        config: { role: 'faults_reader', max_record_count: 1, max_retries: 0 },
        onWrite: onceAt('"SCHEMA"', async () => {
          await client.query(change);
        }),
      },
    );
    expect(run.error).toMatchObject({ code, exitCode: 1 });
    if (code === 'permission-denied') {
      const grant = change.includes('GRANT') ? 'GRANT SELECT ("x") ON "public"."u"' : 'GRANT SELECT ON "public"."u"';
      expect(run.error).toMatchObject({ hint: expect.stringContaining(`${grant} TO "faults_reader"`) as unknown });
    }
    expect(run.records.map((record) => record['id'])).toEqual([1]);
    expect(JSON.stringify(run.state)).toContain('"currently_syncing":"public-u"');
    await client.query('DROP OWNED BY faults_reader; DROP ROLE faults_reader');
  });

  it('says that a statement took too long', async () => {
    const run = await runTap(url(), { 'public-t': choice }, { config: { statement_timeout: 0.001 } });
    expect(run.error).toMatchObject({ code: 'statement-timeout', exitCode: 1 });
  });
});
