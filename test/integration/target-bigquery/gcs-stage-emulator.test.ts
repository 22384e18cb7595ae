import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { BigQueryDouble } from '../../support/bigquery/double.ts';
import { record, schema, state } from '../../support/bigquery/load-into.ts';
import { describeWithEmulators } from '../../support/gcs/fake-gcs-server.ts';
import { executable, run } from '../../support/processes.ts';
import { temporaryFolder } from '../../support/tmp.ts';

const PEOPLE = schema('people', { id: { type: 'integer' }, name: { type: ['string', 'null'] } });
/** Text that compression makes little smaller. */
const LONG = Array.from({ length: 12_000 }, (_, i) => ((i * 2_654_435_761) % 4_294_967_296).toString(36)).join('');
const MANY = Array.from({ length: 20 }, (_, id) => record('people', { id, name: `${id}${LONG}` }));

await describeWithEmulators('files staged in fake-gcs-server', (emulators) => {
  const load = async (
    messages: readonly object[],
    settings: object,
    { args = [], env = {} }: { readonly args?: readonly string[]; readonly env?: Readonly<Record<string, string>> } = {},
  ): ReturnType<typeof run> => {
    const config = join(temporaryFolder(), 'config.json');
    const common = { project: 'test', dataset: 'd', denormalized: true, method: 'gcs_stage', bucket: 'staging' };
    writeFileSync(config, JSON.stringify({ ...common, api_endpoint: emulators().bigquery.url, ...settings }));
    const input = messages.map((message) => `${JSON.stringify(message)}\n`).join('');
    return run(executable('target-bigquery'), ['--config', config, ...args], { input, env });
  };
  const there = (columns: string, table: string): Promise<(string | null)[][]> =>
    emulators().bigquery.query(`SELECT ${columns} FROM d.${table} ORDER BY id`);

  test.each(['gzip', 'none'])(
    'are read by local-bigquery, many by one job, compression %s',
    { timeout: 120_000 },
    async (compression) => {
      const table = `people_${compression}`;
      const messages = [PEOPLE, ...MANY, state({ at: 20 })].map((message) =>
        'stream' in message ? { ...message, stream: table } : message,
      );
      const settings = { storage_endpoint: emulators().storage.url, staged_file_bytes: 65_536, compression, batch_size_rows: 2 };
      const { status, stdout, stderr } = await load(messages, settings);
      expect([status, stdout.trim()], stderr).toEqual([0, '{"at":20}']);
      expect(await there('id, LENGTH(name)', table)).toEqual(
        MANY.map((_, id) => [String(id), String(LONG.length + String(id).length)]),
      );
      expect(await emulators().storage.list('staging')).toEqual([]);
    },
  );

  test('are merged, and STORAGE_EMULATOR_HOST is enough of an address', { timeout: 120_000 }, async () => {
    const env = { STORAGE_EMULATOR_HOST: new URL(emulators().storage.url).host };
    const settings = { load_method: 'upsert' };
    const rename = (message: object): object => ('stream' in message ? { ...message, stream: 'merged' } : message);
    const first = [PEOPLE, record('people', { id: 1, name: 'Ada' }), record('people', { id: 2, name: 'Bo' }), state({ at: 1 })];
    const second = [PEOPLE, record('people', { id: 2, name: 'Eve' }), record('people', { id: 3, name: null }), state({ at: 2 })];
    for (const messages of [first, second]) {
      const { status, stderr } = await load(messages.map(rename), settings, { env });
      expect(status, stderr).toBe(0);
    }
    expect(await there('id, name', 'merged')).toEqual([
      ['1', 'Ada'],
      ['2', 'Eve'],
      ['3', null],
    ]);
    expect(await emulators().storage.list('staging')).toEqual([]);
  });

  test('are read by the double, too', { timeout: 60_000 }, async () => {
    const double = await new BigQueryDouble({ storage: emulators().storage.url }).start();
    try {
      const settings = { api_endpoint: double.url, storage_endpoint: emulators().storage.url, staged_file_bytes: 65_536 };
      const { status, stderr } = await load([PEOPLE, ...MANY, state({})], settings);
      expect(status, stderr).toBe(0);
      expect(double.rows('d', 'people').map(({ id }) => Number(id))).toEqual(MANY.map((_, id) => id));
    } finally {
      await double.stop();
    }
  });

  test('a check makes a file and deletes it, a plan says where rows go', { timeout: 60_000 }, async () => {
    const settings = { storage_endpoint: emulators().storage.url, bucket_prefix: 'in/here' };
    const check = await load([], settings, { args: ['--check'] });
    expect(check.stdout, check.stderr).toContain('can be made, read and deleted in gs://staging/in/here/');
    expect(await emulators().storage.list('staging')).toEqual([]);
    const plan = await load([PEOPLE, record('people', { id: 1 })], settings, { args: ['--plan'] });
    expect(plan.stdout, plan.stderr).toContain('"way_in":"gcs_stage","staged_in":"gs://staging/in/here/"');
    const missing = await load([PEOPLE], { ...settings, bucket: 'elsewhere' });
    expect([missing.status, missing.stderr]).toEqual([1, expect.stringContaining('bucket-missing')]);
  });
});
