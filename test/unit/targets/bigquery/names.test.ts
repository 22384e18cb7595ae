import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { columnNames, otherTableName, tableName, variantName } from '../../../../targets/bigquery/names/names.ts';

const NONE: ReadonlySet<string> = new Set();
const named = (properties: readonly string[], there = NONE, ours = NONE): Record<string, string> =>
  Object.fromEntries(columnNames(properties, 'keep', there, ours));

describe('names of columns', () => {
  test.each([
    ['id', 'id'],
    ['Größe', 'Gr__e'],
    ['a.b-c d', 'a_b_c_d'],
    ['1st', '_1st'],
    ['_PARTITIONTIME', 'x_PARTITIONTIME'],
    ['_file_name', 'x_file_name'],
    ['_CHANGE_TYPE', 'x_CHANGE_TYPE'],
    ['_change_sequence_number', 'x_change_sequence_number'],
    ['_Change_Timestamp_2', 'x_Change_Timestamp_2'],
  ])('%s is %s', (property, name) => expect(named([property])).toEqual({ [property]: name }));

  test('of two that differ by case alone, the one that the table has keeps its name', () => {
    expect(named(['Name', 'name'])).toEqual({ Name: 'Name', name: expect.stringMatching(/^name_[\da-f]{8}$/) });
    expect(named(['Name', 'name'], new Set(['name']))).toEqual({
      name: 'name',
      Name: expect.stringMatching(/^Name_[\da-f]{8}$/),
    });
  });

  test('a property never gets the name of a column of ours', () => {
    expect(named(['DATA'], NONE, new Set(['data']))['DATA']).toMatch(/^DATA_[\da-f]{8}$/);
  });

  test('a variant stands beside its column, with a hash where the name is too long or a property’s', () => {
    expect(variantName('a', 'STRING', new Set(['a']))).toBe('a__string');
    expect(variantName('a', 'STRING', new Set(['a', 'a__string']))).toMatch(/^a__string_[\da-f]{8}$/);
    expect(variantName('x'.repeat(300), 'STRING', NONE)).toMatch(/^x{291}_[\da-f]{8}$/);
  });

  test('whatever the properties: legal, different, and the same in any order', () => {
    const property = fc.oneof(fc.string(), fc.constantFrom('a', 'A', 'a_', 'a.', 'ä', '', '_TABLE_x', 'x'.repeat(400)));
    fc.assert(
      fc.property(fc.array(property, { maxLength: 12 }), (properties) => {
        const names = named(properties);
        for (const name of Object.values(names)) expect(name).toMatch(/^(?!_TABLE_|_FILE_|_PARTITION)[A-Za-z_]\w{0,299}$/);
        expect(new Set(Object.values(names).map((name) => name.toLowerCase())).size).toBe(new Set(properties).size);
        expect(named(properties.toReversed())).toEqual(names);
      }),
    );
  });
});

describe('names of tables', () => {
  test('are those of z3z1ma’s target where that has one', () => {
    expect(tableName('Public-Users.v1')).toBe('public_users_v1');
    expect(tableName('a b/c')).toBe('a_b_c');
    expect(otherTableName('a-b')).toMatch(/^a_b_[\da-f]{8}$/);
    expect(otherTableName('a-b')).not.toBe(otherTableName('a.b'));
  });
});
