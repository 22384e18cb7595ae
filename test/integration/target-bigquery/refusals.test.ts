import { describe, expect, test } from 'vitest';
import type { FieldResource } from '../../../clients/bigquery/resources.ts';
import type { Json } from '../../../singer/index.ts';
import type { BigQueryDouble } from '../../support/bigquery/double.ts';
import { loadInto, record, schema, startDouble, state } from '../../support/bigquery/load-into.ts';
import { nothingSaid } from '../../support/through.ts';

const PEOPLE = schema('people', { id: { type: 'integer' }, name: { type: 'string' } });
const NAMES = ['Ada', 'much too long', 'Bo', 'far too long', 'Cy'];
const ROWS = NAMES.map((name, id) => record('people', { id, name }));
const MESSAGES = [PEOPLE, ...ROWS, state({ at: 5 })];
const LIMITED: readonly FieldResource[] = [
  { name: 'id', type: 'INTEGER' },
  { name: 'name', type: 'STRING', maxLength: '3' },
];
const SETTINGS = { add_record_metadata: false, on_bad_record: 'quarantine', run_id: 'nightly' };

/** A double whose table of people takes short names only. */
async function doubleWith(fields: readonly FieldResource[] = LIMITED): Promise<BigQueryDouble> {
  const double = await startDouble();
  double.make('d', 'people', { schema: { fields } });
  return double;
}

function put(double: BigQueryDouble): readonly Json[] {
  return double.rows('d', '_sdc_quarantine').map(({ record: text }) => (JSON.parse(text as string) as { id: number }).id);
}

describe('rows that only BigQuery refuses', () => {
  test('go to the quarantine as the records that they were, the others are loaded in order', async () => {
    for (const compression of ['gzip', 'none']) {
      const double = await doubleWith();
      const said = await loadInto(double, MESSAGES, { settings: { ...SETTINGS, compression } });
      expect(double.rows('d', 'people').map(({ name }) => name)).toEqual(['Ada', 'Bo', 'Cy']);
      expect(double.rows('d', '_sdc_quarantine')).toMatchObject([
        { stream: 'people', code: 'refused', rule: 'maxLength', property: 'name', record: '{"id":1,"name":"much too long"}' },
        { stream: 'people', code: 'refused', rule: 'maxLength', property: 'name', record: '{"id":3,"name":"far too long"}' },
      ]);
      expect(said.states).toEqual(['{"at":5}']);
      expect(said.summaries.get('people')).toMatchObject({ appended: 3 });
      expect(said.warnings.map(({ message }) => message)).toContain('Records that the destination refuses go to the quarantine');
      expect(JSON.stringify([said.warnings, said.infos])).not.toContain('too long');
    }
  });

  test('end the run if the policy says so, with their places, columns and rules', async () => {
    const double = await doubleWith();
    const said = nothingSaid();
    const run = loadInto(double, MESSAGES, { settings: { ...SETTINGS, on_bad_record: 'fail' }, said });
    await expect(run).rejects.toMatchObject({
      code: 'refused',
      facts: {
        lines: [
          { column: 'name', rule: 'maxLength' },
          { column: 'name', rule: 'maxLength' },
        ],
      },
    });
    expect(said.states).toEqual([]);
  });

  test('are found though a job tells a few of them only', async () => {
    const double = await doubleWith();
    const many = Array.from({ length: 40 }, (_, id) => record('people', { id, name: id % 2 === 0 ? 'Ada' : 'too long' }));
    await loadInto(double, [PEOPLE, ...many, state({})], { settings: SETTINGS });
    expect(double.rows('d', 'people')).toHaveLength(20);
    expect(put(double)).toEqual(Array.from({ length: 20 }, (_, i) => i * 2 + 1));
  });

  test('all rows of a load: only the quarantine has some', async () => {
    const double = await doubleWith();
    const said = await loadInto(double, [PEOPLE, record('people', { id: 1, name: 'too long' }), state({ at: 1 })], {
      settings: SETTINGS,
    });
    expect([double.rows('d', 'people').length, put(double).length]).toEqual([0, 1]);
    expect(said.states).toEqual(['{"at":1}']);
  });

  test('no more than max_errors allows', async () => {
    const double = await doubleWith();
    const said = nothingSaid();
    const run = loadInto(double, MESSAGES, { settings: { ...SETTINGS, max_errors: 1 }, said });
    await expect(run).rejects.toMatchObject({ code: 'too-many-bad-records' });
    expect([said.states, double.rows('d', 'people')]).toEqual([[], []]);
  });

  test('whole records, too', async () => {
    const double = await doubleWith([
      { name: 'id', type: 'STRING', maxLength: '1' },
      { name: 'data', type: 'JSON' },
    ]);
    const rows = [record('people', { id: 'a', more: [1] }), record('people', { id: 'bb', more: [2] }), state({})];
    await loadInto(double, [schema('people', { id: { type: 'string' } }), ...rows], {
      settings: { ...SETTINGS, denormalized: false },
    });
    expect(double.rows('d', 'people')).toMatchObject([{ id: 'a' }]);
    expect(double.rows('d', '_sdc_quarantine')).toMatchObject([
      { data: { rule: 'maxLength', record: '{"id":"bb","more":[2]}' } },
    ]);
  });

  test('of several streams at once', async () => {
    const double = await doubleWith();
    double.make('d', 'pets', { schema: { fields: LIMITED } });
    const pets = ROWS.map((row) => ({ ...row, stream: 'pets' }));
    const of = schema('pets', { id: { type: 'integer' }, name: { type: 'string' } });
    await loadInto(double, [PEOPLE, of, ...ROWS, ...pets, state({})], { settings: SETTINGS });
    expect([double.rows('d', 'people').length, double.rows('d', 'pets').length, put(double).length]).toEqual([3, 3, 4]);
  });

  test.each(['upsert', 'overwrite'])(
    'of %s, by way of a stage, which has the lengths of its table, or straight',
    async (method) => {
      for (const twice of [false, true]) {
        const double = await doubleWith([...LIMITED, { name: '_sdc_batched_at', type: 'TIMESTAMP' }]);
        // Rows that come after these, or the same key again, must go by way of a stage.
        const again = twice
          ? [record('people', { id: 0, name: 'Eve' }), record('people', { id: 2, name: 'again too long' })]
          : [];
        const said = await loadInto(double, [PEOPLE, ...ROWS, ...again, state({ at: 5 })], {
          settings: { ...SETTINGS, load_method: method },
        });
        const names = new Set(double.rows('d', 'people').map(({ name }) => name));
        expect(names).toEqual(new Set(['Bo', 'Cy', twice ? 'Eve' : 'Ada']));
        expect(double.rows('d', 'people')).toHaveLength(3);
        expect(put(double)).toEqual(twice ? [1, 3, 2] : [1, 3]);
        expect(said.states).toEqual(['{"at":5}']);
      }
    },
  );

  test('a run that dies at any request, and is begun again, loads and puts aside each row once', async () => {
    for (let dies = 1, isOver = false; !isOver; dies++) {
      const double = await doubleWith();
      let seen = 0;
      double.fault = () => (++seen === dies ? { status: 401, after: true } : undefined);
      isOver = await loadInto(double, MESSAGES, { settings: SETTINGS }).then(
        () => true,
        () => false,
      );
      double.fault = () => undefined;
      const said = await loadInto(double, MESSAGES, { settings: SETTINGS });
      expect(said.states).toEqual(['{"at":5}']);
      expect(
        double.rows('d', 'people').map(({ name }) => name),
        `died at ${dies}`,
      ).toEqual(['Ada', 'Bo', 'Cy']);
      expect(put(double), `died at ${dies}`).toEqual([1, 3]);
    }
  });
});
