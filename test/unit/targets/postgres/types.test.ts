import { describe, expect, it } from 'vitest';
import { columnOf } from '../../../../singer/target/schema.ts';
import { fitOf, type Into } from '../../../../targets/postgres/types/fits.ts';
import { columnType, DEFAULT_TYPES, isTypeText, type TypeOptions } from '../../../../targets/postgres/types/types.ts';

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

  it('go by the settings where the schema says more', () => {
    const of = (schema: object, options: Partial<TypeOptions>): string | undefined =>
      columnType(columnOf('c', schema), { ...DEFAULT_TYPES, ...options })?.sql;
    expect(of({ type: 'number' }, { numberType: 'double' })).toBe('double precision');
    expect(of({ type: 'integer', minimum: 0, maximum: 9 }, { integerWidth: 'auto' })).toBe('smallint');
    expect(of({ type: 'integer', minimum: -40_000, exclusiveMaximum: 2 ** 31 }, { integerWidth: 'auto' })).toBe('bigint');
    expect(of({ type: 'integer', minimum: -40_000, maximum: 40_000 }, { integerWidth: 'auto' })).toBe('integer');
    expect(of({ type: 'integer', minimum: 0 }, { integerWidth: 'auto' })).toBe('bigint');
    expect(of({ type: 'string', maxLength: 20 }, { stringType: 'varchar' })).toBe('character varying(20)');
    expect(of({ type: 'string', maxLength: 1e9 }, { stringType: 'varchar' })).toBe('text');
    expect(of({ type: 'array', items: { type: ['integer', 'null'] } }, { arrays: 'native' })).toBe('bigint[]');
    expect(of({ type: 'array', items: { type: 'object' } }, { arrays: 'native' })).toBe('jsonb');
    expect(of({ type: 'array' }, { arrays: 'native' })).toBe('jsonb');
    expect(of({ type: 'string' }, { columnTypes: { c: 'inet' } })).toBe('inet');
    expect(of({ type: 'string', contentEncoding: 'base64' }, { binaryAs: 'text' })).toBe('text');
  });

  it('are asked for by the schema only from the list of known ones', () => {
    expect(type({ type: 'array', 'x-sql-datatype': 'vector(3)' })).toBe('vector(3)');
    expect(type({ type: 'string', 'x-sql-datatype': 'CITEXT' })).toBe('citext');
    expect(type({ type: 'string', 'x-sql-datatype': 'double precision' })).toBe('double precision');
    expect(type({ type: 'string', 'x-sql-datatype': 'text); DROP TABLE t; --' })).toBe('text');
    expect(type({ type: 'string', 'x-sql-datatype': 'somebodys_type' })).toBe('text');
    expect(type({ type: 'string', 'x-sql-datatype': 5 })).toBe('text');
  });

  it.each([
    ['inet', true],
    ['public.mood', true],
    ['"My Schema"."Mood"', true],
    ['character varying(30)', true],
    ['numeric(10, 2)[]', true],
    ['text; DROP TABLE t', false],
    ['text DEFAULT 1', false],
    ['"a"b"', false],
    ['', false],
  ])('text %j may stand in DDL: %j', (text, may) => expect(isTypeText(text)).toBe(may));
});

describe('values of one type', () => {
  const into = (base: string, modifier = -1, plain = base): Into => ({ base, modifier, plain });
  const bigint = { type: 'bigint', sql: 'bigint' } as const;
  const numeric = { type: 'numeric', sql: 'numeric' } as const;
  const money = { type: 'numeric', sql: 'numeric(12,2)' } as const;
  const text = { type: 'text', sql: 'text' } as const;
  const at = { table: '"s"."t"', column: 'c' };

  it('go into columns of another only where no value is changed in silence', () => {
    expect(fitOf(bigint, into('int4'))).toEqual({ direct: true });
    expect(fitOf(bigint, into('float8'))).toEqual({ direct: true, loses: true });
    expect(fitOf(bigint, into('numeric'))).toEqual({ direct: true });
    expect(fitOf(bigint, into('text'))).toEqual({ direct: true });
    expect(fitOf(bigint, into('bool'))).toBeUndefined();
    expect(fitOf(numeric, into('numeric'))).toEqual({ direct: true });
    expect(fitOf(numeric, into('numeric', ((12 << 16) | 2) + 4))?.loses).toBe(true);
    expect(fitOf(money, into('numeric', ((12 << 16) | 2) + 4))).toEqual({ direct: true });
    expect(fitOf(money, into('numeric'))).toEqual({ direct: true });
    expect(fitOf(numeric, into('int8'))).toBeUndefined();
    expect(fitOf({ type: 'timestamptz', sql: 'timestamptz' }, into('timestamp'))).toEqual({ direct: false });
    expect(fitOf({ type: 'timestamptz', sql: 'timestamptz' }, into('date'))).toBeUndefined();
    expect(fitOf(text, into('int8'))).toBeUndefined();
    expect(fitOf({ type: 'jsonb', sql: 'jsonb' }, into('int8'))).toBeUndefined();
    expect(fitOf(text, into('constructor'))?.direct).toBe(true);
  });

  it.each([
    ['timestamptz', 'timestamptz'],
    ['timestamptz', 'timestamp'],
    ['time', 'time'],
    ['time', 'timetz'],
    ['text', 'interval'],
  ] as const)('%s loses digits of a second in %s(0), none in one of full size', (type, base) => {
    expect(fitOf({ type, sql: type }, into(base, 0))?.loses).toBe(true);
    expect(fitOf({ type, sql: type }, into(base))?.loses).toBeUndefined();
  });

  it('a date has no digits of a second to lose', () => {
    expect(fitOf({ type: 'date', sql: 'date' }, into('timestamp', 0))?.loses).toBeUndefined();
  });

  it('go into types that only the database knows by their text, or by their JSON', () => {
    expect(fitOf(text, into('mood', -1, 'public.mood'))?.using?.('x', at)).toBe('x::text::public.mood');
    expect(fitOf({ type: 'jsonb', sql: 'jsonb' }, into('_int8', -1, 'bigint[]'))?.using?.('x', at)).toBe(
      '(jsonb_populate_record(NULL::"s"."t", jsonb_build_object(\'c\', x)))."c"',
    );
    expect(fitOf(bigint, into('mood'))).toBeUndefined();
    expect(fitOf({ ...bigint, asked: true }, into('mood', -1, 'mood'))?.direct).toBe(true);
  });
});
