import { describe, expect, test } from 'vitest';
import { draftSeven } from '../../../../singer/target/draft-seven.ts';
import { createValidator } from '../../../../singer/target/validate.ts';

describe('a schema of another draft', () => {
  test.each<[string, object, unknown, unknown]>([
    ['a bound of draft 4', { minimum: 1, exclusiveMinimum: true }, 2, 1],
    ['a bound of draft 4 that is switched off', { maximum: 1, exclusiveMaximum: false }, 1, 2],
    ['a bound of draft 6', { exclusiveMinimum: 1 }, 2, 1],
    ['nullable of OpenAPI', { type: 'integer', nullable: true }, null, 'x'],
    ['nullable of OpenAPI beside listed values', { type: 'string', enum: ['a'], nullable: true }, null, 'b'],
    ['nullable of OpenAPI without a type', { nullable: true, allOf: [{ type: 'integer' }] }, null, 'x'],
    ['nullable that says nothing', { type: ['integer', 'null'], nullable: false }, null, 'x'],
    ['a tuple of 2020-12', { type: 'array', prefixItems: [{ type: 'string' }], items: { type: 'integer' } }, ['x', 1], ['x', 'y']],
    ['a tuple of draft 7', { type: 'array', items: [{ type: 'string' }], additionalItems: false }, ['x'], ['x', 'y']],
    ['a tuple of draft 4 that is open', { type: 'array', items: [{ type: 'string' }] }, ['x', 1], [1]],
    ['dependentRequired', { dependentRequired: { a: ['b'] } }, { a: 1, b: 1 }, { a: 1 }],
    ['dependentSchemas', { dependentSchemas: { a: { required: ['b'] } } }, { a: 1, b: 1 }, { a: 1 }],
    ['dependencies', { dependencies: { a: ['b'] } }, { b: 1 }, { a: 1 }],
    ['a boolean schema', { properties: { x: false } }, { y: 1 }, { x: 1 }],
    ['properties named like keywords', { properties: { id: { type: 'integer' }, nullable: { type: 'string' } } }, { id: 1, nullable: 'x' }, { id: 'x' }],
    ['oneOf whose branches overlap', { oneOf: [{ type: 'integer' }, { type: 'number' }] }, 5, 'x'],
    ['oneOf of a date and a time', { oneOf: [{ type: 'string', format: 'date' }, { type: 'string', format: 'date-time' }] }, '2026-01-02', 'x'],
    ['oneOf of what may be null', { oneOf: [{ type: 'string', nullable: true }, { type: 'integer', nullable: true }] }, null, true],
    ['oneOf beside anyOf and allOf', { oneOf: [{ type: 'integer' }], anyOf: [{ minimum: 3 }], allOf: [{ maximum: 9 }] }, 5, 5.5],
    ['anyOf beside oneOf', { oneOf: [{ type: 'integer' }], anyOf: [{ minimum: 3 }] }, 5, 2],
    ['data that looks like a schema', { enum: [{ id: 1, nullable: true }] }, { id: 1, nullable: true }, {}],
    ['patterns for names', { patternProperties: { '^x': { type: 'integer' }, '(?P<n>': { type: 'integer' } } }, { x: 1, y: 'a' }, { x: 'a' }],
    ['a pattern of another language', { type: 'string', pattern: '\\A\\d+\\Z' }, '12', 5],
    ['a pattern of letters behind a backslash', { type: 'string', pattern: '^\\\\A$' }, '\\A', '12'],
  ])('%s', (_, schema, good, bad) => {
    const validate = createValidator()({ type: 'object', properties: { a: schema } });
    expect([validate({ a: good }), validate({ a: bad })]).toEqual([undefined, expect.anything()]);
  }); // prettier-ignore

  test('names and remarks of other tools are left out, what they stand beside is kept', () => {
    expect(draftSeven({ $schema: 'x', id: 'y', required: true, multipleOf: 0.01, type: 'number', title: 't' })).toEqual({
      type: 'number',
      title: 't',
    });
  });
});
