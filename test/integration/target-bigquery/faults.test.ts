import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { TaplineError, type Json } from '../../../singer/index.ts';
import type { Asked, BigQueryDouble, Fault } from '../../support/bigquery/double.ts';
import { loadInto, record, schema, startDouble, state } from '../../support/bigquery/load-into.ts';
import { nothingSaid } from '../../support/through.ts';

const NARROW = schema('people', { id: { type: 'integer' } });
const WIDE = schema('people', { id: { type: 'integer' }, name: { type: 'string' } });
/** Two loads, with a table that changes between them. */
const MESSAGES = [
  NARROW,
  record('people', { id: 1 }),
  record('people', { id: 2 }),
  state({ at: 2 }),
  WIDE,
  record('people', { id: 3, name: 'Ada' }),
  record('people', { id: 4, name: 'Bo' }),
  state({ at: 4 }),
];
const SETTINGS = { add_record_metadata: false, batch_size_rows: 2, load_interval_seconds: 0, max_retries: 1, run_id: 'nightly' };

/** Every kind of request that a run makes. */
const REQUESTS: Readonly<Record<string, (asked: Asked) => boolean>> = {
  'looking at the dataset': ({ method, path }) => method === 'GET' && path.endsWith('/datasets/d'),
  'making the dataset': ({ method, path }) => method === 'POST' && path.endsWith('/datasets'),
  'looking at the table': ({ method, path }) => method === 'GET' && path.includes('/tables/'),
  'making the table': ({ method, path }) => method === 'POST' && path.endsWith('/tables'),
  'changing the table': ({ method }) => method === 'PATCH',
  'beginning an upload': ({ method, path }) => method === 'POST' && path.startsWith('/upload/'),
  'uploading a file': ({ method }) => method === 'PUT',
  'looking at a job': ({ method, path }) => method === 'GET' && path.includes('/jobs/'),
};

const FAULTS: readonly Fault[] = [
  { status: 400, reason: 'invalid' },
  { status: 401 },
  { status: 403, reason: 'accessDenied' },
  { status: 403, reason: 'rateLimitExceeded' },
  { status: 403, reason: 'quotaExceeded' },
  { status: 404, reason: 'notFound' },
  { status: 408 },
  { status: 409, reason: 'duplicate' },
  { status: 412, reason: 'conditionNotMet' },
  { status: 429, reason: 'rateLimitExceeded' },
  { status: 500, reason: 'internalError' },
  { status: 502 },
  { status: 503, reason: 'backendError' },
  { status: 504 },
  { cut: 'before' },
  { cut: 10 },
];

/** What a load by a stage and a MERGE asks for besides. */
const OF_STAGES: typeof REQUESTS = {
  'making the stage': ({ body, method, path }) =>
    method === 'POST' && path.endsWith('/tables') && JSON.stringify(body).includes('tapline_stage'),
  'loading into the stage': ({ body, path }) => path.startsWith('/upload/') && JSON.stringify(body ?? '').includes('__tapline'),
  'running a statement': ({ method, path }) => method === 'POST' && path.endsWith('/jobs') && !path.startsWith('/upload/'),
  'looking at a statement': ({ method, path }) => method === 'GET' && /\/jobs\/tapline_(?:merge|replace)/.test(path),
  'dropping the stage': ({ method }) => method === 'DELETE',
};

/** A run that a fault strikes from the nth such request on, then one without it. */
async function strike(
  fault: Fault,
  isStruck: (asked: Asked) => boolean,
  from: number,
  more: Readonly<Record<string, Json>> = {},
): Promise<string> {
  const settings = { ...SETTINGS, ...more };
  const double = await startDouble({ looks: 1 });
  // Rows that others meet by their key, or whose place others take.
  if (more['load_method'] !== undefined)
    await loadInto(double, [WIDE, record('people', { id: 1, name: 'old' }), state({ at: 0 })], {
      settings: { ...settings, run_id: 'before' },
    });
  let seen = 0;
  double.fault = (asked) => (isStruck(asked) && ++seen >= from ? fault : undefined);
  const said = nothingSaid();
  const error = await loadInto(double, MESSAGES, { settings, said }).catch((thrown: unknown) => thrown);
  const outcome = error instanceof TaplineError ? error.code : 'survived';
  if (error instanceof Error && !(error instanceof TaplineError)) throw error;
  expectCovered(double, said.states);
  double.fault = () => undefined;
  expect(seen).toBeGreaterThan(0);
  const again = await loadInto(double, MESSAGES, { settings });
  expect(again.states.at(-1)).toBe('{"at":4}');
  expect(idsIn(double)).toEqual(['1', '2', '3', '4']);
  return outcome;
}

/** Every row that a printed state covers is there. */
function expectCovered(double: BigQueryDouble, states: readonly string[]): void {
  const covered = states.length === 0 ? 0 : (JSON.parse(states.at(-1)!) as { readonly at: number }).at;
  expect(idsIn(double)).toEqual(expect.arrayContaining(Array.from({ length: covered }, (_, i) => String(i + 1))));
}

function idsIn(double: BigQueryDouble): readonly string[] {
  return double
    .rows('d', 'people')
    .map(({ id }) => JSON.stringify(id).replaceAll('"', ''))
    .toSorted((a, b) => Number(a) - Number(b));
}

function nameOf(fault: Fault): string {
  if ('cut' in fault) return `cut ${fault.cut}`;
  return `${fault.status} ${fault.reason ?? ''}${fault.after === true ? ' though it was done' : ''}`;
}

/** The same where the server does what was asked before it fails. */
const after = FAULTS.flatMap((fault): Fault[] => ('status' in fault ? [{ ...fault, after: true }] : []));
const faults: readonly Fault[] = [...FAULTS, ...after, { cut: 'after' }];

describe('each fault at each request: survived, or an error with a code and a state that is true; then a run loads each row once', () => {
  test.each(faults.map((fault) => [nameOf(fault), fault] as const))('%s', { timeout: 120_000 }, async (_, fault) => {
    const runs = Object.entries(REQUESTS).flatMap(([name, isStruck]) =>
      [1, 2].map(async (from) => ({ name: `${name} (${from})`, outcome: await strike(fault, isStruck, from) })),
    );
    for (const { name, outcome } of await Promise.all(runs)) expect.soft(outcome, name).toMatch(/^[a-z][a-z-]+$/);
  });
});

describe.each(['upsert', 'overwrite'])(
  'the same at each request by which a stage is made, loaded, merged and dropped: %s',
  (load_method) => {
    // By a stage: with one file rows go straight over the old ones.
    const settings = { load_method, batch_size_rows: 1 };
    test.each(faults.map((fault) => [nameOf(fault), fault] as const))('%s', { timeout: 120_000 }, async (_, fault) => {
      const runs = Object.entries(OF_STAGES).map(async ([name, isStruck]) => ({
        name,
        outcome: await strike(fault, isStruck, 1, settings),
      }));
      for (const { name, outcome } of await Promise.all(runs)) expect.soft(outcome, name).toMatch(/^[a-z][a-z-]+$/);
    });
  },
);

describe('what a load may meet', () => {
  test.each(['null', '<html>Sign in</html>', '"yes"', ''])(
    'something else that answers in place of BigQuery: 200 with %j',
    async (text) => {
      const other = createServer((request, response) => {
        request.resume();
        response.writeHead(200, { 'content-type': 'application/json' }).end(text);
      });
      other.listen(0, '127.0.0.1');
      await once(other, 'listening');
      onTestFinished(() => void other.close());
      const settings = { ...SETTINGS, api_endpoint: `http://127.0.0.1:${(other.address() as AddressInfo).port}` };
      const run = loadInto(await startDouble(), MESSAGES, { settings });
      await expect(run).rejects.toMatchObject({ code: 'answer-unreadable', hint: expect.stringContaining('api_endpoint') });
    },
  );

  test('all settings that cannot be used are told at once', async () => {
    const double = await startDouble();
    const settings = { api_endpoint: 'nowhere', dataset: 'no-name', labels: { Team: 'a' } };
    const error = await loadInto(double, [NARROW], { settings }).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      exitCode: 2,
      problems: [{ path: 'api_endpoint' }, { path: 'dataset' }, { path: 'labels.Team' }],
    });
    expect(double.asked).toEqual([]);
  });

  test('a request that BigQuery refuses ends the run with what it says, as for a location that is none', async () => {
    const double = await startDouble();
    double.fault = ({ method, path }) =>
      method === 'POST' && path.endsWith('/datasets') ? { status: 400, reason: 'invalid' } : undefined;
    await expect(loadInto(double, [NARROW], { settings: { location: 'Mars' } })).rejects.toMatchObject({
      code: 'request-refused',
      message: 'Making dataset d: BigQuery refuses the request (refused by the double)',
      facts: { location: 'Mars' },
    });
  });

  test('an access token that ends under way ends the run; it is not told as a right that is missing', async () => {
    const double = await startDouble();
    double.fault = ({ path }) => (path.startsWith('/upload/') ? { status: 401, reason: 'authError' } : undefined);
    const run = loadInto(double, [NARROW, record('people', { id: 1 })]);
    await expect(run).rejects.toMatchObject({ code: 'login-refused', hint: expect.stringContaining('access_token') });
  });

  test('a dataset elsewhere than location says: jobs run, and are looked for, where it is', async () => {
    const double = await startDouble({ looks: 1 });
    await loadInto(double, [NARROW], { settings: { location: 'EU' } });
    await loadInto(double, [NARROW, record('people', { id: 1 })], { settings: { location: 'US' } });
    expect(idsIn(double)).toEqual(['1']);
    expect([...double.jobs.values()].map(({ jobReference }) => jobReference.location)).toEqual(['EU']);
  });

  test('a dataset that is deleted under way ends the run with a code; the state before it was true', async () => {
    const double = await startDouble();
    const said = nothingSaid();
    double.fault = () => {
      if (said.states.length > 0) double.datasets.delete('d');
      return undefined;
    };
    const run = loadInto(double, MESSAGES, { settings: SETTINGS, said });
    await expect(run).rejects.toMatchObject({ code: 'not-found', hint: expect.stringContaining('dataset') });
    expect(said.states).toEqual(['{"at":2}']);
  });

  test('a server that takes no gzip is told of, with the setting that helps', async () => {
    const double = await startDouble({ takesGzip: false });
    const run = loadInto(double, MESSAGES, { settings: SETTINGS });
    await expect(run).rejects.toMatchObject({ code: 'refused', hint: expect.stringContaining('compression') });
    await loadInto(double, MESSAGES, { settings: { ...SETTINGS, compression: 'none' } });
    expect(idsIn(double)).toEqual(['1', '2', '3', '4']);
  });

  test('required columns are relaxed before rows come that have no value for them', async () => {
    const double = await startDouble();
    await loadInto(double, [NARROW]);
    double.make('d', 'people', {
      schema: {
        fields: [
          { name: 'id', type: 'INTEGER' },
          { name: 'old', type: 'STRING', mode: 'REQUIRED' },
        ],
      },
    });
    await loadInto(double, [NARROW, record('people', { id: 1 })], { settings: { add_record_metadata: false } });
    expect(double.rows('d', 'people')).toEqual([{ id: '1', old: null }]);
  });

  test('a repeated column that is there keeps to itself: lists of the stream go beside it', async () => {
    const double = await startDouble();
    const stream = schema('people', { id: { type: 'integer' }, tags: { type: 'array' } });
    await loadInto(double, [NARROW]);
    const fields = [
      { name: 'id', type: 'INTEGER' },
      { name: 'tags', type: 'STRING', mode: 'REPEATED' },
    ];
    double.make('d', 'people', { schema: { fields } });
    await loadInto(double, [stream, record('people', { id: 1, tags: ['a', null] })], {
      settings: { add_record_metadata: false },
    });
    expect(double.rows('d', 'people')).toEqual([{ id: '1', tags: [], tags__json: ['a', null] }]);
  });

  test('a row that is larger than BigQuery takes ends the run before anything is uploaded', async () => {
    const double = await startDouble();
    const people = schema('people', { id: { type: 'integer' }, s: { type: 'string' } });
    const rows = [1, 2].map((id) => record('people', { id, s: id === 1 ? 'short' : 'x'.repeat(100 * 1024 * 1024) }));
    for (const lane of ['fast', 'general'] as const) {
      const run = loadInto(double, [people, ...rows, state({ at: 2 })], { lane });
      await expect(run).rejects.toMatchObject({ code: 'row-too-large', facts: { stream: 'people', line: 3 } });
    }
    expect(double.count('PUT', /./)).toBe(0);
  });

  test('a number that no NUMERIC holds goes by on_bad_record', async () => {
    const double = await startDouble();
    const money = schema('people', { id: { type: 'integer' }, n: { type: ['number', 'null'], multipleOf: 0.01 } });
    const rows = [record('people', { id: 1, n: 1.5 }), record('people', { id: 2, n: 1e300 }), state({ at: 2 })];
    const settings = { add_record_metadata: false };
    await expect(loadInto(double, [money, ...rows], { settings })).rejects.toMatchObject({ code: 'value-out-of-range' });
    await loadInto(double, [money, ...rows], { settings: { ...settings, on_bad_record: 'quarantine' } });
    expect(double.rows('d', 'people')).toMatchObject([{ id: '1', n: '1.5' }]);
    expect(double.rows('d', '_sdc_quarantine')).toMatchObject([{ stream: 'people', property: 'n', code: 'value-out-of-range' }]);
  });
});
