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

    describeWithPostgres('and a table of Postgres', (url) => {
      test(
        '[110] [168] tap-postgres target-bigquery: each row once, as the table has it; a second run changes nothing, a third brings what is new',
        { timeout: 180_000 },
        async () => {
          const source = new Client({ connectionString: url() });
          await source.connect();
          try {
            await source.query(`CREATE TABLE ${TABLE} (id bigint PRIMARY KEY, month text, block text, floor_area_sqm text, resale_price numeric,
              updated_at timestamptz NOT NULL)`);
            // All that came in one transaction has one time: a bookmark of times alone would lose rows, or send them again.
            const insert = (from: number, to: number, at: string): Promise<unknown> =>
              source.query(
                `INSERT INTO ${TABLE} SELECT n, '2017-01', n || 'A', n % 90 || '.5', n * 1000.88, '${at}' FROM generate_series(${from}, ${to}) n`,
              );
            await insert(1, ROWS, '2017-02-01T02:00:00.123456Z');
            const project = meltanoProject(meltano);
            const stream = `public-${TABLE}`;
            const env = {
              ...lesson(server(), 'resale'),
              TAP_POSTGRES_URL: url(),
              TAP_POSTGRES_TABLES: `["public.${TABLE}"]`,
              TAP_POSTGRES__SELECT: `["${stream}.*"]`,
              TAP_POSTGRES__METADATA: JSON.stringify({
                [stream]: { 'replication-method': 'INCREMENTAL', 'replication-key': 'updated_at' },
              }),
            };
            const run = (): Promise<string> => succeeded(project, ['run', 'tap-postgres', 'target-bigquery'], env);
            const rows = (columns: string): Promise<(string | null)[][]> =>
              server().query(`SELECT ${columns} FROM resale.public_${TABLE} ORDER BY id`);
            const inSource = async (): Promise<string[][]> => {
              const text = "to_char(updated_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US')";
              const { rows } = await source.query<string[]>({
                text: `SELECT id::text, month, block, floor_area_sqm, resale_price::text, ${text} FROM ${TABLE} ORDER BY ${TABLE}.id`,
                rowMode: 'array',
              });
              return rows;
            };
            const columns =
              'id, month, block, floor_area_sqm, CAST(CAST(resale_price AS NUMERIC) AS STRING), FORMAT_TIMESTAMP("%F %H:%M:%E6S", updated_at)';

            await run();
            expect(numbered(await rows(columns))).toEqual(numbered(await inSource()));

            const before = await rows('*');
            await run();
            expect(await rows('*')).toEqual(before);

            await insert(ROWS + 1, ROWS + 10, '2017-02-01T02:00:00.123456Z');
            await run();
            expect(numbered(await rows(columns))).toEqual(numbered(await inSource()));
          } finally {
            await source.end();
          }
        },
      );
    });
  });
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
