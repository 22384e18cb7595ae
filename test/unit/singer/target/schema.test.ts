import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { LogicalType } from '../../../../singer/columns.ts';
import { columnOf, columnsOf, joinTypes, resolveReferences } from '../../../../singer/target/schema.ts';
import { createValidator } from '../../../../singer/target/validate.ts';

const types: LogicalType[] = [
  'boolean',
  'integer',
  'number',
  'decimal',
  'date',
  'datetime',
  'time',
  'duration',
  'uuid',
  'binary',
  'string',
  'object',
  'array',
  'json',
  'null',
];

describe('columns of a schema', () => {
  test.each<[string, unknown, LogicalType, boolean, boolean]>([
    ['a plain type', { type: 'string' }, 'string', false, true],
    ['a nullable type', { type: ['null', 'integer'] }, 'integer', true, true],
    ['a constraint', { type: 'string', maxLength: 3 }, 'string', false, false],
    ['annotations only', { type: 'number', title: 'x', 'x-sql-datatype': 'numeric' }, 'number', false, true],
    ['a date-time', { type: ['string', 'null'], format: 'date-time' }, 'datetime', true, true],
    ['a restricting format', { type: 'string', format: 'email' }, 'string', false, true],
    ['a decimal', { type: ['null', 'string'], format: 'singer.decimal' }, 'decimal', true, true],
    ['binary text', { type: 'string', contentEncoding: 'base64' }, 'binary', false, false],
    ['two scalar types', { type: ['integer', 'string'] }, 'string', false, false],
    ['integer and number', { type: ['integer', 'number'] }, 'number', false, false],
    ['a scalar and a structure', { type: ['string', 'object'] }, 'json', false, false],
    ['anyOf with null', { anyOf: [{ type: 'string', format: 'date-time' }, { type: 'null' }] }, 'datetime', true, false],
    [
      'anyOf that widens',
      { anyOf: [{ type: 'string', format: 'date-time' }, { type: ['string', 'null'] }] },
      'string',
      true,
      false,
    ],
    ['oneOf', { oneOf: [{ type: 'integer' }, { type: 'boolean' }] }, 'string', false, false],
    ['allOf', { allOf: [{ type: ['null', 'string'] }, { maxLength: 5 }] }, 'string', true, false],
    ['a type beside anyOf', { type: ['null', 'string'], anyOf: [{ minLength: 1 }, { maxLength: 5 }] }, 'string', true, false],
    ['an enum without type', { enum: ['a', 'b', null] }, 'string', true, false],
    ['a const without type', { const: 5 }, 'integer', false, false],
    ['no type at all', {}, 'json', true, false],
    ['true', true, 'json', true, false],
    ['nullable of OpenAPI', { type: 'string', nullable: true }, 'string', true, false],
    ['only null', { type: 'null' }, 'null', true, false],
    ['an object with properties', { type: 'object', properties: { a: { type: 'string' } } }, 'object', false, false],
    ['an object', { type: 'object' }, 'object', false, true],
  ])('%s', (_, schema, type, nullable, plain) => {
    expect(columnOf('c', schema)).toMatchObject({ type, nullable, plain });
  });

  test('references inside the document are resolved, a cycle ends in any value', () => {
    const schema = resolveReferences({
      properties: { a: { $ref: '#/definitions/id' }, tree: { $ref: '#/definitions/node' }, gone: { $ref: '#/definitions/x' } },
      definitions: { id: { type: 'integer' }, node: { type: 'object', properties: { next: { $ref: '#/definitions/node' } } } },
    });
    expect(columnsOf(schema).map((column) => column.type)).toEqual(['integer', 'object', 'json']);
    expect(JSON.stringify(schema)).not.toContain('$ref');
  });

  test('widening is commutative, and the wider type keeps what is joined to it', () => {
    const type = fc.constantFrom(...types);
    fc.assert(
      fc.property(type, type, (a, b) => {
        const joined = joinTypes(a, b);
        expect(joinTypes(b, a)).toBe(joined);
        expect(joinTypes(joined, a)).toBe(joined);
        expect(joinTypes(joined, b)).toBe(joined);
      }),
    );
  });
});

describe('validation', () => {
  test.each<[string, Record<string, unknown>, unknown, string | undefined]>([
    ['a wrong type', { properties: { a: { type: 'integer' } } }, { a: 'x' }, 'type'],
    ['a missing required member', { required: ['a'], properties: { a: {} } }, {}, 'required'],
    [
      'draft 4 bounds',
      { properties: { a: { type: 'number', minimum: 0, exclusiveMinimum: true } } },
      { a: 0 },
      'exclusiveMinimum',
    ],
    ['draft 4 identifiers', { $schema: 'http://json-schema.org/draft-04/schema#', id: 'x', properties: {} }, {}, undefined],
    ['multipleOf is not checked by floating point', { properties: { a: { multipleOf: 0.01 } } }, { a: 0.07 }, undefined],
    ['unnamed fields pass', { additionalProperties: false, properties: {} }, { a: 1 }, undefined],
    ['a pattern of another language passes', { properties: { a: { pattern: '(?P<x>a)' } } }, { a: 'b' }, undefined],
    [
      'a date-time without a zone',
      { properties: { a: { type: 'string', format: 'date-time' } } },
      { a: '2026-01-01 10:00:00.123456' },
      undefined,
    ],
    ['a date-time that is none', { properties: { a: { type: 'string', format: 'date-time' } } }, { a: 'yesterday' }, 'format'],
    ['formats that decide no type', { properties: { a: { type: 'string', format: 'email' } } }, { a: 'none' }, undefined],
  ])('%s', async (_, schema, record, rule) => {
    const compile = createValidator();
    expect(compile({ type: 'object', ...schema })(record)?.rule).toBe(rule);
  });

  test('a violation never shows the value', async () => {
    const compile = createValidator();
    const violation = compile({ properties: { a: { type: 'string', enum: ['x'], maxLength: 1 } } })({ a: 'secret' });
    expect(JSON.stringify(violation)).not.toContain('secret');
    expect(violation?.path).toBe('/a');
  });
});
