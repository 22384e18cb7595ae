import { expect, test } from 'vitest';
import { loadInto, record, schema, startDouble, state } from '../../support/bigquery/load-into.ts';

const plain = { add_record_metadata: false };

test(
  'a run that changes a table often waits as BigQuery wants it, says so, and is refused nothing',
  { timeout: 60_000 },
  async () => {
    const double = await startDouble({ takesChanges: 5 });
    const rows = Array.from({ length: 6 }, (_, id) => [record('t', { id }), state({ id })]).flat();
    const settings = { ...plain, load_interval_seconds: 0, batch_size_rows: 1, max_table_changes: 5, max_retries: 0 };
    const said = await loadInto(double, [schema('t', { id: { type: 'integer' } }), ...rows], { settings });
    expect(double.rows('d', 't')).toHaveLength(6);
    expect(said.infos.filter(({ message }) => message.includes('the next one waits'))).not.toEqual([]);
  },
);

test('a limit that was reached all the same is waited for', { timeout: 60_000 }, async () => {
  const double = await startDouble();
  let refused = 0;
  double.fault = ({ method }) => (method === 'PUT' && ++refused === 1 ? { status: 403, reason: 'rateLimitExceeded' } : undefined);
  const said = await loadInto(double, [schema('t', { id: { type: 'integer' } }), record('t', { id: 1 }), state({ id: 1 })]);
  expect(double.rows('d', 't')).toHaveLength(1);
  expect(said.warnings).toMatchObject([{ fields: { wait_ms: expect.any(Number) } }]);
});

test('all that the schemas of one load change in a table is one patch and one statement', async () => {
  const double = await startDouble();
  const first = schema('t', { id: { type: 'integer' }, n: { type: 'integer' }, m: { type: 'integer' } });
  await loadInto(double, [first, record('t', { id: 1, n: 1, m: 1 })], { settings: plain });
  double.asked.length = 0;
  const wide = (more: object): object => schema('t', { id: { type: 'integer' }, n: { type: 'integer' }, ...more });
  const messages = [
    wide({ a: { type: 'string' } }),
    record('t', { id: 2, n: 2, a: 'x' }),
    wide({ b: { type: 'string' }, m: { type: 'number', multipleOf: 0.01 } }),
    record('t', { id: 3, n: 3, b: 'y', m: 1.5 }),
    wide({ c: { type: 'boolean' }, n: { type: 'number', multipleOf: 0.01 } }),
    record('t', { id: 4, n: 4.5, c: true }),
  ];
  await loadInto(double, messages, { settings: { ...plain, number_type: 'numeric' } });
  expect(double.count('PATCH', /./)).toBe(1);
  expect([...double.jobs.keys()].filter((id) => id.startsWith('tapline_alter_'))).toHaveLength(1);
  expect(double.rows('d', 't').map(({ id, n, m, a, b, c }) => [id, n, m, a, b, c])).toEqual([
    ['1', '1', '1', null, null, null],
    ['2', '2', null, 'x', null, null],
    ['3', '3', '1.5', null, 'y', null],
    ['4', '4.5', null, null, null, 'true'],
  ]);
});

test('statements on one table follow one another, those on others do not wait for them', async () => {
  const double = await startDouble({ looks: 2 });
  const messages = ['a', 'b', 'c'].flatMap((name) => [
    schema(name, { id: { type: 'integer' } }),
    record(name, { id: 1 }),
    schema(name, { id: { type: 'integer' }, x: { type: 'string' } }),
    record(name, { id: 1, x: 'y' }),
    { type: 'RECORD', stream: name, version: 7, record: { id: 2, x: 'z' } },
    { type: 'ACTIVATE_VERSION', stream: name, version: 7 },
  ]);
  for (let run = 0; run < 2; run++)
    await loadInto(double, [...messages, state({ run })], { settings: { load_method: 'upsert' } });
  const dml = [...double.jobs.keys()].filter((id) => /^tapline_(merge|activate)_/.test(id));
  expect(dml.length).toBeGreaterThanOrEqual(9);
  expect(double.overlaps).toBe(0);
});
