import { mkdirSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Client } from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeWithMeltano, meltanoProject, type MeltanoProject, succeeded } from '../../support/meltano.ts';
import { describeWithPostgres } from '../../support/postgres.ts';
import { connected } from './drive.ts';

const STATE_ID = { jsonl: 'dev:tap-postgres-to-target-jsonl', postgres: 'dev:tap-postgres-to-target-postgres' };

await describeWithMeltano('Meltano, tap-postgres', (meltano) => {
  describeWithPostgres('Meltano, tap-postgres', (url) => {
    let client: Client;
    beforeAll(async () => {
      client = await connected(url());
      await client.query(`CREATE TABLE t (id int PRIMARY KEY, updated_at timestamptz NOT NULL, amount numeric, secret text);
        INSERT INTO t SELECT g, timestamptz '2025-12-30 00:00:00.123456Z' + g * interval '1 day', g + 0.10, 's' FROM generate_series(0, 4) g;
        CREATE TABLE whole (id int PRIMARY KEY, x text); INSERT INTO whole VALUES (1, 'a'), (2, 'b');
        CREATE TABLE other (id int PRIMARY KEY)`);
    });
    afterAll(() => client.end());

    const env = (more: Readonly<Record<string, string>> = {}): Record<string, string> => ({
      TAP_POSTGRES_URL: url(),
      TARGET_POSTGRES_URL: url(),
      TAP_POSTGRES__SELECT: JSON.stringify(['public-t.*', '!public-t.secret', 'public-whole.*']),
      TAP_POSTGRES__METADATA: JSON.stringify({
        'public-t': { 'replication-method': 'INCREMENTAL', 'replication-key': 'updated_at' },
        'public-whole': { 'replication-method': 'FULL_TABLE' },
      }),
      ...more,
    });
    const prepared = (): MeltanoProject => {
      const project = meltanoProject(meltano);
      mkdirSync(join(project.folder, 'output'));
      return project;
    };
    const toFiles = ['run', 'tap-postgres', 'target-jsonl'];
    const toPostgres = ['run', 'tap-postgres', 'target-postgres'];
    const records = (project: MeltanoProject, stream: string): Record<string, unknown>[] => {
      if (!existsSync(join(project.folder, `output/${stream}.jsonl`))) return [];
      const lines = project.read(`output/${stream}.jsonl`).trimEnd().split('\n');
      return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    };
    const ids = (project: MeltanoProject, stream = 'public-t'): unknown[] => records(project, stream).map(({ id }) => id);
    const bookmarks = async (project: MeltanoProject, id: string): Promise<Record<string, Record<string, unknown>>> => {
      const { stdout } = await succeeded(project.meltano(['state', 'get', id]));
      return (JSON.parse(stdout) as { singer_state: { bookmarks: Record<string, Record<string, unknown>> } }).singer_state
        .bookmarks;
    };

    it(
      '[168] select and metadata choose streams, columns, methods and keys; a second run sends nothing of what is not new',
      { timeout: 300_000 },
      async () => {
        const project = prepared();
        await succeeded(project.meltano(toFiles, env()));
        expect(records(project, 'public-t')[0]).toEqual({ id: 0, updated_at: '2025-12-30T00:00:00.123456+00:00', amount: 0.1 });
        expect([ids(project), ids(project, 'public-whole'), ids(project, 'public-other')]).toEqual([[0, 1, 2, 3, 4], [1, 2], []]);
        await succeeded(project.meltano(toFiles, env()));
        // The other stream is read whole by each run.
        expect([ids(project), ids(project, 'public-whole')]).toEqual([
          [0, 1, 2, 3, 4],
          [1, 2, 1, 2],
        ]);
        await client.query(`INSERT INTO t VALUES (5, '2026-02-01Z', 5.5, 's')`);
        await succeeded(project.meltano(toFiles, env()));
        await client.query('DELETE FROM t WHERE id = 5');
        expect(ids(project)).toEqual([0, 1, 2, 3, 4, 5]);
      },
    );

    it('[168] goes on at a state that was set by hand, and then at its own', { timeout: 300_000 }, async () => {
      const project = prepared();
      const state = {
        singer_state: { bookmarks: { 'public-t': { replication_key: 'updated_at', replication_key_value: '2026-01-01' } } },
      };
      await succeeded(project.meltano(['state', 'set', '--force', STATE_ID.jsonl, JSON.stringify(state)]));
      await succeeded(project.meltano(toFiles, env()));
      expect(ids(project)).toEqual([2, 3, 4]);
      await succeeded(project.meltano(toFiles, env()));
      expect(ids(project)).toEqual([2, 3, 4]);
      expect((await bookmarks(project, STATE_ID.jsonl))['public-t']).toMatchObject({
        replication_key: 'updated_at',
        replication_key_value: '2026-01-03 00:00:00.123456+00',
      });
    });

    it(
      '[169] [170] a full refresh sends all again, of the chosen stream alone; merge gives the state of auto',
      { timeout: 300_000 },
      async () => {
        const project = prepared();
        await succeeded(project.meltano(toFiles, env()));
        project.calls();
        const refresh = ['run', '--full-refresh', 'tap-postgres', 'target-jsonl'];
        await succeeded(project.meltano(refresh, env({ TAP_POSTGRES__SELECT_FILTER: '["public-t"]' })));
        expect([ids(project), ids(project, 'public-whole')]).toEqual([
          [0, 1, 2, 3, 4, 0, 1, 2, 3, 4],
          [1, 2],
        ]);
        expect(project.calls().filter((call) => call.includes('--state'))).toEqual([]);
        await succeeded(project.meltano(['run', '--state-strategy', 'merge', 'tap-postgres', 'target-jsonl'], env()));
        expect(ids(project)).toHaveLength(10);
        const merged = (await bookmarks(project, STATE_ID.jsonl))['public-t'];
        await succeeded(project.meltano(['run', '--state-strategy', 'auto', 'tap-postgres', 'target-jsonl'], env()));
        expect((await bookmarks(project, STATE_ID.jsonl))['public-t']).toEqual(merged);
        await succeeded(project.meltano(refresh, env({ TAP_POSTGRES__SELECT_FILTER: '["public-whole"]' })));
        expect((await bookmarks(project, STATE_ID.jsonl))['public-t']).toEqual(merged);
        expect(ids(project)).toHaveLength(10);
      },
    );

    it('[166] [176] meltano select lists every property with its status, and a thousand tables are found', async () => {
      const project = prepared();
      const { stdout } = await succeeded(project.meltano(['select', 'tap-postgres', '--list', '--all'], env()));
      const status = (property: string): string | undefined =>
        new RegExp(`\\[(\\w+) *\\] ${property.replaceAll('.', '\\.')}$`, 'm').exec(stdout)?.[1];
      expect(['public-t.id', 'public-t.updated_at', 'public-t.amount', 'public-t.secret'].map(status)).toEqual([
        'automatic',
        'selected',
        'selected',
        'excluded',
      ]);
      await client.query(`DO $$ BEGIN EXECUTE 'CREATE SCHEMA many'; FOR n IN 1..1000 LOOP
        EXECUTE format('CREATE TABLE many.t%s (id int PRIMARY KEY)', n); END LOOP; END $$`);
      const discovered = await succeeded(
        project.meltano(['invoke', 'tap-postgres', '--discover'], env({ TAP_POSTGRES_FILTER_SCHEMAS: '["many"]' })),
      );
      expect((JSON.parse(discovered.stdout) as { streams: unknown[] }).streams).toHaveLength(1000);
    });

    it('[171] [172] with a catalog from a file nothing is discovered; lists and objects reach it through the environment', async () => {
      const project = prepared();
      const only = { TAP_POSTGRES_FILTER_SCHEMAS: '["public"]' };
      const { stdout } = await succeeded(project.meltano(['invoke', 'tap-postgres', '--discover'], env(only)));
      const { streams } = JSON.parse(stdout) as { streams: { tap_stream_id: string; metadata: Entry[] }[] };
      const t = streams.find(({ tap_stream_id }) => tap_stream_id === 'public-t')!;
      for (const { breadcrumb, metadata } of t.metadata) if (breadcrumb.length === 0) metadata['selected'] = true;
      project.write('catalogs/postgres.json', JSON.stringify({ streams: [t] }));
      project.calls();
      const own = {
        TAP_POSTGRES__CATALOG: 'catalogs/postgres.json',
        TAP_POSTGRES_STREAM_OPTIONS: JSON.stringify({ 'public-t': { custom_where_clauses: ['id > 2'] } }),
      };
      await succeeded(project.meltano(toFiles, env({ ...only, ...own })));
      expect(project.calls().filter((call) => call.includes('--discover'))).toEqual([]);
      expect([ids(project), ids(project, 'public-whole')]).toEqual([[3, 4], []]);
    });

    it(
      '[174] [175] [177] [178] a failing tap or target fails the run and leaves a state from which the rest comes once; debug lines, levels and metrics show as such',
      { timeout: 300_000 },
      async () => {
        const project = prepared();
        const read = (divisor: number): Promise<unknown> =>
          client.query(`CREATE OR REPLACE VIEW zz AS SELECT g AS id, 1 / (g - ${divisor}) AS x FROM generate_series(1, 500) g`);
        await read(400);
        const own = env({ TAP_POSTGRES__SELECT: JSON.stringify(['public-t.*', 'public-zz.*']) });
        const failed = await project.meltano(toFiles, own);
        expect([failed.status, failed.stderr]).toEqual([1, expect.stringContaining('expression-failed')]);
        expect((await bookmarks(project, STATE_ID.jsonl))['public-t']).toMatchObject({ replication_key: 'updated_at' });
        await read(0);
        project.write('blocked', 'a file where the folder should be');
        expect((await project.meltano(toFiles, { ...own, TARGET_JSONL_DESTINATION_PATH: 'blocked/deep' })).status).toBe(1);
        const { stderr } = await succeeded(project.meltano(['--log-level=debug', ...toFiles], own));
        expect(ids(project)).toEqual([0, 1, 2, 3, 4]);
        expect(new Set(ids(project, 'public-zz')).size).toBe(500);
        expect(stderr).toMatch(/\[debug +\].*tap-postgres/);
        for (const name of ['tap-postgres', 'target-jsonl']) {
          const metrics = stderr.split('\n').filter((line) => line.includes('METRIC') && line.includes(name));
          expect(
            metrics.some((line) => /metric_name=record_count\b/.test(line) && /metric_value=500\b/.test(line)),
            metrics.join('\n'),
          ).toBe(true);
        }
        await client.query('DROP VIEW zz');
      },
    );

    it('loads into Postgres what is there, value by value; then only what is new', async () => {
      const project = prepared();
      const own = env({ TARGET_POSTGRES_DEFAULT_TARGET_SCHEMA: 'loaded', TARGET_POSTGRES_LOAD_METHOD: 'append-only' });
      const differences = async (table: string, columns: string): Promise<unknown> => {
        const { rows } = await client.query<{ count: number }>(
          `SELECT count(*)::int FROM ((SELECT ${columns} FROM public.${table} EXCEPT ALL SELECT ${columns} FROM loaded.${table})
             UNION ALL (SELECT ${columns} FROM loaded.${table} EXCEPT ALL SELECT ${columns} FROM public.${table})) AS d`,
        );
        return rows[0]!.count;
      };
      await succeeded(project.meltano(toPostgres, own));
      expect([await differences('t', 'id, updated_at, amount'), await differences('whole', 'id, x')]).toEqual([0, 0]);
      await client.query(`INSERT INTO t VALUES (6, '2026-02-01Z', 6.50, 's')`);
      await succeeded(project.meltano(toPostgres, { ...own, TAP_POSTGRES__SELECT_FILTER: '["public-t"]' }));
      expect(await differences('t', 'id, updated_at, amount')).toBe(0);
      await client.query('DELETE FROM t WHERE id = 6');
    });

    it('[167] config test passes', async () => {
      await succeeded(prepared().meltano(['--environment=dev', 'config', 'test', 'tap-postgres'], env()));
    });
  });
});

interface Entry {
  readonly breadcrumb: readonly string[];
  readonly metadata: Record<string, unknown>;
}
