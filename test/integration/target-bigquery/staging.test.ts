import { describe, expect, test } from 'vitest';
import type { Json } from '../../../singer/index.ts';
import target from '../../../targets/bigquery/index.ts';
import type { BigQueryDouble } from '../../support/bigquery/double.ts';
import { loadInto, record, schema, startDouble, state } from '../../support/bigquery/load-into.ts';
import { describeWithLocalBigQuery } from '../../support/bigquery/local-bigquery.ts';
import { through } from '../../support/through.ts';

const PEOPLE = schema('people', { id: { type: 'integer' }, name: { type: 'string' } });
const person = (id: number, name: string): object => record('people', { id, name });
const plain = { add_record_metadata: false };
const rows = (double: BigQueryDouble): unknown[] =>
  double
    .rows('d', 'people')
    .map(({ id, name }) => [id, name])
    .toSorted((a, b) => Number(a[0]) - Number(b[0]));
const statements = (double: BigQueryDouble, work: string): string[] =>
  [...double.jobs].flatMap(([id, { configuration }]) => (id.includes(`_${work}_`) ? [configuration!.query!.query] : []));

describe('temporary_dataset', () => {
  const settings = { ...plain, load_method: 'upsert', temporary_dataset: 'tmp' };

  test('rows of an upsert are on their way there, expire, and leave nothing behind', async () => {
    const double = await startDouble();
    await loadInto(double, [PEOPLE, person(1, 'a'), person(2, 'b')], { settings });
    double.asked.length = 0;
    const { summaries } = await loadInto(double, [PEOPLE, person(2, 'B'), person(3, 'c')], { settings });
    expect(summaries.get('people')).toMatchObject({ inserted: 1, updated: 1 });
    expect(rows(double)).toEqual([['1', 'a'], ['2', 'B'], ['3', 'c']]); // prettier-ignore
    const made = double.asked.find(({ method, path }) => method === 'POST' && path.endsWith('/datasets/tmp/tables'));
    expect(made?.body).toMatchObject({ expirationTime: expect.stringMatching(/^\d+$/) });
    expect(double.datasets.get('tmp')!.tables.size).toBe(0);
    expect([...double.datasets.get('d')!.tables.keys()]).toEqual(['people']);
  });

  test('rows of an overwrite too, whose columns grow and whose versions are activated there', async () => {
    const double = await startDouble();
    const overwrite = {
      ...settings,
      load_method: 'overwrite',
      load_interval_seconds: 0,
      batch_size_rows: 1,
      add_record_metadata: true,
    };
    const wider = schema('people', { id: { type: 'integer' }, name: { type: 'string' }, x: { type: 'boolean' } });
    const row = (id: number, version: number, more = {}): object => ({
      ...record('people', { id, name: 'n', ...more }),
      version,
    });
    const messages = [
      PEOPLE,
      row(1, 1),
      state({ at: 1 }),
      wider,
      row(2, 2, { x: true }),
      { type: 'ACTIVATE_VERSION', stream: 'people', version: 2 },
      state({ at: 2 }),
    ];
    await loadInto(double, messages, { settings: overwrite });
    expect(double.rows('d', 'people')).toMatchObject([{ id: '2', x: 'true' }]);
    expect(double.datasets.get('tmp')!.tables.size).toBe(0);
  });

  test('must be where the dataset is', async () => {
    const double = await startDouble();
    await loadInto(double, [PEOPLE], { settings: { ...plain, dataset: 'tmp', location: 'EU' } });
    await expect(loadInto(double, [PEOPLE], { settings })).rejects.toMatchObject({
      exitCode: 2,
      message: expect.stringContaining('temporary_dataset'),
    });
  });
});

describe('merge_within_partitions', () => {
  const TRIPS = schema('trips', {
    id: { type: 'integer' },
    begun: { type: ['string', 'null'], format: 'date' },
    km: { type: 'integer' },
  });
  const trip = (id: number, begun: string | null, km: number): object => record('trips', { id, begun, km });
  const settings = { ...plain, load_method: 'upsert', partition_by: 'begun', merge_within_partitions: true };

  async function merged(second: readonly object[], more: Readonly<Record<string, Json>> = {}): Promise<BigQueryDouble> {
    const double = await startDouble();
    await loadInto(double, [TRIPS, trip(1, '2026-01-01', 1), trip(2, '2026-03-01', 2)], { settings: { ...settings, ...more } });
    await loadInto(double, [TRIPS, ...second], { settings: { ...settings, ...more } });
    return double;
  }

  test('reads only the partitions of the values that came', async () => {
    const double = await merged([trip(2, '2026-03-01', 20), trip(3, '2026-04-05', 3)]);
    expect(statements(double, 'merge')).toEqual([
      expect.stringContaining("ON T.`id` = S.`id` AND T.`begun` BETWEEN DATE '2026-03-01' AND DATE '2026-04-05'"),
    ]);
    expect(double.rows('d', 'trips').map(({ id, km }) => [id, km])).toEqual([['1', '1'], ['2', '20'], ['3', '3']]); // prettier-ignore
  });

  test('looks everywhere where a value is missing, so that a row which it deletes is found', async () => {
    const gone = record('trips', { id: 1, begun: null, km: 1, _sdc_deleted_at: '2026-05-01T00:00:00Z' });
    const double = await merged([gone, trip(2, '2026-03-01', 20)], { add_record_metadata: true, hard_delete: true });
    expect(statements(double, 'merge')[0]).not.toContain('BETWEEN');
    expect(double.rows('d', 'trips').map(({ id, km }) => [id, km])).toEqual([['2', '20']]);
  });

  test('is not done unasked, because a row whose value changed would be there twice', async () => {
    const double = await merged([trip(2, '2026-07-01', 20)], { merge_within_partitions: false });
    expect(statements(double, 'merge')[0]).not.toContain('BETWEEN');
    expect(double.rows('d', 'trips')).toHaveLength(2);
  });
});

describe('pipelinewise’s ways to choose a method', () => {
  const keyless = schema('log', { text: { type: 'string' } }, []);

  test.each([
    [true, 2],
    [false, 1],
  ])('append_only %s', async (append_only, count) => {
    const double = await startDouble();
    const messages = [PEOPLE, person(1, 'a'), keyless, record('log', { text: 'x' })];
    for (let run = 0; run < 2; run++) await loadInto(double, messages, { settings: { ...plain, append_only } });
    expect(double.rows('d', 'people')).toHaveLength(count);
    expect(double.rows('d', 'log')).toHaveLength(2);
  });

  test('load_method counts before it', async () => {
    const double = await startDouble();
    for (let run = 0; run < 2; run++)
      await loadInto(double, [PEOPLE, person(1, 'a')], { settings: { ...plain, append_only: true, load_method: 'upsert' } });
    expect(double.rows('d', 'people')).toHaveLength(1);
  });

  test('primary_key_required refuses a stream without a key before any of its records', async () => {
    const double = await startDouble();
    const loading = loadInto(double, [keyless, record('log', { text: 'x' })], { settings: { primary_key_required: true } });
    await expect(loading).rejects.toMatchObject({ exitCode: 2, message: expect.stringContaining('log has no key') });
    expect(double.datasets.get('d')!.tables.size).toBe(0);
  });
});

await describeWithLocalBigQuery('temporary_dataset against an emulator', (server) => {
  test('rows are merged from one dataset into another', async () => {
    const settings = {
      ...plain,
      project: server().project,
      dataset: 'd',
      api_endpoint: server().url,
      denormalized: true,
      compression: 'none',
      load_method: 'upsert',
      temporary_dataset: 'tmp',
    };
    for (const name of ['a', 'b']) {
      const lines = [PEOPLE, person(1, name), person(2, 'x')].map((message) => JSON.stringify(message));
      await through(target, { lane: 'fast', lines, settings });
    }
    expect(await server().query('SELECT id, name FROM d.people ORDER BY id')).toEqual([['1', 'b'], ['2', 'x']]); // prettier-ignore
    expect(await server().query('SELECT COUNT(*) FROM tmp.INFORMATION_SCHEMA.TABLES')).toEqual([['0']]);
  });
});
