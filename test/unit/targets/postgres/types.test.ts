import { describe, expect, it } from 'vitest';
import { columnOf } from '../../../../singer/target/schema.ts';
import { columnType, fitOf } from '../../../../targets/postgres/types.ts';

const type = (schema: object): string | undefined => columnType(columnOf('c', schema))?.sql;

describe('column types', () => {
  it('follow the documented table', () => {
    expect(type({ type: 'integer' })).toBe('bigint');
    expect(type({ type: 'integer', minimum: -(2 ** 63), maximum: 2 ** 63 })).toBe('bigint');
    expect(type({ type: 'integer', maximum: 1e19 })).toBe('numeric');
    expect(type({ type: 'integer', exclusiveMinimum: -1e30 })).toBe('numeric');
    expect(type({ type: 'string', format: 'singer.decimal' })).toBe('numeric');
    expect(type({ type: 'string', format: 'x-singer.decimal', 'x-singer.decimal': { precision: 10, scale: 3 } })).toBe(
      'numeric(10,3)',
    );
    expect(type({ type: 'string', format: 'singer.decimal', precision: 2000, scale: 3 })).toBe('numeric');
    expect(type({ type: ['null'] })).toBeUndefined();
    expect(type({ type: ['string', 'object'] })).toBe('jsonb');
  });

  it('go into existing columns only where no value is changed in silence', () => {
    const bigint = { type: 'bigint', sql: 'bigint' } as const;
    const numeric = { type: 'numeric', sql: 'numeric' } as const;
    const money = { type: 'numeric', sql: 'numeric(12,2)' } as const;
    const bytes = { type: 'bytea', sql: 'bytea' } as const;
    expect(fitOf(bigint, 'int4', -1)).toBe('direct');
    expect(fitOf(bigint, 'float8', -1)).toBeUndefined();
    expect(fitOf(bigint, 'text', -1)).toBe('cast');
    expect(fitOf(numeric, 'numeric', -1)).toBe('direct');
    expect(fitOf(numeric, 'numeric', ((12 << 16) | 2) + 4)).toBe('lossy');
    expect(fitOf(money, 'numeric', ((12 << 16) | 2) + 4)).toBe('direct');
    expect(fitOf(money, 'numeric', -1)).toBe('direct');
    expect(fitOf(numeric, 'float8', -1)).toBe('lossy');
    expect(fitOf({ type: 'timestamptz', sql: 'timestamptz' }, 'timestamp', -1)).toBe('cast');
    expect(fitOf({ type: 'text', sql: 'text' }, 'int8', -1)).toBeUndefined();
    expect(fitOf(bytes, 'text', -1)).toBeUndefined();
    expect(fitOf({ type: 'jsonb', sql: 'jsonb' }, 'constructor', -1)).toBeUndefined();
  });
});
