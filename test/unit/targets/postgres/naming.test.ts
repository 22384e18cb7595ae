import { describe, expect, it } from 'vitest';
import { defaultSchema, nameRules, otherTable, placeOf } from '../../../../targets/postgres/tables/naming.ts';

const rules = nameRules({ column_casing: 'keep' });

describe('the place of a stream', () => {
  it.each([
    ['users', undefined, 'users'],
    ['sales-orders', 'sales', 'orders'],
    ['db-sales-orders', 'sales', 'orders'],
    ['a-b-c-d', undefined, 'd'],
    ['odd-', 'odd', 'odd-'],
    ['-odd', undefined, 'odd'],
  ])('%s is (%s, %s)', (stream, schema, table) => {
    expect(placeOf(stream, undefined, rules)).toEqual({ schema, table });
    expect(placeOf(stream, 'Fixed', rules)).toEqual({ schema: 'Fixed', table });
  });

  it('is spelled as column_casing says', () => {
    expect(placeOf('Sales-OrderLines', undefined, nameRules({ column_casing: 'snake' }))).toEqual({
      schema: 'sales',
      table: 'order_lines',
    });
  });

  it('has a stable other name where the plain one is taken', () => {
    const other = otherTable('b-users', placeOf('b-users', 'x', rules), rules);
    expect(other).toMatch(/^users_[0-9a-f]{8}$/);
    expect(otherTable('c-users', placeOf('c-users', 'x', rules), rules)).not.toBe(other);
    expect(Buffer.byteLength(otherTable('s', { schema: 'x', table: 'é'.repeat(40) }, rules))).toBeLessThanOrEqual(63);
  });

  it('has a schema from the setting before the environment', () => {
    expect(defaultSchema({ default_target_schema: 'own' }, { MELTANO_EXTRACT__LOAD_SCHEMA: 'env' })).toBe('own');
    expect(defaultSchema({ default_target_schema: undefined }, { MELTANO_EXTRACT__LOAD_SCHEMA: 'env' })).toBe('env');
    expect(defaultSchema({ default_target_schema: undefined }, { MELTANO_EXTRACT__LOAD_SCHEMA: '' })).toBeUndefined();
    expect(defaultSchema({ default_target_schema: '' }, { MELTANO_EXTRACT__LOAD_SCHEMA: 'env' })).toBe('env');
    expect(defaultSchema({ default_target_schema: '' }, {})).toBeUndefined();
  });
});
