import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { example } from '../../../examples/warehouse/example.mjs';
import { repositories, resales } from '../../../examples/warehouse/generate.mjs';
import { categories, releaseTypes, type Release } from '../../../examples/warehouse/verify.mjs';
import type { Work } from '../../../scripts/examples/example.mjs';
import { openSession, type Session } from '../../../scripts/examples/session.mjs';
import { existingServer } from '../../../scripts/postgres.mjs';
import { pythonEnvironment } from '../../../scripts/python.mjs';
import { TYPES } from '../../../targets/bigquery/types/types.ts';
import { describeWithLocalBigQuery, type LocalBigQuery } from '../../support/bigquery/local-bigquery.ts';
import { analyze, describeWithAnalyzer, type AnalyzedTable } from '../../support/googlesql/analyze.ts';
import { findMeltano } from '../../support/meltano.ts';
import { describeWithPostgres } from '../../support/postgres.ts';

const SALES = 1000;
const DATASET = 'analytics';
/** In the order in which they need one another. */
const MODELS = ['stg_releases', 'stg_resale_flat_prices', 'prices', 'prices_by_category', 'release_types'];

/** The newest dbt for BigQuery, or why there is none. */
async function findDbt(): Promise<{ readonly path: string } | { readonly missing: string }> {
  try {
    const programs = await pythonEnvironment('dbt-bigquery-1.12.1', ['dbt-core==1.11.16', 'dbt-bigquery==1.12.1']);
    return { path: join(programs, 'dbt') };
  } catch (error) {
    if (process.env['CI'] || process.env['REQUIRE_BACKENDS']) throw error;
    return { missing: error instanceof Error ? error.message : String(error) };
  }
}

const [meltano, dbt] = [await findMeltano(), await findDbt()];
const missing = [meltano, dbt].flatMap((each) => ('missing' in each ? [each.missing] : []));
if ('missing' in dbt || missing.length > 0) {
  describe.skip(`the example warehouse in BigQuery (skipped: ${missing.join('; ')})`, () => test('its models', () => undefined));
} else {
  await describeWithAnalyzer('the example warehouse in BigQuery', async () => {
    await describeWithLocalBigQuery('its models', (server) => {
      describeWithPostgres('of a table and of releases', (url) => withDbt(dbt.path, server, url));
    });
  });
}

function withDbt(program: string, server: () => LocalBigQuery, url: () => string): void {
  let session: Session | undefined;
  beforeAll(async () => {
    const postgres = { ...existingServer(url()), stopping: [] };
    const bigquery = { ...server(), stopping: [], stop: () => Promise.resolve() };
    session = await openSession({ say: () => undefined, given: { postgres, bigquery } });
  });
  afterAll(() => session?.close());

  test('are SQL that Google’s analyzer takes, and give what the sources say', { timeout: 400_000 }, async () => {
    const { work } = await session!.open('warehouse', SALES);
    await example.prepare(work);
    await work.run(['meltano', 'run', 'releases-bigquery', 'resale-bigquery']);
    const { models, tests } = await compiled(work, program);
    expect(Object.keys(models).toSorted()).toEqual(MODELS.toSorted());

    const { query } = server();
    await query(`CREATE SCHEMA ${DATASET}`);
    for (const name of MODELS) await query(`CREATE VIEW ${DATASET}.${name} AS ${models[name]}`);
    const rows = [...resales({ rows: SALES, seed: work.seed })];
    const numbers = await query(
      `SELECT town || ', ' || flat_type, CAST(sales AS STRING), CAST(average_price AS STRING), CAST(average_area_sqm AS STRING),
        CAST(average_price_per_sqm AS STRING) FROM ${DATASET}.prices_by_category`,
    );
    expect(new Map(numbers.map(([name, ...values]) => [name, values.map(Number)]))).toEqual(
      new Map(
        Array.from(categories(rows), ([name, { sales, price, area, perSquareMetre }]) => [
          name,
          [sales, ...[price, area, perSquareMetre].map((value) => expect.closeTo(value ?? 0, 1) as number)],
        ]),
      ),
    );
    expect(await query(`SELECT repo, type, CAST(releases AS STRING) FROM ${DATASET}.release_types ORDER BY repo, type`)).toEqual(
      releaseTypes(sources(work))
        .map(({ repo, type, releases }) => [repo, type, String(releases)])
        .toSorted(([a, b], [c, d]) => (`${a} ${b}` < `${c} ${d}` ? -1 : 1)),
    );
    for (const [name, sql] of Object.entries(tests)) expect(await query(sql), name).toEqual([]);

    const dataset = work.env['TARGET_BIGQUERY_DATASET'] ?? '';
    const tables = [
      ...(await Promise.all(
        ['releases', 'public_resale_flat_prices_from_jan_2017'].map((table) => known(server(), dataset, table)),
      )),
      ...(await Promise.all(MODELS.map((table) => known(server(), DATASET, table)))),
    ];
    const made = (name: string): string =>
      `CREATE OR REPLACE ${name.startsWith('stg_') ? 'VIEW' : 'TABLE'} \`test\`.\`${DATASET}\`.\`${name}\` AS ${models[name]}`;
    const statements = [...MODELS.map(made), ...Object.values(tests)];
    const wrong = made('prices').replace('floor_area_sqm', 'floor_area');
    const verdicts = await analyze(tables, [...statements, wrong]);
    expect(verdicts.slice(0, -1)).toEqual(statements.map(() => 'ok'));
    expect(verdicts.at(-1)).not.toBe('ok');
  });
}

/** The SQL that dbt makes of the project for BigQuery, without asking it: of models, and of tests, each by its name. */
async function compiled(work: Work, program: string): Promise<Record<'models' | 'tests', Record<string, string>>> {
  mkdirSync(join(work.folder, 'offline'));
  const output = { type: 'bigquery', method: 'oauth-secrets', token: 'none', project: 'test', dataset: DATASET, threads: 1 };
  writeFileSync(
    join(work.folder, 'offline', 'profiles.yml'),
    JSON.stringify({ warehouse: { target: 'b', outputs: { b: output } } }),
  );
  const flags = ['--no-introspect', '--no-populate-cache', '--project-dir', 'transform', '--profiles-dir', 'offline'];
  await work.run([program, 'compile', ...flags, '--target-path', '../compiled']);
  const folder = join(work.folder, 'compiled', 'compiled', 'warehouse');
  const all = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.sql'));
  const isModel = (path: string): boolean => /^models\/(?:staging|marts)\//.test(path);
  const of = (paths: readonly string[]): Record<string, string> =>
    Object.fromEntries(
      paths.map((path) => [path.replace(/^.*\//, '').replace('.sql', ''), readFileSync(join(folder, path), 'utf8')]),
    );
  const tests = all.filter((path) => !isModel(path));
  expect(tests.length).toBeGreaterThan(10);
  return { models: of(all.filter(isModel)), tests: of(tests) };
}

/** What the emulator says of a table or view. */
async function known(server: LocalBigQuery, dataset: string, table: string): Promise<AnalyzedTable> {
  const answer = await fetch(`${server.url}/bigquery/v2/projects/test/datasets/${dataset}/tables/${table}`);
  const { schema } = (await answer.json()) as { readonly schema: { readonly fields: readonly { name: string; type: string }[] } };
  const standard: Readonly<Record<string, string>> = { INTEGER: 'INT64', FLOAT: 'FLOAT64', BOOLEAN: 'BOOL' };
  const columns = schema.fields.map(({ name, type }) => {
    const found = TYPES.find((each) => each === (standard[type] ?? type));
    if (found === undefined) throw new Error(`${table}.${name} is of an unknown type: ${type}`);
    return { name, type: { type: found } };
  });
  return { project: 'test', dataset, table, columns };
}

function sources({ seed }: Work): Release[] {
  const [pandas] = repositories({ seed });
  const recorded = JSON.parse(
    readFileSync(new URL('../../support/github/recorded/releases.json', import.meta.url), 'utf8'),
  ) as Release[];
  return [
    ...(pandas?.releases ?? []).map((release) => ({ ...release, repo: 'pandas' })),
    ...recorded.map((release) => ({ ...release, repo: 'hub' })),
  ];
}
