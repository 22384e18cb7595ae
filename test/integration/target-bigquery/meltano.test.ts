import { Client } from 'pg';
import { describe, expect, test } from 'vitest';
import { manyReleases } from '../../support/github/index.ts';
import { describeWithLocalBigQuery, type LocalBigQuery } from '../../support/bigquery/local-bigquery.ts';
import { findMeltano, meltanoProject, type MeltanoProject } from '../../support/meltano.ts';
import { describeWithPostgres } from '../../support/postgres.ts';
import { gitHubWithToken, TOKEN } from '../tap-github/drive.ts';

const TABLE = 'resale_flat_prices_from_jan_2017';
const ROWS = 500;

const found = await findMeltano();
if ('missing' in found) {
  describe.skip(`Meltano and target-bigquery (skipped: ${found.missing})`, () => {
    test('runs it', () => undefined);
  });
} else {
  const meltano = found.path;
  await describeWithLocalBigQuery('Meltano, to BigQuery', (server) => {
    test(
      '[110] [168] tap-github target-bigquery: each release once, as GitHub has it; a second run changes nothing, a third adds the new one',
      { timeout: 180_000 },
      async () => {
        const github = await gitHubWithToken();
        const repository = github.world.add({ owner: 'pandas-dev', name: 'pandas', releases: manyReleases(120) });
        const body = '# What is new 🎉\r\n\r\n* a "feature"\r\n';
        repository.releases = [
          { ...repository.releases[0]!, body },
          { ...repository.releases[1]!, body: null, draft: true, published_at: null },
          ...repository.releases.slice(2),
        ];
        const project = meltanoProject(meltano);
        const env = {
          ...lesson(server(), 'releases_of_github'),
          TAP_GITHUB_API_URL_BASE: github.url,
          TAP_GITHUB_AUTH_TOKEN: TOKEN,
          TAP_GITHUB_REPOSITORIES: '["pandas-dev/pandas"]',
          TAP_GITHUB__SELECT: '["releases.tag_name", "releases.body", "releases.published_at", "releases.author"]',
        };
        const run = (): Promise<string> => succeeded(project, ['run', 'tap-github', 'target-bigquery'], env);
        const rows = (columns: string): Promise<(string | null)[][]> =>
          server().query(`SELECT ${columns} FROM releases_of_github.releases ORDER BY id DESC`);
        const released = (): (string | null)[][] =>
          repository.releases
            .map(({ id, tag_name, body, published_at, author }) => [
              String(id),
              String(tag_name),
              body as string | null,
              published_at as string | null,
              (author as { readonly login: string }).login,
            ])
            .toSorted((a, b) => Number(b[0]) - Number(a[0]));
        const columns = 'id, tag_name, body, FORMAT_TIMESTAMP("%Y-%m-%dT%H:%M:%SZ", published_at), author__login';

        const said = await run();
        expect(await rows(columns)).toEqual(released());
        expect(said).not.toContain(TOKEN);

        const before = await rows('*');
        await run();
        expect(await rows('*')).toEqual(before);

        repository.releases = [{ ...repository.releases[0]!, id: 9_000_000, tag_name: 'v9' }, ...repository.releases];
        await run();
        expect(await rows(columns)).toEqual(released());
      },
    );

    describeWithPostgres('a table of Postgres', (url) => {
      test(
        '[110] [168] tap-postgres target-bigquery: each row once, as the table has it; a second run changes nothing, a third brings what is new',
        { timeout: 180_000 },
        () =>
          withTable(url(), async (source) => {
            const { run, loaded, raw } = pipeline(meltano, server(), source, { dataset: 'resale', method: 'INCREMENTAL' });
            await run();
            expect(await loaded()).toEqual(await source.rows());
            const before = await raw();
            await run();
            expect(await raw()).toEqual(before);
            await source.insert(ROWS + 1, ROWS + 10);
            await run();
            expect(await loaded()).toEqual(await source.rows());
          }),
      );

      test(
        'with upsert a changed row takes the place of its old one, and a run from the beginning doubles nothing',
        { timeout: 180_000 },
        () =>
          withTable(url(), async (source) => {
            const settings = { TARGET_BIGQUERY_UPSERT: 'true' };
            const { run, loaded, raw } = pipeline(meltano, server(), source, {
              dataset: 'upserted',
              method: 'INCREMENTAL',
              settings,
            });
            await run();
            await source.change(7);
            await run();
            expect(await loaded()).toEqual(await source.rows());
            const before = await raw();
            await run('--full-refresh');
            expect(await raw()).toEqual(before);
          }),
      );

      test('with overwrite a whole table is there once after each run, without rows that are gone', { timeout: 180_000 }, () =>
        withTable(url(), async (source) => {
          const settings = { TARGET_BIGQUERY_OVERWRITE: 'true' };
          const { run, loaded } = pipeline(meltano, server(), source, {
            dataset: 'overwritten',
            method: 'FULL_TABLE',
            settings,
          });
          await run();
          expect(await loaded()).toEqual(await source.rows());
          await run();
          expect(await loaded()).toEqual(await source.rows());
          await source.remove(7);
          await run();
          expect(await loaded()).toEqual(await source.rows());
        }),
      );
    });
  });
}

interface Source {
  readonly url: string;
  insert(from: number, to: number): Promise<void>;
  change(id: number): Promise<void>;
  remove(id: number): Promise<void>;
  /** All that is in it, by id. */
  rows(): Promise<unknown[]>;
}

/** A table whose rows have one time all: a bookmark of times alone would lose rows, or send them again. */
async function withTable(url: string, body: (source: Source) => Promise<void>): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  const insert = async (from: number, to: number): Promise<void> => {
    const values = `n, '2017-01', n || 'A', n % 90 || '.5', n * 1000.88, '2017-02-01T02:00:00.123456Z'`;
    await client.query(`INSERT INTO ${TABLE} SELECT ${values} FROM generate_series(${from}, ${to}) n`);
  };
  try {
    await client.query(`CREATE TABLE ${TABLE} (id bigint PRIMARY KEY, month text, block text, floor_area_sqm text, resale_price numeric,
      updated_at timestamptz NOT NULL)`);
    await insert(1, ROWS);
    await body({
      url,
      insert,
      change: async (id) =>
        void (await client.query(`UPDATE ${TABLE} SET block = 'changed', updated_at = now() WHERE id = ${id}`)),
      remove: async (id) => void (await client.query(`DELETE FROM ${TABLE} WHERE id = ${id}`)),
      async rows() {
        const time = "to_char(updated_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US')";
        const columns = `id::text, month, block, floor_area_sqm, resale_price::text, ${time}`;
        const text = `SELECT ${columns} FROM ${TABLE} ORDER BY ${TABLE}.id`;
        return numbered((await client.query<string[]>({ text, rowMode: 'array' })).rows);
      },
    });
  } finally {
    await client.query(`DROP TABLE IF EXISTS ${TABLE}`);
    await client.end();
  }
}

interface Loading {
  readonly dataset: string;
  readonly method: 'INCREMENTAL' | 'FULL_TABLE';
  readonly settings?: Readonly<Record<string, string>>;
}

/** The table's way to BigQuery by Meltano, and what has arrived: `loaded` its columns, `raw` all columns. */
function pipeline(meltano: string, server: LocalBigQuery, { url }: Source, { dataset, method, settings = {} }: Loading) {
  const project = meltanoProject(meltano);
  const stream = `public-${TABLE}`;
  const key = method === 'INCREMENTAL' ? { 'replication-key': 'updated_at' } : {};
  const env = {
    ...lesson(server, dataset),
    ...settings,
    TAP_POSTGRES_URL: url,
    TAP_POSTGRES_TABLES: `["public.${TABLE}"]`,
    TAP_POSTGRES__SELECT: `["${stream}.*"]`,
    TAP_POSTGRES__METADATA: JSON.stringify({ [stream]: { 'replication-method': method, ...key } }),
  };
  const rows = (columns: string): Promise<(string | null)[][]> =>
    server.query(`SELECT ${columns} FROM ${dataset}.public_${TABLE} ORDER BY id`);
  const price = 'CAST(CAST(resale_price AS NUMERIC) AS STRING)';
  const time = "FORMAT_TIMESTAMP('%F %H:%M:%E6S', updated_at)";
  return {
    run: (...flags: readonly string[]): Promise<string> =>
      succeeded(project, ['run', ...flags, 'tap-postgres', 'target-bigquery'], env),
    loaded: async (): Promise<unknown[]> => numbered(await rows(`id, month, block, floor_area_sqm, ${price}, ${time}`)),
    raw: (): Promise<unknown[]> => rows('*'),
  };
}

/** The settings of the widely taught lesson as they stand, and what the emulator needs. */
function lesson(server: LocalBigQuery, dataset: string): Record<string, string> {
  return {
    TARGET_BIGQUERY_PROJECT: server.project,
    TARGET_BIGQUERY_DATASET: dataset,
    TARGET_BIGQUERY_METHOD: 'batch_job',
    TARGET_BIGQUERY_DENORMALIZED: 'true',
    TARGET_BIGQUERY_FLATTENING_ENABLED: 'true',
    TARGET_BIGQUERY_FLATTENING_MAX_DEPTH: '1',
    TARGET_BIGQUERY_API_ENDPOINT: server.url,
    TARGET_BIGQUERY_COMPRESSION: 'none',
  };
}

/** The fifth value as a number: the two databases write trailing zeros in their own ways. */
function numbered(rows: readonly (readonly (string | null)[])[]): unknown[] {
  return rows.map((row) => row.map((value, column) => (column === 4 ? Number(value) : value)));
}

async function succeeded(project: MeltanoProject, args: readonly string[], env: Record<string, string>): Promise<string> {
  const { status, stdout, stderr } = await project.meltano(args, env);
  expect(status, stderr.slice(-4000)).toBe(0);
  return stdout + stderr;
}
