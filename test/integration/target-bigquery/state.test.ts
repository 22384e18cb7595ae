import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { Json, Run } from '../../../singer/index.ts';
import { checkConfig } from '../../../singer/shell/config.ts';
import { allSettings } from '../../../singer/shell/plugin-settings.ts';
import target from '../../../targets/bigquery/index.ts';
import { putState, removeState } from '../../../targets/bigquery/statements/state.ts';
import { describeWithLocalBigQuery } from '../../support/bigquery/local-bigquery.ts';
import type { BigQueryDouble } from '../../support/bigquery/double.ts';
import { loadInto, record, schema, startDouble, state } from '../../support/bigquery/load-into.ts';
import { analyze, describeWithAnalyzer } from '../../support/googlesql/analyze.ts';
import { nothingSaid, through } from '../../support/through.ts';

const KEPT = { state_table: '_singer_state', add_record_metadata: false };
const USERS = schema('users', { id: { type: 'integer' } });
const user = (id: number): object => record('users', { id });
type Place = Pick<BigQueryDouble, 'project' | 'url'>;

/** `target-bigquery state …` as the executable runs it. */
async function command({ project, url }: Place, given: Readonly<Record<string, Json>>, ...args: string[]): Promise<string> {
  const { config } = checkConfig(allSettings(target as never), { project, dataset: 'd', api_endpoint: url, ...given });
  const log = { debug() {}, info() {}, warn() {}, warnOnce() {}, error() {}, conceal() {} };
  const run: Run = { name: target.name, version: '0', log, signal: new AbortController().signal };
  return target.commands!['state']!.run(config as never, run, args);
}

const get = (double: Place, given: Readonly<Record<string, Json>> = KEPT): Promise<string> => command(double, given, 'get');
const written = (double: BigQueryDouble): number =>
  [...double.jobs.keys()].filter((id) => id.startsWith('tapline_state_')).length;

test('the state is written after all that it covers is loaded and merged, and before it is printed', async () => {
  const double = await startDouble();
  const settings = { ...KEPT, load_method: 'upsert' };
  await loadInto(double, [USERS, user(1), state({ n: 1 })], { settings });
  await loadInto(double, [USERS, user(2), state({ n: 2 })], { settings });
  expect([...double.jobs.keys()].map((id) => /^tapline_([a-z]+)_/.exec(id)![1])).toEqual([
    'fill',
    'state',
    'load',
    'merge',
    'state',
  ]);
  expect(await get(double)).toBe('{"n":2}');
});

test.each(['load', 'merge'])('a %s that fails leaves the state as it was', async (work) => {
  const double = await startDouble();
  const settings = { ...KEPT, load_method: 'upsert', max_retries: 0 };
  await loadInto(double, [USERS, user(1), state({ n: 1 })], { settings });
  double.fault = ({ body }) =>
    JSON.stringify(body ?? '').includes(`tapline_${work}_`) ? { status: 403, reason: 'quotaExceeded' } : undefined;
  const said = nothingSaid();
  await expect(loadInto(double, [USERS, user(2), state({ n: 2 })], { settings, said })).rejects.toMatchObject({ code: 'quota' });
  double.fault = () => undefined;
  expect(await get(double)).toBe('{"n":1}');
  expect(said.states).toEqual([]);
});

test('a state that cannot be written is not printed', async () => {
  const double = await startDouble();
  double.fault = ({ body }) =>
    JSON.stringify(body ?? '').includes('tapline_state_') ? { status: 403, reason: 'accessDenied' } : undefined;
  const said = nothingSaid();
  const loading = loadInto(double, [USERS, user(1), state({ n: 1 })], { settings: KEPT, said });
  await expect(loading).rejects.toMatchObject({ code: 'access-denied' });
  expect(said.states).toEqual([]);
});

test('while a stream is collected that overwrites its table, the state waits for the end of the run', async () => {
  const double = await startDouble();
  const settings = { ...KEPT, load_method: 'overwrite', load_interval_seconds: 0, batch_size_rows: 1 };
  await loadInto(double, [USERS, user(1), state({ n: 1 }), user(2), state({ n: 2 })], { settings });
  expect([...double.jobs.keys()].at(-1)).toMatch(/^tapline_state_/);
  expect(written(double)).toBe(1);
  expect(await get(double)).toBe('{"n":2}');
});

test('is written once for all batches that were loaded together, and not again while no other state comes', async () => {
  const double = await startDouble();
  const states = Array.from({ length: 20 }, (_, n) => [user(n), state({ n })]).flat();
  const said = await loadInto(double, [USERS, ...states, user(99)], { settings: { ...KEPT, batch_size_rows: 2 } });
  expect(written(double)).toBe(said.states.length);
  expect(await get(double)).toBe('{"n":19}');
});

test('a run of the same run_id writes its state anew, since another may have come since', async () => {
  const double = await startDouble();
  for (const n of [1, 2, 1])
    await loadInto(double, [USERS, user(n), state({ n })], { settings: { ...KEPT, run_id: 'same', load_method: 'upsert' } });
  expect(await get(double)).toBe('{"n":1}');
});

test('comes back as it came, belongs to its state_id, and can be set and cleared; none is {}', async () => {
  const double = await startDouble();
  expect(await get(double)).toBe('{}');
  const text = String.raw`{"z":1.10,"a":123456789012345678901234567890,"t":"ü ' \\ \n @state"}`;
  const folder = await mkdtemp(join(tmpdir(), 'state-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const file = join(folder, 'state.json');
  await writeFile(file, `${text}\n`);
  const other = { ...KEPT, state_id: "it's other" };
  expect(await command(double, KEPT, 'set', file)).toBe('');
  await loadInto(double, [USERS, state({ n: 1 })], { settings: other });
  expect(await get(double)).toBe(text);
  expect(await get(double, other)).toBe('{"n":1}');
  await command(double, other, 'clear');
  await command(double, other, 'clear');
  expect(await get(double, other)).toBe('{}');
  expect(await get(double)).toBe(text);
});

test('none is kept unless state_table says where', async () => {
  const double = await startDouble();
  await loadInto(double, [USERS, user(1), state({ n: 1 })]);
  expect([...double.datasets.get('d')!.tables.keys()]).toEqual(['users']);
  await expect(get(double, {})).rejects.toMatchObject({ exitCode: 2 });
  await expect(get(double, { state_table: 'a.b.c' })).rejects.toMatchObject({ exitCode: 2 });
});

test('a table of that name that holds something else is refused before any input is read; a stream of that name gets another table', async () => {
  const double = await startDouble();
  double.make('d', '_singer_state', { schema: { fields: [{ name: 'id', type: 'INTEGER' }] } });
  await expect(loadInto(double, [USERS], { settings: KEPT })).rejects.toMatchObject({ code: 'not-a-state-table' });
  const free = { ...KEPT, state_table: 'states' };
  await loadInto(double, [schema('states', { id: { type: 'integer' } }), record('states', { id: 1 }), state({ n: 1 })], {
    settings: free,
  });
  expect(await get(double, free)).toBe('{"n":1}');
});

await describeWithAnalyzer('Google’s analyzer', () => {
  test('accepts the statements', { timeout: 180_000 }, async () => {
    const reference = { projectId: 'p', datasetId: 'd', tableId: 'states' };
    const columns = (['state_id', 'state'] as const).map((name) => ({ name, type: { type: 'STRING' as const } }));
    const table = { project: 'p', dataset: 'd', table: 'states' };
    const known = [{ ...table, columns: [...columns, { name: 'updated_at', type: { type: 'TIMESTAMP' as const } }] }];
    const statements = [putState(reference), removeState(reference)];
    expect(await analyze(known, statements, ['state_id', 'state'])).toEqual(['ok', 'ok']);
  });
});

await describeWithLocalBigQuery('against an emulator that runs SQL', (server) => {
  test('a run that goes on from the kept state ends as one run does', async () => {
    const settings = { ...KEPT, project: server().project, dataset: 'd', api_endpoint: server().url, compression: 'none' };
    for (const [n, name] of [
      [1, 'a'],
      [2, "b's"],
    ] as const) {
      expect(await get(server())).toBe(n === 1 ? '{}' : '{"n":1,"name":"a"}');
      const lines = [USERS, user(n), state({ n, name })].map((message) => JSON.stringify(message));
      await through(target, { lane: 'fast', lines, settings });
    }
    expect(await get(server())).toBe('{"n":2,"name":"b\'s"}');
    expect(await server().query('SELECT state_id FROM d._singer_state')).toEqual([['default']]);
    await command(server(), KEPT, 'clear');
    expect(await get(server())).toBe('{}');
  });
});
