import { describe, expect, test } from 'vitest';
import target from '../../../targets/bigquery/index.ts';
import { through } from '../../support/through.ts';
import type { TableResource } from '../../../clients/bigquery/resources.ts';
import type { Json } from '../../../singer/index.ts';
import { checkConfig } from '../../../singer/shell/config.ts';
import { allSettings } from '../../../singer/shell/plugin-settings.ts';
import { transformSettings } from '../../../transforms/config/settings.ts';
import type { BigQueryDouble } from '../../support/bigquery/double.ts';
import { loadInto, record, schema, startDouble, state } from '../../support/bigquery/load-into.ts';
import { describeWithLocalBigQuery } from '../../support/bigquery/local-bigquery.ts';

const ORDERS = schema('orders', {
  id: { type: 'integer' },
  'created at': { type: 'string', format: 'date-time' },
  Customer: { type: 'string' },
  lines: { type: 'array' },
});
const MESSAGES = [ORDERS, record('orders', { id: 1, 'created at': '2026-01-02T03:04:05Z', Customer: 'a' }), state({})];

/** The table as the run has asked for it. */
async function made(settings: Readonly<Record<string, Json>>): Promise<TableResource & { readonly double: BigQueryDouble }> {
  const double = await startDouble();
  await loadInto(double, MESSAGES, { settings });
  const asked = double.asked.find(({ method, path }) => method === 'POST' && path.endsWith('/tables'))!;
  expect(double.rows('d', 'orders')).toHaveLength(1);
  return { ...(asked.body as TableResource), double };
}

describe('tables that are made', () => {
  test('are partitioned by a property, clustered by others, and expire', async () => {
    const table = await made({
      partition_by: 'created at',
      partition_granularity: 'day',
      partition_expiration_days: 90,
      require_partition_filter: true,
      clustering_fields: ['Customer', 'nowhere', 'id'],
      table_expiration_days: 1,
    });
    expect(table).toMatchObject({
      timePartitioning: { type: 'DAY', field: 'created_at', expirationMs: String(90 * 86_400_000) },
      requirePartitionFilter: true,
      clustering: { fields: ['Customer', 'id'] },
    });
    expect(Number(table.expirationTime) - Date.now()).toBeGreaterThan(86_000_000);
  });

  test('are partitioned by ranges of an integer', async () => {
    const range = { start: 0, end: 1000, interval: 10 };
    expect(await made({ partition_by: 'id', partition_range: range })).toMatchObject({
      rangePartitioning: { field: 'id', range: { start: '0', end: '1000', interval: '10' } },
    });
  });

  test.each([
    [{ partition_by: 'id' }, 'partition_by', 'partition_range'],
    [{ partition_by: 'Customer' }, 'partition_by', 'no date'],
    [{ partition_by: 'id', partition_range: { start: 9, end: 1, interval: 1 } }, 'partition_range', 'before its end'],
    [{ clustering_fields: ['lines'] }, 'clustering_fields', 'JSON'],
    [
      { clustering_fields: ['id', 'Customer', 'created at', '_sdc_batched_at', '_sdc_sequence'] },
      'clustering_fields',
      'may name 4',
    ],
    [{ labels: { Team: 'x' } }, 'labels.Team', 'lower-case'],
  ])('what BigQuery cannot do is told before rows are loaded: %j', async (settings, path, mentions) => {
    const run = loadInto(await startDouble(), MESSAGES, { settings });
    await expect(run).rejects.toMatchObject({ problems: [{ path, message: expect.stringContaining(mentions) }] });
  });

  test('have labels, as jobs and a dataset that is made have, and a key of their own', async () => {
    const key = 'projects/p/locations/eu/keyRings/r/cryptoKeys/k';
    const { double, ...table } = await made({ labels: { team: 'data' }, kms_key: key });
    expect(table).toMatchObject({
      labels: { team: 'data', tapline_stream: expect.stringMatching(/./) },
      encryptionConfiguration: { kmsKeyName: key },
    });
    const dataset = double.asked.find(({ method, path }) => method === 'POST' && path.endsWith('/datasets'))!;
    expect(dataset.body).toMatchObject({ labels: { team: 'data' }, defaultEncryptionConfiguration: { kmsKeyName: key } });
    for (const { configuration } of double.jobs.values())
      expect(configuration!.labels).toMatchObject({ team: 'data', made_by: 'tapline' });
  });

  test('stay as they are partitioned: other settings are told', async () => {
    const { double } = await made({ partition_by: 'created at' });
    const same = await loadInto(double, MESSAGES, { settings: { partition_by: 'created at' } });
    const other = await loadInto(double, MESSAGES, {
      settings: { partition_by: 'id', partition_range: { start: 0, end: 9, interval: 1 } },
    });
    const told = 'The table is partitioned otherwise than the settings say, and stays so';
    expect([same, other].map(({ warnings }) => warnings.filter(({ message }) => message === told).length)).toEqual([0, 1]);
  });

  test.each([
    [{ column_name_transforms: { lower: true } }, 'customer'],
    [{ column_name_transforms: { snake_case: true } }, 'customer'],
    [{ column_name_transforms: { quote: true } }, 'Customer'],
  ] as const)('have the names that column_name_transforms makes: %j', async (settings, name) => {
    const { schema: of } = await made(settings);
    expect(of!.fields!.map((field) => field.name)).toContain(name);
  });
});

test('max_bytes_billed goes with each statement; one that would read more ends the run with what to do', async () => {
  const double = await startDouble();
  const settings = { load_method: 'upsert', max_bytes_billed: 1000 };
  await loadInto(double, MESSAGES, { settings });
  double.fault = ({ method, path, body }) =>
    method === 'POST' &&
    path.endsWith('/jobs') &&
    !path.startsWith('/upload') &&
    JSON.stringify(body).includes('"maximumBytesBilled":"1000"')
      ? { status: 400, reason: 'bytesBilledLimitExceeded' }
      : undefined;
  const run = loadInto(double, MESSAGES, { settings });
  await expect(run).rejects.toMatchObject({ code: 'too-expensive', hint: expect.stringContaining('max_bytes_billed') });
});

await describeWithLocalBigQuery('tables in an emulator', (server) => {
  test('are partitioned and clustered as the settings say', async () => {
    const double = { project: 'test', url: server().url } as BigQueryDouble;
    await loadInto(double, MESSAGES, {
      settings: {
        compression: 'none',
        partition_by: 'created at',
        partition_granularity: 'day',
        clustering_fields: ['Customer'],
      },
    });
    const answer = await fetch(`${server().url}/bigquery/v2/projects/test/datasets/d/tables/orders`);
    expect(await answer.json()).toMatchObject({
      timePartitioning: { type: 'DAY', field: 'created_at' },
      clustering: { fields: ['Customer'] },
    });
  });
});

test('a config of pipelinewise’s plugin is taken as it is', async () => {
  const double = await startDouble();
  const messages = MESSAGES.map((message) => JSON.stringify(message));
  const settings = {
    project_id: 'test',
    default_target_schema: 'd',
    add_metadata_columns: false,
    append_only: true,
    primary_key_required: true,
    data_flattening_max_level: 0,
    parallelism: 0,
    max_parallelism: 16,
    flush_all_streams: false,
    batch_size_rows: 1000,
    batch_wait_limit_seconds: 60,
    hard_delete: false,
    temp_schema: 'tmp',
    validate_records: true,
    api_endpoint: double.url,
    denormalized: true,
  };
  await through(target, { lane: 'fast', lines: messages, settings });
  expect(double.rows('d', 'orders')).toEqual([{ id: '1', created_at: '2026-01-02T03:04:05Z', Customer: 'a', lines: null }]);
});

test('every setting of z3z1ma’s plugin is known', () => {
  const { problems, unknown } = checkConfig(
    { ...transformSettings, ...allSettings(target as never) },
    {
      credentials_path: '/key.json',
      project: 'test',
      dataset: 'd',
      location: 'US',
      batch_size: 500,
      fail_fast: true,
      timeout: 600,
      denormalized: false,
      method: 'storage_write_api',
      generate_view: false,
      bucket: 'b',
      partition_granularity: 'month',
      partition_expiration_days: 30,
      cluster_on_key_properties: true,
      clustering_fields: ['id'],
      column_name_transforms: {
        lower: true,
        quote: true,
        add_underscore_when_invalid: true,
        snake_case: true,
        replace_period_with_underscore: true,
      },
      options: { storage_write_batch_mode: true, process_pool: true, max_workers: 4 },
      upsert: ['a*', '!ab'],
      overwrite: false,
      dedupe_before_upsert: true,
      timestamp_format: '%Y',
      temporary_table_expiration_hours: 48,
      temporary_table_name_template: '{table_name}__{timestamp}__{uuid}',
      schema_resolver_version: 2,
      add_record_metadata: true,
      load_method: 'append-only',
      batch_size_rows: 10_000,
      batch_wait_limit_seconds: 60,
      process_activate_version_messages: true,
      validate_records: true,
      stream_maps: {},
      stream_map_config: {},
      faker_config: { seed: '1' },
      flattening_enabled: true,
      flattening_max_depth: 1,
      batch_config: { encoding: { format: 'jsonl', compression: 'gzip' }, storage: { root: 'file:///tmp' } },
    },
  );
  expect({ problems, unknown }).toEqual({ problems: [], unknown: [] });
});
