import { describe, expect, test } from 'vitest';
import { isNull, membersOf, orNull, simplify } from '../../../../singer/target/simple-schema.ts';

const DATE = { type: 'string', format: 'date' };

describe('a simplified schema', () => {
  test.each<[string, object, object]>([
    ['nullable of OpenAPI', { type: 'string', nullable: true }, { type: ['string', 'null'] }],
    ['nullable that says nothing', { type: 'string', nullable: false }, { type: 'string' }],
    ['nullable beside values', { enum: ['a'], nullable: true }, { enum: ['a'], nullable: true }],
    ['nullable around allOf', { nullable: true, allOf: [DATE] }, { type: ['string', 'null'], format: 'date' }],
    [
      'anyOf with null',
      { title: 't', anyOf: [DATE, { type: 'null' }] },
      { type: ['string', 'null'], format: 'date', title: 't' },
    ],
    ['oneOf with null', { oneOf: [{ const: null }, DATE] }, { type: ['string', 'null'], format: 'date' }],
    [
      'oneOf where null would match twice',
      { oneOf: [{ type: ['null', 'string'] }, { type: 'null' }] },
      { oneOf: [{ type: ['null', 'string'] }, { type: 'null' }] },
    ],
    [
      'anyOf with null beside more',
      { minLength: 1, anyOf: [DATE, { type: 'null' }] },
      { minLength: 1, anyOf: [DATE, { type: 'null' }] },
    ],
    [
      'anyOf with null and listed values',
      { anyOf: [{ enum: ['a'] }, { type: 'null' }] },
      { anyOf: [{ enum: ['a'] }, { type: 'null' }] },
    ],
    ['a single alternative', { anyOf: [{ type: 'string' }], format: 'date' }, DATE],
    ['two alternatives', { anyOf: [DATE, { type: 'integer' }] }, { anyOf: [DATE, { type: 'integer' }] }],
    ['allOf that adds', { type: 'string', allOf: [{ maxLength: 5 }, true] }, { type: 'string', maxLength: 5 }],
    ['allOf that repeats', { allOf: [{ maxLength: 5 }, { maxLength: 5 }] }, { maxLength: 5 }],
    ['allOf that contradicts', { maxLength: 4, allOf: [{ maxLength: 5 }] }, { maxLength: 4, allOf: [{ maxLength: 5 }] }],
    ['allOf with a common type', { type: ['number', 'null'], allOf: [{ type: ['integer', 'string'] }] }, { type: ['integer'] }],
    [
      'allOf without a common type',
      { type: 'string', allOf: [{ type: 'object' }] },
      { type: 'string', allOf: [{ type: 'object' }] },
    ],
    [
      'allOf of objects',
      { properties: { a: DATE }, required: ['a'], allOf: [{ properties: { a: { maxLength: 1 }, b: {} }, required: ['b'] }] },
      { properties: { a: { allOf: [DATE, { maxLength: 1 }] }, b: {} }, required: ['a', 'b'] },
    ],
    [
      'allOf whose branch says what else may be there',
      { properties: { a: {} }, allOf: [{ additionalProperties: false }] },
      { properties: { a: {} }, allOf: [{ additionalProperties: false }] },
    ],
  ])('%s', (_, schema, simple) => {
    expect(simplify(schema as never)).toEqual(simple);
  });
});

test('null is added to what a type list can say, else beside it', () => {
  expect(orNull({ type: 'string', maxLength: 5 })).toEqual({ type: ['string', 'null'], maxLength: 5 });
  expect(orNull({ type: ['null', 'string'] })).toEqual({ type: ['null', 'string'] });
  expect(orNull({ type: 'string', enum: ['a'] })).toEqual({ anyOf: [{ type: 'string', enum: ['a'] }, { type: 'null' }] });
  expect(orNull({})).toEqual({ anyOf: [{}, { type: 'null' }] });
  expect([orNull(true), orNull(false)]).toEqual([true, { type: 'null' }]);
});

test.each([
  [{ type: 'null' }, true],
  [{ type: ['null'] }, true],
  [{ const: null }, true],
  [{ enum: [null] }, true],
  [{ type: ['null', 'string'] }, false],
  [{}, false],
  [false, false],
])('%j is null alone: %s', (schema, expected) => {
  expect(isNull(schema)).toBe(expected);
});

describe('the members of an object schema', () => {
  const entries = (schema: object): unknown => {
    const { properties, required } = membersOf(schema as never);
    return [Object.fromEntries(properties), [...required]];
  };

  test.each<[string, object, object, string[]]>([
    ['its own', { properties: { a: DATE }, required: ['a'] }, { a: DATE }, ['a']],
    ['those of allOf', { properties: { a: {} }, allOf: [{ properties: { b: {} }, required: ['b'] }] }, { a: {}, b: {} }, ['b']],
    [
      'those of oneOf: required if every alternative asks for it',
      { oneOf: [{ properties: { a: {}, b: {} }, required: ['a', 'b'] }, { properties: { a: {} }, required: ['a'] }, { type: 'null' }] },
      { a: {}, b: {} },
      ['a'],
    ],
    [
      'one that alternatives know in different ways',
      { anyOf: [{ properties: { a: DATE } }, { properties: { a: { type: 'integer' } } }] },
      { a: { anyOf: [DATE, { type: 'integer' }] } },
      [],
    ],
    ['those of then and else', { if: {}, then: { properties: { a: {} }, required: ['a'] }, else: { properties: { b: {} } } }, { a: {}, b: {} }, []],
    ['those of then alone', { if: {}, then: { properties: { a: {} }, required: ['a'] } }, { a: {} }, []],
    ['none', { type: 'object' }, {}, []],
  ])('%s', (_, schema, properties, required) => {
    expect(entries(schema)).toEqual([properties, required]);
  }); // prettier-ignore
});
