import { expect, test } from 'vitest';
import type { Json } from '../../../singer/index.ts';
import { record, schema, state } from '../../support/bigquery/load-into.ts';
import { loadLocal } from '../../support/bigquery/load-local.ts';
import { describeWithLocalBigQuery } from '../../support/bigquery/local-bigquery.ts';
import type { Said } from '../../support/through.ts';

await describeWithLocalBigQuery('load methods against an emulator that runs SQL', (server) => {
  const load = (messages: readonly object[], settings: Record<string, Json> = {}): Promise<Said> =>
    loadLocal(server(), messages, { load_method: 'upsert', ...settings });
  const tables = async (): Promise<(string | null)[]> =>
    (await server().query('SELECT table_name FROM d.INFORMATION_SCHEMA.TABLES')).map(([name]) => name ?? null);
  const said = (one: Said, stream: string): unknown => one.summaries.get(stream);

  const PEOPLE = schema('people', { id: { type: 'integer' }, name: { type: ['string', 'null'] }, more: { type: 'object' } });
  const person = (id: number, name: string | null): object => record('people', { id, name, more: { a: id } });
  const people = (): Promise<(string | null)[][]> => server().query('SELECT id, name FROM d.people ORDER BY id');

  test('upsert keeps the last row of each key, writes only what changed, and leaves no stage behind', async () => {
    const first = await load([PEOPLE, person(1, 'Ada'), person(2, 'Bob'), state({ at: 1 })]);
    expect(said(first, 'people')).toEqual({ inserted: 2 });
    const second = await load([PEOPLE, person(1, 'Ada'), person(2, 'x'), person(3, 'Cy'), person(2, null), state({ at: 2 })]);
    expect(said(second, 'people')).toEqual({ inserted: 1, updated: 1, unchanged: 2 });
    expect(await people()).toEqual([
      ['1', 'Ada'],
      ['2', null],
      ['3', 'Cy'],
    ]);
    expect(second.states).toEqual(['{"at":2}']);
    expect((await tables()).filter((name) => name?.includes('__tapline'))).toEqual([]);
  });

  const EVERY = schema(
    'every',
    {
      id: { type: ['integer', 'null'] },
      at: { type: ['string', 'null'], format: 'date-time' },
      text: { type: 'string' },
      n: { type: 'number' },
      d: { type: 'number', multipleOf: 0.01 },
      yes: { type: 'boolean' },
      day: { type: 'string', format: 'date' },
      clock: { type: 'string', format: 'time' },
      list: { type: 'array' },
      select: { type: 'object' },
    },
    ['id', 'at'],
  );
  const every = {
    id: 1,
    at: '2026-01-02T03:04:05Z',
    text: 'a',
    n: 1.5,
    d: 2.25,
    yes: true,
    day: '2026-01-02',
    clock: '03:04:05',
    list: [1, 'x'],
    select: { b: 1, a: [2] },
  };

  test('rows of every type are compared: the same again is unchanged, each difference is an update, a null in a key equals a null', async () => {
    const rows = [every, { ...every, id: null }, { ...every, at: null }, { ...every, id: null, at: null }];
    const records = rows.map((row) => record('every', row));
    await load([EVERY, ...records, ...records]);
    const again = await load([EVERY, ...records, record('every', { ...every, at: '2026-01-02T04:04:05+01:00' })]);
    expect(said(again, 'every')).toEqual({ inserted: 0, updated: 0, unchanged: 5 });
    const others = {
      text: 'b',
      n: 2.5,
      d: 3,
      yes: false,
      day: '2026-01-03',
      clock: '04:00:00',
      list: [1, 'y'],
      select: { a: [2] },
    };
    for (const [name, value] of Object.entries(others)) {
      const changed = await load([EVERY, record('every', { ...every, id: null, [name]: value })]);
      expect([name, said(changed, 'every')]).toEqual([name, { inserted: 0, updated: 1, unchanged: 0 }]);
      await load([EVERY, record('every', { ...every, id: null })]);
    }
    expect(await server().query('SELECT COUNT(*), COUNT(id), COUNT(at) FROM d.every')).toEqual([['4', '2', '2']]);
  });

  test('whole records are upserted by their key, too', async () => {
    const settings = { denormalized: false, load_method: null, upsert: ['ra*'] };
    const RAW = schema('raw', { id: { type: 'integer' } });
    // The emulator gives the objects of one file the same members.
    await load([RAW, record('raw', { id: 1, a: 1 }), record('raw', { id: 2, a: 1 })], settings);
    const next = await load([RAW, record('raw', { id: 1, a: 2 }), record('raw', { id: 2, a: 1 })], settings);
    expect(said(next, 'raw')).toEqual({ inserted: 0, updated: 1, unchanged: 1 });
    expect(await server().query('SELECT id, TO_JSON_STRING(data) FROM d.raw ORDER BY id')).toEqual([
      ['1', '{"id":1,"a":2}'],
      ['2', '{"id":2,"a":1}'],
    ]);
  });

  test('a table that is partitioned by a column of the key is merged within the bounds of the rows', async () => {
    await server().query('CREATE TABLE d.parted (id INT64, day DATE, name STRING) PARTITION BY day');
    const PARTED = schema(
      'parted',
      { id: { type: 'integer' }, day: { type: ['string', 'null'], format: 'date' }, name: { type: 'string' } },
      ['id', 'day'],
    );
    const settings = { add_record_metadata: false };
    const row = (id: number, day: string | null, name: string): object => record('parted', { id, day, name });
    await load([PARTED, row(1, '2026-01-01', 'a'), row(1, '2026-01-05', 'b'), row(2, null, 'c')], settings);
    await load([PARTED, row(1, '2026-01-05', 'B'), row(2, null, 'C'), row(1, '2026-02-01', 'd')], settings);
    expect(await server().query('SELECT id, day, name FROM d.parted ORDER BY id, day')).toEqual([
      ['1', '2026-01-01', 'a'],
      ['1', '2026-01-05', 'B'],
      ['1', '2026-02-01', 'd'],
      ['2', null, 'C'],
    ]);
  });

  test('a record that is marked as deleted is marked in the table, or with hard_delete its row goes', async () => {
    const LIVE = schema('live', { id: { type: 'integer' } });
    const gone = record('live', { id: 1, _sdc_deleted_at: '2026-01-02T03:04:05Z' });
    await load([LIVE, record('live', { id: 1 }), record('live', { id: 2 })]);
    expect(said(await load([LIVE, gone]), 'live')).toEqual({ inserted: 0, updated: 1, unchanged: 0 });
    expect(await server().query('SELECT id FROM d.live WHERE _sdc_deleted_at IS NOT NULL')).toEqual([['1']]);
    const hard = await load([LIVE, gone, record('live', { id: 3, _sdc_deleted_at: '2026-01-02T03:04:05Z' })], {
      hard_delete: true,
    });
    expect(said(hard, 'live')).toEqual({ inserted: 0, updated: 0, deleted: 1, unchanged: 1 });
    expect(await server().query('SELECT id FROM d.live')).toEqual([['2']]);
  });

  test.each(['append-only', 'upsert', 'overwrite'])('an activated version ends the older ones: %s', async (load_method) => {
    for (const hard_delete of [false, true]) {
      const stream = `versions_${load_method.replace('-', '_')}_${hard_delete}`;
      const VERSIONS = schema(stream, { id: { type: 'integer' } });
      const row = (id: number, version: number): object => ({ ...record(stream, { id }), version });
      const activated = (version: number): object => ({ type: 'ACTIVATE_VERSION', stream, version });
      const settings = { load_method, hard_delete };
      await load([VERSIONS, row(1, 1), row(2, 1), activated(1), state({ at: 1 })], settings);
      await load([VERSIONS, row(2, 2), row(3, 2), row(9, 1), activated(2), row(4, 2), state({ at: 2 })], settings);
      const live = await server().query(`SELECT id FROM d.${stream} WHERE _sdc_deleted_at IS NULL ORDER BY id`);
      expect(live.flat()).toEqual(['2', '3', '4']);
      const all = await server().query(`SELECT COUNT(*) FROM d.${stream}`);
      expect(all).toEqual([[load_method === 'overwrite' || hard_delete ? '3' : load_method === 'upsert' ? '5' : '6']]);
    }
  });

  test.each([
    ['in one file', {}],
    ['by way of a stage', { load_interval_seconds: 0, batch_size_rows: 1 }],
  ])('overwrite replaces all rows in one step and keeps what the table has: %s', async (_, more) => {
    const stream = `over_${Object.keys(more).length}`;
    const settings = { load_method: 'overwrite', ...more };
    await server().query(`CREATE TABLE d.${stream} (id INT64 OPTIONS (description = 'The id'), old STRING)`);
    await server().query(`INSERT INTO d.${stream} VALUES (1, 'x'), (2, 'y')`);
    const OVER = schema(stream, { id: { type: 'integer' }, name: { type: 'string' } });
    const next = await load(
      [OVER, record(stream, { id: 2, name: 'a' }), state({ at: 1 }), record(stream, { id: 3, name: 'b' }), state({ at: 2 })],
      settings,
    );
    expect(said(next, stream)).toEqual({ replaced: 2 });
    expect(await server().query(`SELECT id, name, old FROM d.${stream} ORDER BY id`)).toEqual([
      ['2', 'a', null],
      ['3', 'b', null],
    ]);
    const twice = await load(
      [OVER, record(stream, { id: 2, name: 'a' }), record(stream, { id: 2, name: 'c' }), state({ at: 3 })],
      settings,
    );
    expect(said(twice, stream)).toEqual({ replaced: 1 });
    expect(await server().query(`SELECT id, name FROM d.${stream}`)).toEqual([['2', 'c']]);
    await load([OVER, state({ at: 4 })], settings);
    expect(await server().query(`SELECT COUNT(*) FROM d.${stream}`)).toEqual([['1']]);
    await load([OVER, state({ at: 5 })], { ...settings, allow_empty_overwrite: true });
    expect(await server().query(`SELECT COUNT(*) FROM d.${stream}`)).toEqual([['0']]);
    expect((await tables()).filter((name) => name?.includes('__tapline'))).toEqual([]);
  });

  test('generate_view shows whole records with typed columns; what a type does not take is null there', async () => {
    const properties = {
      id: { type: 'integer' },
      "it's é": { type: 'number' },
      more: { type: ['object', 'null'] },
      at: { type: 'string', format: 'date-time' },
      yes: { type: 'boolean' },
    };
    const values = { "it's é": 1.5, more: { a: 1 }, at: '2026-01-02T03:04:05Z', yes: true };
    await load(
      [
        schema('viewed', properties),
        record('viewed', { id: 1, ...values }),
        record('viewed', { id: 2, ...values, more: null, yes: 'no boolean' }),
      ],
      { denormalized: false, generate_view: true, add_record_metadata: false, validate_records: false },
    );
    const view = 'SELECT id, it_s__, TO_JSON_STRING(more), FORMAT_TIMESTAMP("%F %T", at), yes FROM d.viewed_view ORDER BY id';
    expect(await server().query(view)).toEqual([
      ['1', '1.5', '{"a":1}', '2026-01-02 03:04:05', 'true'],
      ['2', '1.5', 'null', '2026-01-02 03:04:05', null],
    ]);
  });
});
