import process from 'node:process';
import { describe, expect, test } from 'vitest';
import type { BigQueryDouble } from '../../support/bigquery/double.ts';
import { loadInto, record, schema, startDouble } from '../../support/bigquery/load-into.ts';
import { describeWithLocalBigQuery } from '../../support/bigquery/local-bigquery.ts';
import { executable, run } from '../../support/processes.ts';

interface Checked {
  readonly ok: boolean;
  readonly checks: readonly { readonly check: string; readonly ok: boolean; readonly detail: string; readonly hint?: string }[];
}

/** Runs target-bigquery with a mode; settings come from the environment. */
function ask(mode: string, config: Readonly<Record<string, string>>, input = '', format = 'json'): ReturnType<typeof run> {
  const entries = Object.entries({ project: 'test', dataset: 'd', ...config });
  const env = Object.fromEntries(entries.map(([name, value]) => [`TARGET_BIGQUERY_${name.toUpperCase()}`, value]));
  return run(process.execPath, [executable('target-bigquery'), mode, '--config=ENV', '--format', format], { env, input });
}

async function checked(
  double: BigQueryDouble,
  config: Readonly<Record<string, string>> = {},
): Promise<Checked & { status: unknown }> {
  const { status, stdout, stderr } = await ask('--check', { api_endpoint: double.url, ...config });
  expect(stdout, stderr).not.toBe('');
  return { ...(JSON.parse(stdout) as Checked), status };
}

describe('--check', () => {
  test('says line by line that a load could begin, and writes nothing', async () => {
    const double = await startDouble();
    const { checks, ok, status } = await checked(double, { location: 'EU' });
    expect([ok, status]).toEqual([true, 0]);
    expect(checks.map(({ check, detail }) => `${check}: ${detail}`)).toEqual([
      'credentials: none: the address is http',
      `project: test at ${double.url}`,
      'dataset: d will be made in EU',
      'location: EU',
      'jobs: can be run',
      'quota: no load jobs in the last 24 hours',
    ]);
    expect([double.datasets.size, double.jobs.size]).toEqual([0, 0]);
  });

  test('looks at a dataset that is there: its location, and whether tables can be made', async () => {
    const double = await startDouble();
    await loadInto(double, [schema('people', { id: { type: 'integer' } }), record('people', { id: 1 })], {
      settings: { location: 'EU' },
    });
    const { checks } = await checked(double);
    expect(checks.slice(2).map(({ check, detail }) => `${check}: ${detail}`)).toEqual([
      'dataset: d is there',
      'location: EU, where the dataset is and jobs will run; location says US',
      'jobs: can be run',
      'tables: can be made',
      'quota: at most 1 load jobs for one table (people) in the last 24 hours; it takes 1500',
    ]);
    expect([...double.datasets.get('d')!.tables.keys()]).toEqual(['people']);
  });

  test('a table that has had nearly all the load jobs of a day is told, with what to do', async () => {
    const double = await startDouble();
    const destinationTable = { projectId: 'test', datasetId: 'd', tableId: 'busy' };
    for (let i = 0; i < 1300; i++) {
      const jobReference = { projectId: 'test', jobId: `j${i}`, location: 'US' };
      double.jobs.set(`j${i}`, { jobReference, configuration: { load: { destinationTable } as never }, looks: 0 });
    }
    const { checks, ok, status } = await checked(double);
    expect([ok, status]).toEqual([false, 1]);
    expect(checks.at(-1)).toMatchObject({ check: 'quota', ok: false, hint: expect.stringContaining('load_interval_seconds') });
  });

  test.each([
    ['a project that is not there', '/datasets', { status: 404, reason: 'notFound' }, 'project', 'not-found'],
    ['an API that is off', '/datasets', { status: 403, reason: 'accessNotConfigured' }, 'project', 'api-off'],
    ['no right to look at the dataset', '/datasets/d', { status: 403, reason: 'accessDenied' }, 'dataset', 'access-denied'],
    ['no right to run jobs', '/jobs', { status: 403, reason: 'accessDenied' }, 'jobs', 'access-denied'],
    ['a quota that is spent', '/jobs', { status: 403, reason: 'quotaExceeded' }, 'jobs', 'quota'],
  ] as const)('%s is told with a code and what to do', async (_, path, fault, check, code) => {
    const double = await startDouble();
    double.fault = (asked) => (asked.path.endsWith(path) ? fault : undefined);
    const { checks, ok, status } = await checked(double);
    expect([ok, status]).toEqual([false, 1]);
    const failed = checks.find((finding) => !finding.ok);
    expect(failed).toMatchObject({ check, detail: expect.stringContaining(`(${code})`), hint: expect.stringMatching(/./) });
  });

  test('as text: a line for each, with what to do below', async () => {
    const double = await startDouble();
    double.fault = ({ path }) => (path.endsWith('/datasets/d') ? { status: 403, reason: 'accessDenied' } : undefined);
    const { stdout } = await ask('--check', { api_endpoint: double.url }, '', 'text');
    expect(stdout).toMatch(/^ok {6}credentials/m);
    expect(stdout).toMatch(/^FAILED {2}dataset .*\(access-denied\)\n +Give the account/m);
  });
});

await describeWithLocalBigQuery('--check against an emulator', (server) => {
  test('says that a load could begin', async () => {
    const { status, stdout } = await ask('--check', { api_endpoint: server().url }, '', 'text');
    expect(stdout).toMatch(/ok {6}tables +can be made/);
    expect(status).toBe(0);
  });
});
