import { describe, expect, it } from 'vitest';
import { coercion } from '../../../../singer/tap/coerce.ts';
import { stringifyExact } from '../../../../singer/json-text.ts';
import { ExactNumber, type Json, type JsonSchema } from '../../../../singer/json.ts';

const text: JsonSchema = { type: ['null', 'string'] };

describe('coercion', () => {
  it.each<[string, JsonSchema, JsonSchema]>([
    ['the same schema', text, { type: ['null', 'string'] }],
    ['a wider schema', { type: 'integer' }, { type: ['null', 'number', 'string'] }],
    ['any type', text, { description: 'free' }],
    ['a longer limit', { type: 'string', maxLength: 3 }, { type: 'string' }],
  ])('is not needed for %s', (_, source, announced) => {
    expect(coercion(source, announced)).toBeUndefined();
  });

  it.each<[Json, JsonSchema, string | undefined]>([
    ['12', { type: 'integer' }, '12'],
    [' -007 ', { type: 'integer' }, '-7'],
    ['12.0', { type: 'integer' }, '12'],
    ['12.5', { type: 'integer' }, undefined],
    ['9007199254740993', { type: 'integer' }, '9007199254740993'],
    ['12.50', { type: 'number' }, '12.50'],
    ['+1e3', { type: 'number' }, '1e3'],
    ['1.', { type: 'number' }, undefined],
    ['NaN', { type: 'number' }, undefined],
    ['12', { type: ['integer', 'string'] }, '"12"'],
    ['', { type: ['null', 'integer'] }, 'null'],
    ['', { type: 'integer' }, undefined],
    ['', { type: ['null', 'string'], format: 'date' }, 'null'],
    ['2020-01-01', { type: ['null', 'string'], format: 'date' }, '"2020-01-01"'],
    ['YES', { type: 'boolean' }, 'true'],
    ['0', { type: 'boolean' }, 'false'],
    ['maybe', { type: 'boolean' }, undefined],
    ['{"a":1.10}', { type: 'object' }, '{"a":1.10}'],
    ['[1]', { type: 'object' }, undefined],
    ['[1]', { type: 'array' }, '[1]'],
    ['{', { type: 'object' }, undefined],
    [null, { type: 'integer' }, undefined],
    [null, { anyOf: [{ type: 'integer' }, { type: 'null' }] }, 'null'],
  ])('%j as %j is %s', (value, announced, sent) => {
    const result = coercion(text, announced)!(value);
    expect(result === undefined ? undefined : stringifyExact(result)).toBe(sent);
  });

  it.each<[Json, string]>([
    [12.5, '"12.5"'],
    [new ExactNumber('1.10'), '"1.10"'],
    [true, '"true"'],
    [{ a: [1] }, '"{\\"a\\":[1]}"'],
    ['as it is', '"as it is"'],
  ])('%j as text is %s', (value, sent) => {
    expect(stringifyExact(coercion({}, { type: 'string' })!(value)!)).toBe(sent);
  });

  it('takes no more than linear time for hostile digits', () => {
    const coerce = coercion(text, { type: ['integer', 'number'] })!;
    const started = performance.now();
    expect(coerce(`${'0'.repeat(1_000_000)}x`)).toBeUndefined();
    expect(performance.now() - started).toBeLessThan(1000);
  });
});
