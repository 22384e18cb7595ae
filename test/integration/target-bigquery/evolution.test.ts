import { describe, expect, test } from 'vitest';
import type { FieldResource } from '../../../clients/bigquery/resources.ts';
import { loadInto, record, schema, startDouble } from '../../support/bigquery/load-into.ts';

const settings = { add_record_metadata: false };
const typesOf = (fields: readonly FieldResource[]): Record<string, string> =>
  Object.fromEntries(fields.map(({ name, type }) => [name, type]));

describe('a table that changes with its stream', () => {
  test('gains all new columns of a SCHEMA in one patch; earlier rows have null there', async () => {
    const double = await startDouble();
    await loadInto(double, [schema('t', { id: { type: 'integer' } }), record('t', { id: 0 })], { settings });
    await loadInto(
      double,
      [
        schema('t', { id: { type: 'integer' } }),
        record('t', { id: 1 }),
        schema('t', { id: { type: 'integer' }, a: { type: 'string', description: 'The a' }, b: { type: 'boolean' } }),
        record('t', { id: 2, a: 'x', b: true }),
      ],
      { settings },
    );
    expect(double.count('PATCH', /./)).toBe(1);
    expect(double.rows('d', 't')).toEqual([
      { id: '0', a: null, b: null },
      { id: '1', a: null, b: null },
      { id: '2', a: 'x', b: 'true' },
    ]);
    expect(double.fields('d', 't')).toMatchObject([{ name: 'id' }, { name: 'a', description: 'The a' }, { name: 'b' }]);
  });

  test('keeps a column that the stream no longer has, and lets it be null', async () => {
    const double = await startDouble();
    double.make('d', 't', {
      schema: {
        fields: [
          { name: 'id', type: 'INTEGER' },
          { name: 'old', type: 'STRING', mode: 'REQUIRED' },
        ],
      },
    });
    await loadInto(double, [schema('t', { id: { type: 'integer' } }), record('t', { id: 1 })], { settings });
    expect(double.rows('d', 't')).toEqual([{ id: '1', old: null }]);
  });

  test('widens all columns that can hold more for nothing, in one statement', async () => {
    const double = await startDouble();
    const numbers = (type: string): object => schema('t', { id: { type: 'integer' }, a: { type }, b: { type } });
    await loadInto(double, [numbers('integer'), record('t', { id: 1, a: 1, b: 2 })], { settings });
    await loadInto(double, [numbers('number'), record('t', { id: 2, a: 1.5, b: 2.25 })], { settings });
    expect(typesOf(double.fields('d', 't'))).toEqual({ id: 'INTEGER', a: 'BIGNUMERIC', b: 'BIGNUMERIC' });
    expect(double.count('POST', /^\/bigquery\/.*\/jobs$/)).toBe(1);
    expect(double.rows('d', 't').at(-1)).toEqual({ id: '2', a: '1.5', b: '2.25' });
  });

  test('puts values that a column cannot take beside it, and does so again in the next run', async () => {
    const double = await startDouble();
    await loadInto(double, [schema('t', { id: { type: 'integer' }, a: { type: 'boolean' } }), record('t', { id: 1, a: true })], {
      settings,
    });
    for (const id of [2, 3]) {
      const said = await loadInto(
        double,
        [schema('t', { id: { type: 'integer' }, a: { type: 'string' } }), record('t', { id, a: 'x' })],
        { settings },
      );
      expect(said.warnings.map(({ fields }) => fields)).toContainEqual({ stream: 't', column: 'a', variant: 'a__string' });
    }
    expect(double.rows('d', 't').map(({ a, a__string }) => [a, a__string])).toEqual([
      ['true', null],
      [null, 'x'],
      [null, 'x'],
    ]);
  });

  test('a property that is spelled like a variant keeps its column, and the variant gets another; a long name is cut', async () => {
    const double = await startDouble();
    const long = 'n'.repeat(300);
    const of = (type: string): object => schema('t', { a: { type }, a__string: { type: 'string' }, [long]: { type } }, []);
    for (const value of [1, 'one', 'two']) {
      const type = typeof value === 'number' ? 'integer' : 'string';
      await loadInto(double, [of(type), record('t', { a: value, a__string: 'own', [long]: value })], { settings });
    }
    const variant = double.fields('d', 't').find(({ name }) => /^a__string_[\da-f]{8}$/.test(name))!.name;
    const cut = double.fields('d', 't').find(({ name }) => /^n+_[\da-f]{8}$/.test(name))!.name;
    expect(double.rows('d', 't')).toEqual([
      { a: '1', a__string: 'own', [long]: '1', [variant]: null, [cut]: null },
      { a: null, a__string: 'own', [long]: null, [variant]: 'one', [cut]: 'one' },
      { a: null, a__string: 'own', [long]: null, [variant]: 'two', [cut]: 'two' },
    ]);
  });

  test('keeps what comes in a wider column as that holds it', async () => {
    const double = await startDouble();
    double.make('d', 't', {
      schema: {
        fields: [
          { name: 'ID', type: 'STRING' },
          { name: 'n', type: 'NUMERIC' },
          { name: 'j', type: 'JSON' },
        ],
      },
    });
    const of = { id: { type: 'integer' }, n: { type: 'integer' }, j: { type: 'string' } };
    await loadInto(double, [schema('t', of), record('t', { id: 7, n: 8, j: 'x' })], { settings });
    expect(double.rows('d', 't')).toEqual([{ ID: '7', n: '8', j: 'x' }]);
    expect(double.count('PATCH', /./)).toBe(0);
  });

  test('is looked at again when somebody else has changed it meanwhile', async () => {
    const double = await startDouble();
    double.make('d', 't', { schema: { fields: [{ name: 'id', type: 'INTEGER' }] } });
    let rivals = 0;
    double.fault = ({ method }) => {
      if (method === 'PATCH' && rivals++ === 0)
        double.make('d', 't', {
          schema: {
            fields: [
              { name: 'id', type: 'INTEGER' },
              { name: 'theirs', type: 'DATE' },
            ],
          },
        });
      return undefined;
    };
    await loadInto(
      double,
      [schema('t', { id: { type: 'integer' }, ours: { type: 'string' } }), record('t', { id: 1, ours: 'x' })],
      { settings },
    );
    expect(double.rows('d', 't')).toEqual([{ id: '1', theirs: null, ours: 'x' }]);
  });

  test('is made by one of two runs that begin at once; the other takes it', async () => {
    const double = await startDouble();
    const messages = [schema('t', { id: { type: 'integer' } }), record('t', { id: 1 })];
    await Promise.all([loadInto(double, messages, { settings }), loadInto(double, messages, { settings })]);
    expect(double.rows('d', 't')).toHaveLength(2);
  });

  test.each([
    ['a key', { schema: { fields: [{ name: 'id', type: 'BOOLEAN' }] } }, 'column-type'],
    ['a view', { type: 'VIEW', schema: { fields: [{ name: 'id', type: 'INTEGER' }] } }, 'not-a-table'],
  ])('ends the run where nothing can be done: %s', async (_, resource, code) => {
    const double = await startDouble();
    double.make('d', 't', resource);
    const run = loadInto(double, [schema('t', { id: { type: 'integer' } }), record('t', { id: 1 })], { settings });
    await expect(run).rejects.toMatchObject({ code });
  });
});
