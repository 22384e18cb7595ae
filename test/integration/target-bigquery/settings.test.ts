import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { expect, test } from 'vitest';
import { root } from '../../../scripts/command.mjs';
import type { Setting } from '../../../singer/index.ts';
import { settings } from '../../../targets/bigquery/settings.ts';
import { record, schema, startDouble, state } from '../../support/bigquery/load-into.ts';
import { executable, run } from '../../support/processes.ts';

/** What z3z1ma’s plugin has, with its defaults and something for what has none. */
const Z3Z1MA = {
  credentials_path: '',
  credentials_json: '',
  location: 'US',
  batch_size: 500,
  fail_fast: true,
  timeout: 600,
  denormalized: true,
  method: 'batch_job',
  generate_view: false,
  timestamp_format: '%Y-%m-%d',
  bucket: 'b',
  partition_granularity: 'month',
  partition_expiration_days: 365,
  cluster_on_key_properties: false,
  clustering_fields: ['id'],
  column_name_transforms: { lower: false, quote: false, snake_case: false },
  options: { storage_write_batch_mode: false, process_pool: false, max_workers: 4 },
  upsert: false,
  overwrite: false,
  dedupe_before_upsert: false,
  temporary_table_expiration_hours: 168,
  temporary_table_name_template: '{table_name}__{timestamp}__{uuid}',
  schema_resolver_version: 1,
  flattening_enabled: true,
  flattening_max_depth: 1,
  validate_records: true,
};
const MESSAGES = [
  schema('orders', { id: { type: 'integer' }, 'Ordered at': { type: 'string', format: 'date-time' } }),
  record('orders', { id: 1, 'Ordered at': '2026-01-01T00:00:00Z' }),
  state({ at: 1 }),
];

/** Loads by the executable; gives what it says of settings, and the columns of the table. */
async function said(more: object): Promise<{ readonly told: readonly string[]; readonly columns: readonly string[] }> {
  const double = await startDouble();
  const config = { project: double.project, dataset: 'd', api_endpoint: double.url, add_record_metadata: false, ...more };
  const env = Object.fromEntries(
    Object.entries(config).map(([name, value]) => [
      `TARGET_BIGQUERY_${name.toUpperCase()}`,
      typeof value === 'object' ? JSON.stringify(value) : String(value),
    ]),
  );
  const input = MESSAGES.map((message) => `${JSON.stringify(message)}\n`).join('');
  const { status, stderr } = await run(process.execPath, [executable('target-bigquery'), '--config=ENV'], { env, input });
  expect(status, stderr).toBe(0);
  const told = stderr.split('\n').flatMap((line) => /The setting (\S+) has no effect here: \S/.exec(line)?.[1] ?? []);
  return { told, columns: double.fields('d', 'orders').map(({ name }) => name) };
}

test('settings of z3z1ma’s plugin run as they are: each does what it says, or is told once with the reason', async () => {
  const { columns, told } = await said(Z3Z1MA);
  expect(columns).toEqual(['id', 'Ordered_at']);
  const ignored = Object.entries(settings as Readonly<Record<string, Setting>>).flatMap(([name, setting]) =>
    setting.ignored === undefined || !(name in Z3Z1MA) ? [] : [name],
  );
  expect(told.toSorted()).toEqual([...ignored, 'column_name_transforms.quote'].toSorted());
});

test('a setting that is unset, or at a default that is what happens anyway, is not spoken of', async () => {
  expect((await said({})).told).toEqual([]);
});

test('every setting that is not said to be without effect is read by the code', async () => {
  const folders = ['targets/bigquery', 'clients/bigquery', 'clients/google', 'clients/gcs'];
  const files = await Promise.all(
    folders.map((folder) => readdir(join(root, folder), { recursive: true, withFileTypes: true }).catch(() => [])),
  );
  const sources = await Promise.all(
    files
      .flat()
      .filter((file) => file.isFile() && !file.name.includes('settings'))
      .map((file) => readFile(join(file.parentPath, file.name), 'utf8')),
  );
  const code = sources.join('\n');
  const silent = Object.entries(settings as Readonly<Record<string, Setting>>).filter(
    ([name, setting]) => setting.ignored === undefined && !new RegExp(`\\b${name}\\b`).test(code),
  );
  expect(silent.map(([name]) => name)).toEqual([]);
});
