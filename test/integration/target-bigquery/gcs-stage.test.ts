import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { TaplineError, type Json } from '../../../singer/index.ts';
import { startDouble } from '../../support/bigquery/load-into.ts';
import { loadInto, record, schema, state } from '../../support/bigquery/load-into.ts';
import { stageInto, startDoubles, type Doubles } from '../../support/gcs/stage-into.ts';
import type { Asked, Fault } from '../../support/google/http.ts';
import { nothingSaid } from '../../support/through.ts';

const PEOPLE = schema('people', { id: { type: 'integer' }, name: { type: 'string' } });
const TWO = [PEOPLE, record('people', { id: 1, name: 'Ada' }), record('people', { id: 2, name: 'Bo' }), state({ at: 2 })];
/** Text that compression makes little smaller: the smallest pieces are 64 KiB. */
const LONG = Array.from({ length: 12_000 }, (_, i) => ((i * 2_654_435_761) % 4_294_967_296).toString(36)).join('');
const PIECES = { staged_file_bytes: 65_536 };

/** So many rows of about 80 KB. */
function large(rows: number): readonly object[] {
  return Array.from({ length: rows }, (_, id) => record('people', { id, name: `${id}${LONG}` }));
}

function idsIn({ bigquery }: Doubles, table = 'people'): readonly number[] {
  return bigquery.rows('d', table).map(({ id }) => Number(id));
}

function urisOf({ bigquery }: Doubles): readonly (readonly string[] | undefined)[] {
  return [...bigquery.jobs.values()].flatMap(({ configuration }) =>
    configuration?.load === undefined ? [] : [configuration.load.sourceUris],
  );
}

describe('files are staged in a bucket', () => {
  test('one load job reads them; they are deleted before the state leaves', async () => {
    const doubles = await startDoubles();
    const said = await stageInto(doubles, TWO);
    expect(idsIn(doubles)).toEqual([1, 2]);
    expect(said.states).toEqual(['{"at":2}']);
    expect(doubles.storage.objects.size).toBe(0);
    expect(urisOf(doubles)).toEqual([
      [expect.stringMatching(/^gs:\/\/staging\/tapline\/[0-9a-f]{16}\/test\.d\.people\/\S+-0000\.ndjson\.gz$/)],
    ]);
    // No file came with a job.
    expect(doubles.bigquery.count('PUT', /upload/)).toBe(0);
  });

  test.each(['gzip', 'none'])('in pieces, all rows of which one job loads in order, compression %s', async (compression) => {
    const doubles = await startDoubles();
    const said = await stageInto(doubles, [PEOPLE, ...large(40), state({ at: 40 })], {
      settings: { ...PIECES, compression, batch_size_rows: 3, load_interval_seconds: 600 },
    });
    const [uris] = urisOf(doubles);
    expect(uris!.length).toBeGreaterThan(5);
    expect(urisOf(doubles)).toHaveLength(1);
    expect(idsIn(doubles)).toEqual(Array.from({ length: 40 }, (_, id) => id));
    expect(said.summaries.get('people')).toMatchObject({ appended: 40 });
  });

  test('they bear the labels, the stream and the key of the settings, and stay if that is wished', async () => {
    const doubles = await startDoubles();
    const kms = 'projects/p/locations/eu/keyRings/r/cryptoKeys/k';
    const settings = { labels: { team: 'data' }, kms_key: kms, keep_staged_files: true, bucket_prefix: '/into/here/' };
    await stageInto(doubles, TWO, { settings });
    const [[key, object]] = [...doubles.storage.objects] as [
      [string, NonNullable<ReturnType<typeof doubles.storage.objects.get>>],
    ];
    expect(key).toMatch(/^staging\/into\/here\//);
    expect(object).toMatchObject({
      contentType: 'application/gzip',
      kmsKeyName: kms,
      metadata: { team: 'data', made_by: 'tapline', stream: 'people', table: 'd.people' },
    });
    expect(gunzipSync(object.bytes).toString().trim().split('\n')).toHaveLength(2);
  });

  test('upserts, overwrites and quarantines go by way of it, too', async () => {
    const doubles = await startDoubles();
    await stageInto(doubles, TWO, { settings: { load_method: 'upsert' } });
    const more = [PEOPLE, record('people', { id: 2, name: 'Eve' }), record('people', { id: 3, name: 'Cy' }), state({})];
    const said = await stageInto(doubles, more, { settings: { load_method: 'upsert' } });
    expect(said.summaries.get('people')).toMatchObject({ inserted: 1, updated: 1 });
    await stageInto(doubles, [PEOPLE, record('people', { id: 9, name: 'Zoe' }), state({})], {
      settings: { load_method: 'overwrite', overwrite_on_eof: true },
    });
    expect(idsIn(doubles)).toEqual([9]);
    const money = schema('people', { id: { type: 'integer' }, name: { type: 'integer' } });
    const bad = [money, record('people', { id: 1, name: 'x' }), state({})];
    await stageInto(doubles, bad, { settings: { on_bad_record: 'quarantine' } });
    expect(doubles.bigquery.rows('d', '_sdc_quarantine')).toHaveLength(1);
    expect(urisOf(doubles).every((uris) => uris !== undefined && uris.length > 0)).toBe(true);
    expect(doubles.storage.objects.size).toBe(0);
  });

  test('a job that loads other than was sent ends the run without a state', async () => {
    const doubles = await startDoubles();
    doubles.bigquery.outputRows = (rows) => rows - 1;
    const said = nothingSaid();
    await expect(stageInto(doubles, TWO, { said })).rejects.toMatchObject({ code: 'rows-differ', facts: { sent: 2, loaded: 1 } });
    expect(said.states).toEqual([]);
  });
});

describe('rows that only BigQuery refuses', () => {
  const fields = [
    { name: 'id', type: 'INTEGER' },
    { name: 'name', type: 'STRING', maxLength: '100000' },
  ];
  const rows = large(40).map((row, i) => (i % 13 === 12 ? record('people', { id: i, name: `${i}${LONG}${LONG}` }) : row));

  test.each(['gzip', 'none'])('are found in the piece that has them, compression %s', async (compression) => {
    const doubles = await startDoubles();
    doubles.bigquery.make('d', 'people', { schema: { fields } });
    const settings = { ...PIECES, compression, batch_size_rows: 1, add_record_metadata: false, on_bad_record: 'quarantine' };
    const said = await stageInto(doubles, [PEOPLE, ...rows, state({ at: 40 })], { settings });
    expect(urisOf(doubles)[0]!.length).toBeGreaterThan(5);
    expect(idsIn(doubles)).toEqual(Array.from({ length: 40 }, (_, id) => id).filter((id) => id % 13 !== 12));
    const refused = doubles.bigquery
      .rows('d', '_sdc_quarantine')
      .map(({ record: text }) => (JSON.parse(text as string) as { id: number }).id);
    expect(refused).toEqual([12, 25, 38]);
    expect(said.states).toEqual(['{"at":40}']);
    expect(doubles.storage.objects.size).toBe(0);
  });

  test('end the run if the policy says so, and leave no file', async () => {
    const doubles = await startDoubles();
    doubles.bigquery.make('d', 'people', { schema: { fields } });
    const run = stageInto(doubles, [PEOPLE, ...rows, state({})], { settings: { add_record_metadata: false } });
    await expect(run).rejects.toMatchObject({ code: 'refused', facts: { lines: [{ rule: 'maxLength' }, {}, {}] } });
    expect(doubles.storage.objects.size).toBe(0);
  });
});

describe('a run that is begun again with its run_id', () => {
  const settings = { run_id: 'nightly' };

  test('adds nothing twice, and uploads nothing that is loaded', async () => {
    const doubles = await startDoubles();
    await stageInto(doubles, TWO, { settings });
    await stageInto(doubles, TWO, { settings });
    expect(idsIn(doubles)).toEqual([1, 2]);
    expect(doubles.storage.made).toHaveLength(1);
    for (let run = 0; run < 2; run++) await stageInto(doubles, TWO, { settings: { ...settings, load_method: 'upsert' } });
    expect(idsIn(doubles)).toEqual([1, 2]);
  });

  test('takes up by one way what was loaded by the other', async () => {
    const doubles = await startDoubles();
    await loadInto(doubles.bigquery, TWO, { settings });
    await stageInto(doubles, TWO, { settings });
    await loadInto(doubles.bigquery, TWO, { settings });
    expect(idsIn(doubles)).toEqual([1, 2]);
  });

  test('removes what the one before has left, and nothing of others', async () => {
    const doubles = await startDoubles();
    await stageInto(doubles, TWO, { settings: { ...settings, keep_staged_files: true } });
    const [[mine, object]] = [...doubles.storage.objects] as [
      [string, NonNullable<ReturnType<typeof doubles.storage.objects.get>>],
    ];
    for (let i = 0; i < 7; i++) doubles.storage.objects.set(mine.replace('-0000', `-000${i}`), object);
    const others = [mine.replace('d.people', 'd.people2'), mine.replace(/[0-9a-f]{16}/, '0'.repeat(16)), 'staging/other'];
    for (const other of others) doubles.storage.objects.set(other, object);
    await stageInto(doubles, TWO, { settings });
    expect([...doubles.storage.objects.keys()].toSorted()).toEqual(others.toSorted());
  });
});

describe('what a bucket may be like', () => {
  const outcome = async (doubles: Doubles, more: Readonly<Record<string, Json>> = {}): Promise<unknown> =>
    stageInto(doubles, TWO, { settings: { max_retries: 0, ...more } }).catch((error: unknown) => error);

  test('not said, or no name', async () => {
    const doubles = await startDoubles();
    const settings = { project: 'test', dataset: 'd', api_endpoint: doubles.bigquery.url, method: 'gcs_stage' };
    await expect(loadInto(doubles.bigquery, TWO, { settings })).rejects.toMatchObject({
      problems: [{ path: 'bucket', message: 'is needed (method is gcs_stage)' }],
    });
    for (const bucket of ['gs://staging', 'staging/x', 'UPPER', 'a'])
      expect(await outcome(doubles, { bucket })).toMatchObject({ problems: [{ path: 'bucket' }] });
    expect(await outcome(doubles, { bucket_prefix: 'a/../b' })).toMatchObject({ problems: [{ path: 'bucket_prefix' }] });
    expect(doubles.bigquery.asked).toEqual([]);
  });

  test('missing: told before any input is read, with what to do', async () => {
    const doubles = await startDoubles({ buckets: {} });
    expect(await outcome(doubles)).toMatchObject({
      code: 'bucket-missing',
      facts: { bucket: 'staging' },
      hint: expect.stringContaining('gcloud storage buckets create'),
    });
    expect(doubles.bigquery.jobs.size).toBe(0);
  });

  test('not to be looked at: no harm if files can be made', async () => {
    const doubles = await startDoubles();
    doubles.storage.fault = ({ path }) => (path.endsWith('/b/staging') ? { status: 403, reason: 'forbidden' } : undefined);
    await stageInto(doubles, TWO);
    expect(idsIn(doubles)).toEqual([1, 2]);
  });

  test('not to be written to, or read by the job', async () => {
    const doubles = await startDoubles();
    doubles.storage.fault = ({ method }) => (method === 'POST' ? { status: 403, reason: 'forbidden' } : undefined);
    expect(await outcome(doubles)).toMatchObject({ code: 'access-denied', hint: expect.stringContaining('Storage Object User') });
    expect(doubles.bigquery.jobs.size).toBe(0);
  });

  test('elsewhere: warned of, and what BigQuery says of it has a code', async () => {
    const doubles = await startDoubles({ buckets: { staging: 'EUROPE-WEST1' } });
    const said = nothingSaid();
    await stageInto(doubles, TWO, { settings: { location: 'asia-east1' }, said });
    expect(said.warnings.map(({ message }) => message)).toContain(
      'The bucket is in another location than the dataset: BigQuery documents that it does not load from there',
    );
    doubles.bigquery.loadFault = {
      reason: 'invalid',
      message: 'Cannot read and write in different locations: source: EU, destination: US',
    };
    expect(await outcome(doubles)).toMatchObject({ code: 'bucket-elsewhere', hint: expect.stringContaining('batch_job') });
    expect(doubles.storage.objects.size).toBe(0);
  });

  test('one from which a file is gone before the job reads it', async () => {
    const doubles = await startDoubles();
    doubles.bigquery.fault = ({ method, path }) => {
      if (method === 'POST' && path.endsWith('/jobs')) doubles.storage.objects.clear();
      return undefined;
    };
    expect(await outcome(doubles)).toMatchObject({ code: 'staged-file-missing', hint: expect.stringContaining('lifecycle') });
  });

  test('one that lets nothing be deleted: the rows are loaded, and the files are told of', async () => {
    const doubles = await startDoubles();
    doubles.storage.fault = ({ method }) => (method === 'DELETE' ? { status: 403, reason: 'retentionPolicyNotMet' } : undefined);
    const said = await stageInto(doubles, TWO);
    expect(idsIn(doubles)).toEqual([1, 2]);
    expect(said.warnings).toMatchObject([{ message: 'Files stay in the bucket', fields: { code: 'retention' } }]);
  });
});

describe('what may happen to requests', () => {
  const MESSAGES = [PEOPLE, ...large(4), state({ at: 4 })];
  const SETTINGS = { ...PIECES, batch_size_rows: 1, load_interval_seconds: 600, max_retries: 1, run_id: 'nightly' };
  const ALL = Array.from({ length: 4 }, (_, id) => id);

  /** Every kind of request that staging makes. */
  const REQUESTS: Readonly<Record<string, (asked: Asked) => boolean>> = {
    'looking at the bucket': ({ method, path }) => method === 'GET' && path.endsWith('/b/staging'),
    'beginning an upload': ({ method }) => method === 'POST',
    'uploading a piece': ({ method }) => method === 'PUT',
    'deleting a piece': ({ method }) => method === 'DELETE',
    'listing what is left': ({ method, path }) => method === 'GET' && path.endsWith('/o'),
  };
  const FAULTS: readonly Fault[] = [
    { status: 400, reason: 'invalid' },
    { status: 401, reason: 'required' },
    { status: 403, reason: 'forbidden' },
    { status: 403, reason: 'userRateLimitExceeded' },
    { status: 404, reason: 'notFound' },
    { status: 408 },
    { status: 410 },
    { status: 412, reason: 'conditionNotMet' },
    { status: 429, reason: 'rateLimitExceeded' },
    { status: 500, reason: 'internalError' },
    { status: 502 },
    { status: 503, reason: 'backendError' },
    { status: 504 },
    { cut: 'before' },
    { cut: 'after' },
    { cut: 10 },
    { cut: 40_000 },
  ];
  const after = FAULTS.flatMap((fault): Fault[] => ('status' in fault ? [{ ...fault, after: true }] : []));

  /** A run that a fault strikes so many times, then one without it. */
  async function strike(fault: Fault, isStruck: (asked: Asked) => boolean, times: number): Promise<string> {
    const doubles = await startDoubles();
    let seen = 0;
    doubles.storage.fault = (asked) => (isStruck(asked) && ++seen <= times ? fault : undefined);
    const said = nothingSaid();
    const error = await stageInto(doubles, MESSAGES, { settings: SETTINGS, said }).catch((thrown: unknown) => thrown);
    if (error instanceof Error && !(error instanceof TaplineError)) throw error;
    const outcome = error instanceof TaplineError ? error.code : 'survived';
    expect(said.states).toEqual(outcome === 'survived' ? ['{"at":4}'] : []);
    expect(idsIn(doubles)).toEqual(outcome === 'survived' ? ALL : []);
    doubles.storage.fault = () => undefined;
    await stageInto(doubles, MESSAGES, { settings: SETTINGS });
    expect(idsIn(doubles)).toEqual(ALL);
    expect(doubles.storage.objects.size).toBe(0);
    return outcome;
  }

  test.each([...FAULTS, ...after].map((fault) => [JSON.stringify(fault), fault] as const))(
    '%s: survived, or a code and no state; then a run loads each row once and leaves no file',
    { timeout: 120_000 },
    async (_, fault) => {
      const runs = Object.entries(REQUESTS).flatMap(([name, isStruck]) =>
        [1, 1000].map(async (times) => ({ name: `${name} (${times})`, outcome: await strike(fault, isStruck, times) })),
      );
      for (const { name, outcome } of await Promise.all(runs)) expect.soft(outcome, name).toMatch(/^[a-z][a-z-]+$/);
    },
  );

  test('limits of requests and busy servers are waited for', async () => {
    for (const fault of [
      { status: 429 },
      { status: 503 },
      { status: 403, reason: 'userRateLimitExceeded' },
      { cut: 'before' },
    ] as const)
      for (const isStruck of Object.values(REQUESTS)) expect(await strike(fault, isStruck, 1)).toBe('survived');
  });

  test('a cut upload goes on where it was cut, and one whose answer was lost is not sent again', async () => {
    const doubles = await startDoubles();
    const cuts: Fault[] = [{ cut: 40_000 }, { cut: 'after' }];
    doubles.storage.fault = ({ method, headers }) =>
      method === 'PUT' && headers['content-length'] !== '0' ? cuts.shift() : undefined;
    await stageInto(doubles, [PEOPLE, ...large(1), state({})], { settings: { max_retries: 3 } });
    const ranges = doubles.storage.asked.filter(({ method }) => method === 'PUT').map(({ headers }) => headers['content-range']);
    expect(ranges).toEqual([
      expect.stringMatching(/^bytes 0-\d+\//),
      expect.stringMatching(/^bytes \*\//),
      expect.stringMatching(/^bytes 40000-\d+\//),
      expect.stringMatching(/^bytes \*\//),
    ]);
    expect(idsIn(doubles)).toEqual([0]);
  });

  test('a session that is lost is begun anew', async () => {
    const doubles = await startDoubles();
    let cut = false;
    doubles.storage.fault = ({ method }) => {
      if (method !== 'PUT' || cut) return undefined;
      cut = true;
      setImmediate(() => doubles.storage.loseSessions());
      return { cut: 'before' };
    };
    await stageInto(doubles, TWO, { settings: { max_retries: 3 } });
    expect(idsIn(doubles)).toEqual([1, 2]);
  });

  test('the answer to the job is lost: it is taken up, and its files are deleted when it is done', async () => {
    const doubles = await startDoubles();
    let lost = false;
    doubles.bigquery.fault = ({ method, path }) => {
      if (method !== 'POST' || !path.endsWith('/jobs') || lost) return undefined;
      lost = true;
      return { cut: 'after' };
    };
    await stageInto(doubles, TWO, { settings: { max_retries: 3 } });
    expect([idsIn(doubles), doubles.bigquery.jobs.size, doubles.storage.objects.size]).toEqual([[1, 2], 1, 0]);
  });

  test('a job that fails for a moment is tried again with the same files', async () => {
    const doubles = await startDoubles();
    doubles.bigquery.loadFault = { reason: 'backendError', message: 'try again' };
    doubles.bigquery.fault = ({ method, path }) => {
      if (method === 'POST' && path.endsWith('/jobs') && doubles.bigquery.jobs.size > 0) doubles.bigquery.loadFault = undefined;
      return undefined;
    };
    await stageInto(doubles, TWO, { settings: { max_retries: 3 } });
    expect([idsIn(doubles), doubles.storage.made.length, doubles.storage.objects.size]).toEqual([[1, 2], 1, 0]);
    expect(new Set(urisOf(doubles).map((uris) => uris!.join())).size).toBe(1);
  });
});

test('without it nothing is asked of a bucket, and its settings do no harm', async () => {
  const double = await startDouble();
  await loadInto(double, TWO, { settings: { bucket: 'staging', storage_endpoint: 'http://127.0.0.1:1' } });
  expect(double.rows('d', 'people')).toHaveLength(2);
});
