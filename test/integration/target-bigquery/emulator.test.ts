import { expect, test } from 'vitest';
import type { Json } from '../../../singer/index.ts';
import { record, schema, state } from '../../support/bigquery/load-into.ts';
import { loadLocal } from '../../support/bigquery/load-local.ts';
import { describeWithLocalBigQuery } from '../../support/bigquery/local-bigquery.ts';
import type { Said } from '../../support/through.ts';

await describeWithLocalBigQuery('against an emulator that runs SQL', (server) => {
  const load = (messages: readonly object[], settings: Record<string, Json> = {}): Promise<Said> =>
    loadLocal(server(), messages, settings);

  test('records of every type are appended and read back', async () => {
    const properties = {
      id: { type: 'integer' },
      text: { type: 'string' },
      n: { type: 'number' },
      d: { type: 'string', format: 'x-singer.decimal', precision: 12, scale: 2 },
      yes: { type: 'boolean' },
      day: { type: 'string', format: 'date' },
      at: { type: 'string', format: 'date-time' },
      clock: { type: 'string', format: 'time' },
      list: { type: 'array' },
    };
    const values = {
      id: 9_007_199_254_740_991,
      text: 'é "quoted"\n',
      n: 1.5,
      d: '1234567890.12',
      yes: true,
      day: '2026-01-02',
      at: '2026-01-02T03:04:05.123456+02:00',
      clock: '03:04:05',
      // The emulator refuses a null in a list, also in JSON.
      list: [1, 'x', { a: null }],
    };
    const said = await load([schema('types', properties), record('types', values), record('types', { id: 2 }), state({ at: 1 })]);
    expect(said.states).toEqual(['{"at":1}']);
    const columns = 'id, text, n, d, yes, day, FORMAT_TIMESTAMP("%F %H:%M:%E6S", at), clock, TO_JSON_STRING(list)';
    expect(await server().query(`SELECT ${columns} FROM d.types ORDER BY id DESC`)).toEqual([
      [
        '9007199254740991',
        'é "quoted"\n',
        '1.5',
        '1234567890.12',
        'true',
        '2026-01-02',
        '2026-01-02 01:04:05.123456',
        '03:04:05',
        '[1,"x",{"a":null}]',
      ],
      // Text of a null.
      ['2', null, null, null, null, null, null, null, 'null'],
    ]);
  });

  test('a table gains columns and wider types, and a job is not done twice', async () => {
    const first = [schema('grows', { id: { type: 'integer' }, n: { type: 'integer' } }), record('grows', { id: 1, n: 1 })];
    await load(first, { run_id: 'one' });
    await load(first, { run_id: 'one' });
    await load([
      schema('grows', { id: { type: 'integer' }, n: { type: 'number' }, s: { type: 'string' } }),
      record('grows', { id: 2, n: 1.5, s: 'x' }),
    ]);
    expect(await server().query('SELECT id, CAST(n AS FLOAT64), s FROM d.grows ORDER BY id')).toEqual([
      ['1', '1.0', null],
      ['2', '1.5', 'x'],
    ]);
  });
});
