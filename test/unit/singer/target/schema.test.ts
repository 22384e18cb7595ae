import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { LogicalType } from '../../../../singer/columns.ts';
import { parseExact } from '../../../../singer/json-text.ts';
import { joinTypes } from '../../../../singer/target/lattice.ts';
import { rulesOf } from '../../../../singer/scan/record-rules.ts';
import { columnOf, columnsOf, resolveSchema } from '../../../../singer/target/schema.ts';
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
    ['anyOf with null', { anyOf: [{ type: 'string', format: 'date-time' }, { type: 'null' }] }, 'datetime', true, true],
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
    ['nullable of OpenAPI', { type: 'string', nullable: true }, 'string', true, true],
    ['only null', { type: 'null' }, 'null', true, false],
    ['an object with properties', { type: 'object', properties: { a: { type: 'string' } } }, 'object', false, false],
    ['an object', { type: 'object' }, 'object', false, true],
    ['a time', { type: 'string', format: 'time' }, 'time', false, true],
    ['a duration', { type: 'string', format: 'duration' }, 'duration', false, true],
    ['a uuid', { type: ['string', 'null'], format: 'uuid' }, 'uuid', true, true],
    ['binary text in base16', { type: 'string', contentEncoding: 'base16' }, 'binary', false, false],
    ['binary text in an unknown encoding', { type: 'string', contentEncoding: 'quoted-printable' }, 'string', false, false],
    ['JSON in text', { type: 'string', contentMediaType: 'application/json' }, 'json', false, false],
    ['a decimal with a size', { type: 'string', format: 'x-singer.decimal', precision: 9, scale: 2 }, 'decimal', false, false],
    ['an integer with bounds', { type: 'integer', minimum: 0, maximum: 255 }, 'integer', false, false],
    ['a number with a step', { type: 'number', multipleOf: 0.01 }, 'number', false, false],
    ['an open object', { type: 'object', additionalProperties: { type: 'string' } }, 'object', false, false],
    ['an object of patterns', { type: 'object', patternProperties: { '^x': {} } }, 'object', false, false],
    ['properties without a type', { properties: { a: { type: 'string' } } }, 'json', true, false],
    ['an array of texts', { type: 'array', items: { type: 'string' } }, 'array', false, false],
    ['an array and an object', { type: ['array', 'object', 'null'] }, 'json', true, false],
    ['boolean and integer', { type: ['boolean', 'integer'] }, 'string', false, false],
    [
      'date and date-time',
      {
        anyOf: [
          { type: 'string', format: 'date' },
          { type: 'string', format: 'date-time' },
        ],
      },
      'datetime',
      false,
      false,
    ],
    ['uuid and text', { anyOf: [{ type: 'string', format: 'uuid' }, { type: 'string' }] }, 'string', false, false],
    [
      'uuid and date',
      {
        anyOf: [
          { type: 'string', format: 'uuid' },
          { type: 'string', format: 'date' },
        ],
      },
      'string',
      false,
      false,
    ],
    ['decimal and number', { anyOf: [{ type: 'string', format: 'singer.decimal' }, { type: 'number' }] }, 'number', false, false],
    ['values of several types', { enum: [1, 2.5, null] }, 'number', true, false],
    ['values that a JavaScript number would change', parseExact('{"enum":[1.50,12345678901234567890]}'), 'number', false, false],
    ['a large whole number', parseExact('{"const":12345678901234567890}'), 'integer', false, false],
    ['values that are objects', { enum: [{ a: 1 }, 'x'] }, 'json', false, false],
    ['alternatives of which one is impossible', { anyOf: [{ type: 'integer' }, false] }, 'integer', false, false],
    ['alternatives with anything among them', { anyOf: [{ type: 'integer' }, true] }, 'json', true, false],
    [
      'combinations in combinations',
      { anyOf: [{ allOf: [{ type: 'string' }, { format: 'date' }] }, { oneOf: [{ const: null }] }] },
      'date',
      true,
      false,
    ],
    [
      'allOf with null in one part only',
      { allOf: [{ type: ['null', 'string'] }, { type: 'string', minLength: 1 }] },
      'string',
      false,
      false,
    ],
    ['an unknown type', { type: 'whole' }, 'json', true, false],
    ['nothing', false, 'json', true, false],
  ])('%s', (_, schema, type, nullable, plain) => {
    expect(columnOf('c', schema)).toMatchObject({ type, nullable, plain });
  });

  test('the type that the source gives is passed on, also from a branch', () => {
    const vector = { type: 'string', 'x-sql-datatype': 'vector(3)' };
    const types = [
      vector,
      { anyOf: [vector, { type: 'null' }] },
      { anyOf: [vector, { ...vector, 'x-sql-datatype': 'inet' }] },
      {},
    ];
    expect(types.map((schema) => columnOf('c', schema).sqlType)).toEqual(['vector(3)', 'vector(3)', undefined, undefined]);
  });

  test('decimals keep their size only if all have the same', () => {
    const sized = (precision: number): object => ({ type: 'string', format: 'x-singer.decimal', precision, scale: 2 });
    expect(columnOf('c', { anyOf: [sized(9), { type: 'null' }] })).toMatchObject({ type: 'decimal', precision: 9, scale: 2 });
    expect(columnOf('c', { anyOf: [sized(9), sized(10)] })).not.toHaveProperty('precision');
  });

  test.each<[LogicalType, LogicalType, LogicalType]>([
    ['boolean', 'integer', 'string'],
    ['integer', 'decimal', 'decimal'],
    ['integer', 'number', 'number'],
    ['decimal', 'number', 'number'],
    ['number', 'string', 'string'],
    ['date', 'datetime', 'datetime'],
    ['datetime', 'string', 'string'],
    ['date', 'time', 'string'],
    ['uuid', 'string', 'string'],
    ['time', 'string', 'string'],
    ['object', 'array', 'json'],
    ['object', 'string', 'json'],
    ['null', 'date', 'date'],
  ])('%s and %s are held by %s', (a, b, both) => {
    expect([joinTypes(a, b), joinTypes(b, a)]).toEqual([both, both]);
  });

  test('references inside the document are resolved, a cycle ends in any value', () => {
    const schema = resolveSchema({
      properties: { a: { $ref: '#/definitions/id' }, tree: { $ref: '#/definitions/node' }, gone: { $ref: '#/definitions/x' } },
      definitions: { id: { type: 'integer' }, node: { type: 'object', properties: { next: { $ref: '#/definitions/node' } } } },
    })!;
    expect(columnsOf(schema).map((column) => column.type)).toEqual(['integer', 'object', 'json']);
    expect(JSON.stringify(schema)).not.toContain('$ref');
  });

  test.each<[string, object, string[], string[] | undefined]>([
    [
      'a reference',
      { $ref: '#/definitions/row', definitions: { row: { properties: { a: { type: 'integer' } } } } },
      ['a integer'],
      undefined,
    ],
    [
      'allOf',
      {
        type: 'object',
        properties: { a: {} },
        required: ['a'],
        allOf: [{ properties: { b: { type: 'string' } }, required: ['b'] }],
      },
      ['a json', 'b string'],
      ['a', 'b'],
    ],
    [
      'oneOf',
      { oneOf: [{ properties: { a: { type: 'integer' } } }, { properties: { a: { type: 'number' }, b: {} } }] },
      ['a number', 'b json'],
      undefined,
    ],
    ['nothing else', { type: 'object', properties: {} }, [], undefined],
  ])('properties of a stream may be named by %s', (_, given, columns, required) => {
    const schema = resolveSchema(given as never)!;
    expect(columnsOf(schema).map(({ name, type }) => `${name} ${type}`)).toEqual(columns);
    expect(schema['required']).toEqual(required);
  });

  test('what is merged into the properties of a stream asks for no slower reading', () => {
    const schema = resolveSchema({
      allOf: [{ type: 'object', properties: { a: { anyOf: [{ type: 'string' }, { type: 'null' }] } } }],
    })!;
    expect(rulesOf({ stream: 's', schema, columns: columnsOf(schema), keys: [], notesChanges: false }, true)).toHaveLength(1);
  });

  test.each([{}, { type: 'object' }, { type: 'object', additionalProperties: true }, { properties: 5 }])(
    '%j names no properties',
    (schema) => {
      expect(resolveSchema(schema)).toBeUndefined();
    },
  );

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

  test.each<[string, object, unknown, string]>([
    ['of a map', { additionalProperties: { type: 'integer' } }, { 'ann@example.com': 'x' }, '/a/*'],
    [
      'of a map of objects',
      { additionalProperties: { properties: { b: { type: 'integer' } } } },
      { 12345: { b: 'x' } },
      '/a/*/b',
    ],
    ['by a pattern', { patternProperties: { '^x': { type: 'integer' } } }, { 'x/ann~1': 'x' }, '/a/*'],
    ['that the schema gives', { properties: { 'b/~c': { type: 'integer' } } }, { 'b/~c': 'x' }, '/a/b~1~0c'],
    ['of an array', { items: { properties: { b: { type: 'integer' } } } }, [{}, { b: 'x' }], '/a/1/b'],
    ['that is missing', { properties: { b: { required: ['c'] } } }, { b: {} }, '/a/b/c'],
  ])('a violation shows only names of the schema: a name %s', (_, a, value, path) => {
    const validate = createValidator()({ properties: { a } });
    expect(validate({ a: value })?.path).toBe(path);
  });
});
