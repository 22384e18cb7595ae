import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Client } from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeWithPostgres } from '../../support/postgres.ts';
import { executable, run, type Finished } from '../../support/processes.ts';
import { temporaryFolder } from '../../support/tmp.ts';
import { connected } from './drive.ts';

interface Check {
  readonly check: string;
  readonly ok: boolean;
  readonly detail: string;
  readonly hint?: string;
}

interface Explained {
  readonly stream: string;
  readonly queries: readonly { purpose: string; sql: string; rows: number; indexes: string[]; scans: string[]; plan: string[] }[];
}

describeWithPostgres('tap-postgres --check and --explain', (url) => {
  const folder = temporaryFolder();
  let client: Client;
  beforeAll(async () => {
    client = await connected(url());
    await client.query(`CREATE TABLE t (id int PRIMARY KEY, at timestamptz NOT NULL, x text);
      INSERT INTO t SELECT g, now() + g * interval '1 s', repeat('x', 100) FROM generate_series(1, 20000) g;
      CREATE INDEX t_at ON t (at); CREATE VIEW v AS SELECT * FROM t; ANALYZE t;
      CREATE TABLE p (id int, k int) PARTITION BY RANGE (k); CREATE TABLE p1 PARTITION OF p DEFAULT`);
  });
  afterAll(() => client.end());

  const write = (name: string, value: unknown): string => {
    const path = join(folder, name);
    writeFileSync(path, JSON.stringify(value));
    return path;
  };
  const ask = (
    mode: string,
    streams: Record<string, object>,
    o: { config?: object; state?: unknown; format?: string } = {},
  ): Promise<Finished> => {
    const catalog = Object.entries(streams).map(([id, metadata]) => ({
      tap_stream_id: id,
      metadata: [{ breadcrumb: [], metadata: { selected: true, ...metadata } }],
    }));
    return run(executable('tap-postgres'), [
      mode,
      '--config',
      write('config.json', { url: url(), ...o.config }),
      '--catalog',
      write('catalog.json', { streams: catalog }),
      '--state',
      write('state.json', o.state ?? {}),
      '--format',
      o.format ?? 'json',
    ]);
  };
  const by = (key: string): object => ({ 'replication-method': 'INCREMENTAL', 'replication-key': key });

  it('--check tells of the server and of each stream, with what would make it faster or safer', async () => {
    const { status, stdout } = await ask('--check', { 'public-t': by('at'), 'public-v': by('at'), 'public-p': by('k') });
    const { ok, checks } = JSON.parse(stdout) as { ok: boolean; checks: readonly Check[] };
    expect([status, ok]).toEqual([0, true]);
    expect(checks.map(({ check }) => check)).toEqual([
      'connection',
      'server',
      'encoding',
      'tls',
      'role',
      'discovery',
      'stream public-t',
      'stream public-v',
      'stream public-p',
    ]);
    const [t, v, p] = checks.slice(-3);
    expect(t).toMatchObject({
      detail: expect.stringMatching(/^INCREMENTAL by at \(index t_at\), about 20,000 rows, \d+ kB$/) as unknown,
    });
    expect(t).not.toHaveProperty('hint');
    expect(v).toMatchObject({
      detail: 'INCREMENTAL by at, rows not counted (view)',
      hint: expect.stringContaining('set lookback') as unknown,
    });
    expect(p).toMatchObject({
      hint: 'No index begins with k: each run reads and sorts the table. CREATE INDEX ON "public"."p" ("k").',
    });
  });

  it('--check fails for what would fail a run, and goes on with the other streams', async () => {
    await client.query(`DROP ROLE IF EXISTS modes_reader; CREATE ROLE modes_reader; GRANT SELECT (id, at) ON t TO modes_reader; GRANT SELECT ON p TO modes_reader;
      CREATE VIEW broken AS SELECT 1 / (id - id) AS id, k FROM p; GRANT SELECT ON broken TO modes_reader`);
    const state = { bookmarks: { 'public-p': { replication_key: 'k', replication_key_value: 'x' } } };
    const { status, stdout } = await ask(
      '--check',
      { 'public-p': by('k'), 'public-t': {} },
      { config: { role: 'modes_reader' }, state, format: 'text' },
    );
    expect(status).toBe(1);
    expect(stdout).toMatch(
      /^FAILED {2}stream public-p +bookmarks\.public-p\.replication_key_value: is not a value of type integer/m,
    );
    expect(stdout).toMatch(/^ok {6}stream public-t +FULL_TABLE, about 20,000 rows, \d+ kB, without x \(no right to read\)$/m);
    await client.query('DROP OWNED BY modes_reader; DROP ROLE modes_reader');
  });

  it('--check says why there is no connection, and which setting is wrong', async () => {
    const wrong = await ask('--check', {}, { config: { url: url().replace(/\/[^/]*$/, '/nowhere') } });
    expect([wrong.status, JSON.parse(wrong.stdout)]).toMatchObject([
      1,
      { ok: false, checks: [{ check: 'connection', ok: false }] },
    ]);
    const lookback = await ask(
      '--check',
      { 'public-t': by('at') },
      {
        config: { stream_options: { 'public-t': { lookback: 'long' } } },
        state: { bookmarks: { 'public-t': { replication_key_value: '2026-01-01' } } },
      },
    );
    expect([lookback.status, lookback.stdout]).toEqual([1, expect.stringContaining('lookback')]);
    const condition = await ask(
      '--check',
      { 'public-t': {} },
      { config: { stream_options: { 'public-t': { custom_where_clauses: ['no'] } } } },
    );
    expect([condition.status, condition.stdout]).toEqual([1, expect.stringContaining('the server refuses condition 1')]);
  });

  it('--explain prints each query of a run as it would be sent, and how the server would do it', async () => {
    const first = await ask('--explain', { 'public-t': by('at'), 'public-p': { 'replication-method': 'XMIN' }, 'public-v': {} });
    expect([first.status, first.stderr]).toEqual([0, '']);
    const [t, p, v] = (JSON.parse(first.stdout) as { streams: readonly Explained[] }).streams;
    expect(t?.queries).toHaveLength(1);
    expect(t?.queries[0]?.sql).toMatch(/FROM "public"\."t"\nORDER BY "at", "id"$/);
    expect(t?.queries[0]?.rows).toBe(20_000);
    expect(p?.queries.map(({ sql }) => sql)).toEqual([expect.stringContaining('FROM ONLY "public"."p1"')]);
    expect(v?.queries[0]?.scans).toEqual(['t']);
    const state = { bookmarks: { 'public-t': { replication_key: 'at', replication_key_value: '2990-01-01' } } };
    const next = await ask('--explain', { 'public-t': by('at') }, { state, format: 'text' });
    expect(next.stdout).toMatch(
      /^public-t: INCREMENTAL by at\n {2}rows behind the bookmark: about \d+, by index t_at\n {4}SELECT /,
    );
    expect(next.stdout).toMatch(/\n {6}\| .*Index Scan using t_at on t/);
  });

  it('--explain shows the search for late commits, and its absence when nothing was written', async () => {
    const { rows } = await client.query<{ snapshot: string }>('SELECT pg_current_snapshot()::text AS snapshot');
    const bookmark = {
      replication_key: 'at',
      replication_key_value: '2990-01-01',
      rows_at_value: 'all',
      snapshot: rows[0]!.snapshot,
    };
    const explain = async (more: object): Promise<string[]> => {
      const state = { bookmarks: { 'public-t': { ...bookmark, ...more } } };
      const { stdout } = await ask('--explain', { 'public-t': by('at') }, { state, config: { lookback: '1 day' } });
      return (JSON.parse(stdout) as { streams: readonly Explained[] }).streams[0]!.queries.map(({ sql }) => sql);
    };
    expect(await explain({ source: 'of another server' })).toEqual([
      expect.stringContaining("- '1 day'::interval"),
      expect.any(String),
    ]);
  });
});
