import { describe, expect, test } from 'vitest';
import type { Json } from '../../../singer/index.ts';
import { loadInto, record, schema, startDouble, state } from '../../support/bigquery/load-into.ts';
import { nothingSaid } from '../../support/through.ts';

const PEOPLE = schema('people', { id: { type: 'integer' }, name: { type: ['string', 'null'] } });
const ROWS = [record('people', { id: 1, name: 'Ada' }), record('people', { id: 2, name: null })];
const plain = { add_record_metadata: false };

describe('loading into BigQuery', () => {
  test('records become rows of a table that the run makes, in a dataset that it makes, and the state follows', async () => {
    const double = await startDouble();
    const said = await loadInto(double, [PEOPLE, ...ROWS, state({ at: 2 })], { settings: { location: 'EU', ...plain } });
    expect(double.datasets.get('d')?.location).toBe('EU');
    expect(double.rows('d', 'people')).toEqual([
      { id: '1', name: 'Ada' },
      { id: '2', name: null },
    ]);
    expect(said.states).toEqual(['{"at":2}']);
    expect(said.summaries.get('people')).toMatchObject({ appended: 2 });
  });

  test('a job that runs for a while is waited for, and the state with it', async () => {
    const double = await startDouble({ looks: 3 });
    const said = await loadInto(double, [PEOPLE, ...ROWS, state({ at: 2 })]);
    expect(double.count('GET', /\/jobs\//)).toBe(4);
    expect(said.states).toEqual(['{"at":2}']);
  });

  test('batches are collected on the disk: one load job for all of them', async () => {
    const double = await startDouble();
    const many = Array.from({ length: 50 }, (_, i) => [
      record('people', { id: i, name: 'x'.repeat(100) }),
      state({ at: i }),
    ]).flat();
    const said = await loadInto(double, [PEOPLE, ...many], { settings: { batch_size_rows: 5, ...plain } });
    expect(double.jobs.size).toBe(1);
    expect(double.rows('d', 'people')).toHaveLength(50);
    expect(said.states).toEqual(['{"at":49}']);
  });

  test('load_interval_seconds and load_size_bytes begin load jobs in between, each followed by its state', async () => {
    for (const settings of [{ load_interval_seconds: 0 }, { load_size_bytes: 1024 }]) {
      const double = await startDouble();
      const many = Array.from({ length: 20 }, (_, i) => [
        record('people', { id: i, name: 'x'.repeat(300) }),
        state({ at: i }),
      ]).flat();
      const said = await loadInto(double, [PEOPLE, ...many], { settings: { batch_size_rows: 5, ...settings, ...plain } });
      expect(double.jobs.size).toBeGreaterThan(2);
      expect(said.states.length).toBe(double.jobs.size);
      expect(double.rows('d', 'people').map(({ id }) => id)).toEqual(Array.from({ length: 20 }, (_, i) => String(i)));
    }
  });

  test('a stream without records gets its table', async () => {
    const double = await startDouble();
    await loadInto(double, [PEOPLE, state({})], { settings: plain });
    expect(double.fields('d', 'people').map(({ name }) => name)).toEqual(['id', 'name']);
    expect(double.jobs.size).toBe(0);
  });

  test('metadata columns say whence a row came; the table is partitioned by one of them', async () => {
    const double = await startDouble();
    const message = {
      ...record('people', { id: 1, _sdc_deleted_at: '2026-01-02T03:04:05Z' }),
      version: 7,
      time_extracted: '2026-01-01T00:00:00Z',
    };
    await loadInto(double, [PEOPLE, message], { settings: { partition_granularity: 'day', cluster_on_key_properties: true } });
    expect(double.rows('d', 'people')).toMatchObject([
      {
        id: '1',
        _sdc_table_version: '7',
        _sdc_extracted_at: '2026-01-01T00:00:00Z',
        _sdc_deleted_at: '2026-01-02T03:04:05Z',
        _sdc_received_at: expect.stringMatching(/^\d{4}-.*Z$/),
        _sdc_batched_at: expect.stringMatching(/^\d{4}-.*Z$/),
        _sdc_sequence: expect.stringMatching(/^\d{13}$/),
        _sdc_sync_started_at: expect.stringMatching(/^\d{13}$/),
      },
    ]);
    const made = double.asked.find(({ method, path }) => method === 'POST' && path.endsWith('/tables'))!;
    expect(made.body).toMatchObject({
      timePartitioning: { type: 'DAY', field: '_sdc_batched_at' },
      clustering: { fields: ['id'] },
    });
  });

  test('without denormalized each record is kept whole, its bytes as they came, beside its key', async () => {
    const double = await startDouble();
    await loadInto(double, [PEOPLE, record('people', { id: 1, name: 'Ada', more: { x: [1, null] } })], {
      settings: { denormalized: false, ...plain },
    });
    expect(double.rows('d', 'people')).toEqual([{ id: '1', data: { id: 1, name: 'Ada', more: { x: [1, null] } } }]);
  });

  test('files are gzip or, for emulators, plain', async () => {
    for (const compression of ['gzip', 'none']) {
      const double = await startDouble();
      await loadInto(double, [PEOPLE, ...ROWS], { settings: { compression, ...plain } });
      expect(double.rows('d', 'people')).toHaveLength(2);
    }
  });

  test('streams whose names fold to one table get tables of their own, in later runs too', async () => {
    const double = await startDouble();
    const streams = ['a-b', 'a.b'];
    for (const order of [streams, streams.toReversed()]) {
      const messages = order.flatMap((stream) => [
        schema(stream, { id: { type: 'integer' } }),
        record(stream, { id: stream.length }),
      ]);
      await loadInto(double, messages, { settings: plain });
    }
    const tables = [...double.datasets.get('d')!.tables];
    expect(tables).toHaveLength(2);
    for (const [, { rows }] of tables) expect(rows).toHaveLength(2);
  });
});

describe('what may go wrong', () => {
  const cases = [
    ['rate limits', { status: 403, reason: 'rateLimitExceeded' }],
    ['a busy server', { status: 503, reason: 'backendError' }],
    ['too many requests', { status: 429 }],
    ['a lost answer', { status: 500, reason: 'internalError', after: true }],
    ['a connection cut before', { cut: 'before' }],
    ['a connection cut after', { cut: 'after' }],
  ] as const;

  test.each(cases)('[148] %s, once at each request of a run: no row is lost or doubled', async (_, fault) => {
    const asked: string[] = [];
    const double = await startDouble({ looks: 1 });
    double.fault = ({ method, path, headers }) => {
      const request = `${method} ${path.replace(/tapline_.*/, '')} ${headers['content-range'] ?? ''}`;
      if (asked.includes(request)) return undefined;
      asked.push(request);
      return fault;
    };
    const said = await loadInto(double, [PEOPLE, ...ROWS, state({ at: 2 })], { settings: plain });
    expect(double.rows('d', 'people')).toHaveLength(2);
    expect(said.states).toEqual(['{"at":2}']);
    expect(asked.length).toBeGreaterThan(5);
  });

  test('an upload that is cut goes on where it was cut', async () => {
    const double = await startDouble();
    const sent: string[] = [];
    double.fault = ({ method, headers }) => {
      if (method !== 'PUT') return undefined;
      sent.push(String(headers['content-range']));
      return sent.length === 1 ? { cut: 262_144 } : undefined;
    };
    const long = 'x'.repeat(1000);
    const rows = Array.from({ length: 1000 }, (_, id) => record('people', { id, name: long }));
    await loadInto(double, [PEOPLE, ...rows], { settings: { compression: 'none', ...plain } });
    expect(double.rows('d', 'people')).toHaveLength(1000);
    expect(sent).toEqual([
      expect.stringMatching(/^bytes 0-/),
      expect.stringMatching(/^bytes \*\//),
      expect.stringMatching(/^bytes 262144-/),
    ]);
  });

  test('an upload whose session is lost begins anew under the same name', async () => {
    const double = await startDouble();
    double.fault = ({ method }) => {
      if (method === 'PUT' && double.count('PUT', /./) === 1) double.loseSessions();
      return undefined;
    };
    await loadInto(double, [PEOPLE, ...ROWS], { settings: plain });
    expect(double.rows('d', 'people')).toHaveLength(2);
    expect(double.jobs.size).toBe(1);
  });

  test('a run of the same run_id takes up the jobs of the one that died before its state', async () => {
    const double = await startDouble();
    const settings = { run_id: 'nightly' };
    const messages = [PEOPLE, ...ROWS, state({ at: 2 })];
    // The first run dies while it looks at a job that is done.
    double.fault = ({ method, path }) =>
      method === 'PUT' && path.includes('/upload/') ? { status: 401, after: true } : undefined;
    const said = nothingSaid();
    await expect(loadInto(double, messages, { settings, said })).rejects.toMatchObject({ code: 'login-refused' });
    expect(said.states).toEqual([]);
    double.fault = () => undefined;
    const again = await loadInto(double, messages, { settings });
    expect(double.rows('d', 'people')).toHaveLength(2);
    expect(again.states).toEqual(['{"at":2}']);
    await loadInto(double, messages, { settings: { run_id: 'next' } });
    expect(double.rows('d', 'people')).toHaveLength(4);
  });

  test('jobs tell of their rows what a run of the same run_id knows them by, and without one only how many they are', async () => {
    const double = await startDouble();
    const labels = async (settings: Readonly<Record<string, Json>>): Promise<Readonly<Record<string, string>>> => {
      await loadInto(double, [PEOPLE, ...ROWS, state({ at: 2 })], { settings });
      return [...double.jobs.values()].at(-1)!.configuration!.labels!;
    };
    expect(await labels({})).toEqual({ made_by: 'tapline', tapline_rows: '2' });
    expect(await labels({ run_id: 'nightly' })).toMatchObject({
      tapline_rows: '2',
      tapline_digest: expect.stringMatching(/^[\da-f]{40}$/) as string,
    });
  });

  test('equal batches of one run are loaded each', async () => {
    const double = await startDouble();
    const batch = [record('people', { id: 1 }), state({ same: true })];
    await loadInto(double, [PEOPLE, ...batch, ...batch, ...batch], {
      settings: { batch_size_rows: 1, load_interval_seconds: 0, ...plain },
    });
    expect(double.rows('d', 'people')).toHaveLength(3);
  });

  test('a job that says it has loaded another number of rows ends the run without a state', async () => {
    const double = await startDouble();
    double.outputRows = (rows) => rows - 1;
    const said = nothingSaid();
    const run = loadInto(double, [PEOPLE, ...ROWS, state({ at: 2 })], { said });
    await expect(run).rejects.toMatchObject({ code: 'rows-differ', facts: { sent: 2, loaded: 1 } });
    expect(said.states).toEqual([]);
  });

  test('a job that fails ends the run with its reason and place, without values', async () => {
    const double = await startDouble();
    double.make('d', 'people', {
      schema: {
        fields: [
          { name: 'id', type: 'INTEGER', mode: 'REQUIRED' },
          { name: 'name', type: 'STRING' },
        ],
      },
    });
    double.fault = ({ method }) => {
      // Somebody changes the table between our look and the job.
      const fields = [
        { name: 'id', type: 'BOOLEAN' },
        { name: 'name', type: 'STRING' },
      ];
      if (method === 'PUT') double.make('d', 'people', { schema: { fields } });
      return undefined;
    };
    const run = loadInto(double, [PEOPLE, record('people', { id: 1234321, name: 'Ada' }), state({ at: 2 })], { settings: plain });
    const error = await run.catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      code: 'refused',
      facts: { reason: 'invalid', lines: [{ position: 0, column: 'id', rule: 'type' }], stream: 'people', table: 'people' },
    });
    expect(JSON.stringify([(error as Error).message, error])).not.toContain('1234321');
  });

  test.each([
    ['a project that is not there', { status: 404, reason: 'notFound' }, 'not-found'],
    ['no right to it', { status: 403, reason: 'accessDenied' }, 'access-denied'],
    ['an API that is off', { status: 403, reason: 'accessNotConfigured' }, 'api-off'],
    ['a quota that is spent', { status: 403, reason: 'quotaExceeded' }, 'quota'],
  ] as const)('%s ends the run at once with a code and what to do', async (_, fault, code) => {
    const double = await startDouble();
    double.fault = ({ method, path }) => (method === 'POST' || !path.endsWith('/datasets/d') ? fault : undefined);
    const run = loadInto(double, [PEOPLE, ...ROWS]);
    await expect(run).rejects.toMatchObject({ code, hint: expect.stringMatching(/./) });
    expect(double.asked.length).toBeLessThan(4);
  });

  test('an address without a server is told after some attempts', async () => {
    const double = await startDouble();
    await double.stop();
    await expect(loadInto(double, [PEOPLE], { settings: { max_retries: 1 } })).rejects.toMatchObject({
      code: 'connection-lost',
      facts: { cause: 'ECONNREFUSED' },
    });
  });
});
