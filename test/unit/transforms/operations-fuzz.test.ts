import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isJsonObject, type Json, type JsonObject, stripExact } from '../../../singer/index.ts';
import { createValidator } from '../../../singer/target/validate.ts';
import { operations } from '../../../transforms/operations/index.ts';
import { recordOf, schemaOf, transform } from './run.ts';

const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 30 }),
  fc.string({ maxLength: 30 }),
  fc.constantFrom(
    '',
    ' ',
    '0',
    '-1.50',
    '1e400',
    'NaN',
    'true',
    '2026-02-30',
    'a@b.example',
    '+44 1632 960972',
    'https://example.org',
    'GB',
    '\u0000',
    '\uD800',
    '__proto__',
  ),
);
const anything: fc.Arbitrary<Json> = fc.oneof(
  text,
  fc.integer(),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.boolean(),
  fc.jsonValue() as fc.Arbitrary<Json>,
);

const SCHEMAS: readonly (readonly [string, JsonObject, fc.Arbitrary<Json>])[] = [
  ['texts', { type: 'string' }, text],
  ['texts and null', { type: ['string', 'null'] }, fc.option(text)],
  ['integers', { type: ['integer', 'null'] }, fc.option(fc.integer())],
  ['any value', {}, anything],
];

/** Each operation as its examples use it, on values of each kind: what comes out is valid by the SCHEMA that came out. */
describe.each(await operations.all())('$name', ({ examples, name }) => {
  const steps = [...new Map(examples.map(({ step }) => [JSON.stringify(step), step])).values()];

  test.each(SCHEMAS)('of %s never fails otherwise than it may, and its SCHEMA is true', async (_, schema, values) => {
    for (const step of steps) {
      const sample = fc.sample(values, { numRuns: 60, seed: 7 });
      const given = isJsonObject(step) ? step : { [name]: {} };
      const config = {
        keys: { example: { ephemeral: true } },
        transforms: { s: { fields: { value: { ...given, on_error: 'drop_record' } } } },
      };
      let result;
      try {
        result = await transform(config, [schemaOf('s', { value: schema }), ...sample.map((value) => recordOf('s', { value }))]);
      } catch (error) {
        // Some do not take fields of every type, and say so before the first record.
        expect((error as { code?: string }).code).toBe('transform-rules');
        continue;
      }
      const validate = createValidator()((result.schema('s')?.['schema'] ?? {}) as JsonObject);
      for (const record of result.records('s'))
        expect(validate(stripExact(record)), JSON.stringify({ step, record })).toBeUndefined();
    }
  });
});
