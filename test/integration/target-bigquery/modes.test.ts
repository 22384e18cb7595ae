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

/** Runs target-bigquery with a mode, or a load without one; settings come from the environment. */
function ask(mode: string, config: Readonly<Record<string, string>>, input = '', format = 'json'): ReturnType<typeof run> {
  const entries = Object.entries({ project: 'test', dataset: 'd', ...config });
  const env = Object.fromEntries(entries.map(([name, value]) => [`TARGET_BIGQUERY_${name.toUpperCase()}`, value]));
  const asked = mode === '' ? [] : [mode, '--format', format];
  return run(process.execPath, [executable('target-bigquery'), ...asked, '--config=ENV'], { env, input });
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

const PEOPLE = schema('people', { id: { type: 'integer' }, name: { type: 'string' } });
const WIDER = schema('people', { id: { type: 'integer' }, name: { type: 'string' }, born: { type: 'string', format: 'date' } });

function linesOf(...messages: readonly object[]): string {
  return messages.map((message) => `${JSON.stringify(message)}\n`).join('');
}

describe('--plan', () => {
  test('says what would be made, and makes nothing', async () => {
    const double = await startDouble();
    const config = { api_endpoint: double.url, denormalized: 'true', add_record_metadata: 'false', load_method: 'upsert' };
    const { status, stdout, stderr } = await ask('--plan', config, linesOf(PEOPLE, record('people', { id: 1 })));
    expect(status, stderr).toBe(0);
    expect(JSON.parse(stdout)).toEqual({
      streams: [
        {
          stream: 'people',
          table: 'd.people',
          new: true,
          method: 'upsert',
          keys: ['id'],
          way_in: 'batch_job',
          staged_in: null,
          changes: ['make dataset d', 'make d.people (id INT64, name STRING)', 'lay it out by {"clustering":{"fields":["id"]}}'],
          bytes: null,
          price: null,
          currency: 'USD',
          refused: false,
        },
      ],
    });
    expect([double.datasets.size, double.jobs.size]).toEqual([0, 0]);
  });

  test('says what would change, and what a merge would read and cost', async () => {
    const double = await startDouble();
    await loadInto(double, [PEOPLE, record('people', { id: 1 })], { settings: { load_method: 'upsert' } });
    double.bytesRead = 2 ** 40;
    const before = double.jobs.size;
    const config = { api_endpoint: double.url, denormalized: 'true', load_method: 'upsert' };
    const { stdout } = await ask('--plan', config, linesOf(WIDER), 'text');
    expect(stdout.trim().split('\n')).toEqual([
      'people: upsert by id into table d.people',
      '  add born',
      `  each merge reads up to ${2 ** 40} bytes of it, for about 6.250060 US dollars`,
    ]);
    const bounded = { ...config, max_bytes_billed: '20971520', price_per_tib: '8' };
    const { streams } = JSON.parse((await ask('--plan', bounded, linesOf(WIDER))).stdout) as { readonly streams: unknown[] };
    expect(streams).toMatchObject([{ bytes: 2 ** 40, price: 8.000076, currency: 'USD', refused: true }]);
    double.bytesRead = 1;
    const small = JSON.parse((await ask('--plan', bounded, linesOf(WIDER))).stdout) as { readonly streams: unknown[] };
    expect(small.streams).toMatchObject([{ bytes: 1, price: 0.000153, refused: false }]);
    expect(double.jobs.size).toBe(before);
    expect(double.fields('d', 'people').map(({ name }) => name)).not.toContain('born');
  });
});

await describeWithLocalBigQuery('modes against an emulator', (server) => {
  test('--check says that a load could begin', async () => {
    const { status, stdout } = await ask('--check', { api_endpoint: server().url }, '', 'text');
    expect(stdout).toMatch(/ok {6}tables +can be made/);
    expect(status).toBe(0);
  });

  test('--plan asks for the price of a merge that its SQL engine takes', async () => {
    const config = { api_endpoint: server().url, denormalized: 'true', compression: 'none', load_method: 'upsert' };
    const loaded = await ask('', config, linesOf(PEOPLE, record('people', { id: 1 }), { type: 'STATE', value: {} }));
    expect(loaded.status, loaded.stderr).toBe(0);
    const { status, stdout, stderr } = await ask('--plan', config, linesOf(WIDER), 'text');
    expect(status, stderr).toBe(0);
    expect(stdout).toMatch(/each merge reads up to \d+ bytes/);
  });
});
