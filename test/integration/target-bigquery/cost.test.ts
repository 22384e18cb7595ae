import { expect, test } from 'vitest';
import { loadInto, record, schema, startDouble, state } from '../../support/bigquery/load-into.ts';

const PEOPLE = schema('people', { id: { type: 'integer' }, name: { type: 'string' } });
const person = (id: number, name: string): object => record('people', { id, name });
const plain = { add_record_metadata: false };

test('bytes and price of each merge are told, and their sums in the summary', async () => {
  const double = await startDouble();
  const settings = { ...plain, load_method: 'upsert', load_interval_seconds: 0, batch_size_rows: 1 };
  const first = await loadInto(double, [PEOPLE, person(1, 'a'), state({ at: 1 })], { settings });
  // What goes into an empty table costs nothing.
  expect(first.summaries.get('people')).toEqual({ inserted: 1 });
  double.bytesBilled = 2 ** 39;
  const messages = [PEOPLE, person(1, 'b'), state({ at: 2 }), person(1, 'c'), state({ at: 3 })];
  const { infos, summaries } = await loadInto(double, messages, { settings: { ...settings, price_per_tib: 5 } });
  const merged = infos.filter(({ message }) => message === 'Merged').map(({ fields }) => fields);
  expect(merged.length).toBe(2);
  for (const fields of merged) expect(fields).toMatchObject({ bytes_billed: 2 ** 39, price_usd: 2.5 });
  expect(summaries.get('people')).toMatchObject({ updated: 2, bytes_billed: 2 ** 40, price_usd: 5 });
});

test('the default price is that on demand; appends cost nothing and say nothing of it', async () => {
  const double = await startDouble();
  double.bytesBilled = 2 ** 40;
  await loadInto(double, [PEOPLE, person(1, 'a')], { settings: { ...plain, load_method: 'upsert' } });
  const merged = await loadInto(double, [PEOPLE, person(1, 'b')], { settings: { ...plain, load_method: 'upsert' } });
  expect(merged.summaries.get('people')).toMatchObject({ bytes_billed: 2 ** 40, price_usd: 6.25 });
  const appended = await loadInto(double, [PEOPLE, person(1, 'b')], { settings: plain });
  expect(appended.summaries.get('people')).toEqual({ appended: 1 });
});

test('statements that activate a version or replace rows tell theirs, too', async () => {
  const double = await startDouble();
  const versioned = [
    PEOPLE,
    { ...person(1, 'a'), version: 2 },
    { type: 'ACTIVATE_VERSION', stream: 'people', version: 2 },
    state({ at: 1 }),
  ];
  const activated = await loadInto(double, versioned);
  expect(activated.summaries.get('people')).toMatchObject({ bytes_billed: double.bytesBilled, price_usd: 0.00006 });
  const settings = { load_method: 'overwrite', load_interval_seconds: 0, batch_size_rows: 1 };
  const messages = [PEOPLE, person(1, 'a'), state({ at: 1 }), person(2, 'b'), state({ at: 2 })];
  const replaced = await loadInto(double, messages, { settings });
  expect(replaced.summaries.get('people')).toMatchObject({ replaced: 2, bytes_billed: double.bytesBilled });
});

test('a statement that would be billed for more than max_bytes_billed ends the run with what to do', async () => {
  const double = await startDouble();
  const settings = { ...plain, load_method: 'upsert', max_bytes_billed: 10 };
  await loadInto(double, [PEOPLE, person(1, 'a')], { settings });
  double.bytesBilled = 11;
  await expect(loadInto(double, [PEOPLE, person(1, 'b')], { settings })).rejects.toMatchObject({
    code: 'too-expensive',
    hint: expect.stringContaining('max_bytes_billed'),
  });
  expect(double.rows('d', 'people')).toEqual([{ id: '1', name: 'a' }]);
  double.bytesBilled = 10;
  await loadInto(double, [PEOPLE, person(1, 'b')], { settings });
  expect(double.rows('d', 'people')).toEqual([{ id: '1', name: 'b' }]);
});
