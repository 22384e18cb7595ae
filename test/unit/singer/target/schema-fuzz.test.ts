import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Column, LogicalType } from '../../../../singer/columns.ts';
import { InputError } from '../../../../singer/errors.ts';
import type { Json, JsonSchema, Row } from '../../../../singer/json.ts';
import { createRecordScanner } from '../../../../singer/scan/record-scanner.ts';
import { flattenHeader } from '../../../../singer/target/flatten.ts';
import { columnsOf, resolveSchema } from '../../../../singer/target/schema.ts';
import { createValidator, type Validate } from '../../../../singer/target/validate.ts';

/** Without `__proto__`, at which the validator never looks: a destination's own checks are all there is then. */
const NAMES = ['a', 'b', 'a__b', 'constructor', ''];
const name = fc.constantFrom(...NAMES);
const number = fc.constantFrom(-1, 0, 1, 2.5, 1e300);

/** Values that a property may have, of every type and format. */
const { value } = fc.letrec<{ value: Json }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', maxDepth: 3 },
    fc.constantFrom<Json>(null, true, false, 0, 1, -1, 2.5, 1e300, '', 'a', '2024-02-29', '2024-02-29T10:00:00Z', '10:00:00', '1.50', 'P1D'),
    fc.constant('123e4567-e89b-12d3-a456-426614174000'),
    fc.array(tie('value'), { maxLength: 2 }),
    fc.dictionary(name, tie('value'), { maxKeys: 3, noNullPrototype: true }),
  ),
})); // prettier-ignore

const TYPES = ['string', 'integer', 'number', 'boolean', 'object', 'array', 'null'];
const FORMATS = ['date', 'date-time', 'time', 'duration', 'uuid', 'singer.decimal', 'email'];
const REFERENCES = [
  '#',
  '#/definitions/a',
  '#/$defs/b',
  '#named',
  '#/definitions/gone',
  'http://elsewhere/x.json',
  '#/properties/a',
];

/** Every keyword that is looked at, rightly used most of the time. */
const keywords = (schema: fc.Arbitrary<unknown>): Readonly<Record<string, fc.Arbitrary<unknown>>> => {
  const named = fc.dictionary(name, schema, { maxKeys: 3, noNullPrototype: true });
  const branches = fc.array(schema, { minLength: 1, maxLength: 3 });
  return {
    type: fc.oneof(fc.constantFrom(...TYPES), fc.uniqueArray(fc.constantFrom(...TYPES), { minLength: 1, maxLength: 3 })),
    format: fc.constantFrom(...FORMATS),
    enum: fc.array(value, { minLength: 1, maxLength: 3 }),
    const: value,
    anyOf: branches,
    oneOf: branches,
    allOf: branches,
    not: schema,
    if: schema,
    then: schema,
    else: schema,
    properties: named,
    patternProperties: named,
    additionalProperties: schema,
    required: fc.oneof(fc.uniqueArray(name, { maxLength: 2 }), fc.boolean()),
    items: fc.oneof(schema, branches),
    prefixItems: branches,
    dependentRequired: fc.dictionary(name, fc.uniqueArray(name, { maxLength: 1 }), { maxKeys: 1, noNullPrototype: true }),
    nullable: fc.boolean(),
    minimum: number,
    exclusiveMinimum: fc.oneof(number, fc.boolean()),
    maximum: number,
    minLength: fc.nat({ max: 2 }),
    maxLength: fc.nat({ max: 3 }),
    multipleOf: fc.constantFrom(0.01, 2),
    contentEncoding: fc.constantFrom('base64', 'base16', '7bit'),
    'x-sql-datatype': fc.constantFrom('vector(3)', 5),
    $ref: fc.constantFrom(...REFERENCES),
    title: fc.constant('a title'),
  };
};

/** A schema of a few keywords. */
function someOf(all: Readonly<Record<string, fc.Arbitrary<unknown>>>, most: number): fc.Arbitrary<Record<string, unknown>> {
  return fc
    .uniqueArray(fc.constantFrom(...Object.keys(all)), { minLength: 1, maxLength: most })
    .chain((picked) => fc.record(Object.fromEntries(picked.map((keyword) => [keyword, all[keyword]!]))));
}

const { schema } = fc.letrec<{ schema: unknown }>((tie) => ({
  schema: fc.oneof(
    { depthSize: 'small', maxDepth: 4 },
    fc.boolean(),
    fc.record({ type: fc.constantFrom(...TYPES) }),
    fc.record({ type: fc.constant('string'), format: fc.constantFrom(...FORMATS) }),
    someOf(keywords(tie('schema')), 4),
  ),
}));

const stream = fc
  .record({
    properties: fc.dictionary(name, schema, { minKeys: 1, maxKeys: 4, noNullPrototype: true }),
    definitions: fc.record({ a: schema }),
    $defs: fc.record({ b: schema.map((one) => (typeof one === 'object' ? { ...one, $anchor: 'named' } : one)) }),
    more: someOf(keywords(schema), 2),
    hasMore: fc.boolean(),
  })
  .map(({ more, hasMore, ...root }): JsonSchema => ({ ...(hasMore ? more : {}), type: 'object', ...root }));

const record = fc.dictionary(name, value, { maxKeys: 5, noNullPrototype: true });

/** What a column of each type can hold, beside null. */
const HOLDS: Readonly<Record<LogicalType, (one: Json) => boolean>> = {
  null: () => false,
  string: (one) => typeof one !== 'object',
  boolean: (one) => typeof one === 'boolean',
  integer: Number.isInteger,
  number: isNumber,
  decimal: isNumber,
  date: (one) => typeof one === 'string' && /^\d{4}-/.test(one),
  datetime: (one) => typeof one === 'string' && /^\d{4}-/.test(one),
  time: (one) => typeof one === 'string' && /^\d\d:/.test(one),
  duration: (one) => typeof one === 'string',
  uuid: (one) => typeof one === 'string' && one.length === 36,
  binary: (one) => typeof one === 'string',
  object: (one) => typeof one === 'object' && !Array.isArray(one),
  array: Array.isArray,
  json: () => true,
};

function isNumber(one: Json): boolean {
  return typeof one === 'number' || (typeof one === 'string' && /^-?\d+(\.\d+)?$/.test(one));
}

function expectHeld(columns: readonly Column[], row: Row): void {
  for (const { name: column, type, nullable } of columns) {
    const one = Object.hasOwn(row, column) ? row[column] : undefined;
    if (one === undefined) continue;
    const held = one === null ? nullable : HOLDS[type](one);
    if (!held)
      expect.fail(`${JSON.stringify(column)} of type ${type}, ${nullable ? '' : 'not '}null, cannot hold ${JSON.stringify(one)}`);
  }
}

const compile = createValidator();

/** True if the record is valid, false if not or if the schema cannot be understood. */
function isValid(validate: Validate, row: Row): boolean {
  try {
    return validate(row) === undefined;
  } catch (error) {
    expect(error).toBeInstanceOf(InputError);
    expect(error).toMatchObject({ code: 'schema-invalid' });
    return false;
  }
}

describe('any schema', () => {
  let valid = 0;

  test('gives columns that hold every valid record, also when it is flattened', () => {
    fc.assert(
      fc.property(stream, fc.array(record, { minLength: 4, maxLength: 8 }), (given, records) => {
        const resolved = resolveSchema(given);
        if (resolved === undefined) return;
        const header = { stream: 's', schema: resolved, columns: columnsOf(resolved), keys: [], notesChanges: false };
        const flat = flattenHeader(header, { maxDepth: 3, separator: '__', maxNameBytes: 40 });
        expect(() => createRecordScanner(header, { validated: true })).not.toThrow();
        expect(() => createRecordScanner(flat?.header ?? header, { validated: true })).not.toThrow();
        const validate = compile(resolved);
        for (const row of records.filter((one) => isValid(validate, one))) {
          valid++;
          expectHeld(header.columns, row);
          if (flat !== undefined) expectHeld(flat.header.columns, flat.reshape(row));
        }
      }),
      { numRuns: 300 },
    );
    expect(valid).toBeGreaterThan(50);
  });

  test('is read without a crash when its keywords have values of any kind', () => {
    const junk = fc.dictionary(fc.constantFrom(...Object.keys(keywords(schema)), 'definitions'), fc.oneof(value, schema), {
      maxKeys: 5,
      noNullPrototype: true,
    });
    fc.assert(
      fc.property(junk, fc.dictionary(name, junk, { minKeys: 1, noNullPrototype: true }), record, (root, properties, row) => {
        const resolved = resolveSchema({ ...root, properties });
        if (resolved === undefined) return;
        const header = { stream: 's', schema: resolved, columns: columnsOf(resolved), keys: [], notesChanges: false };
        const scanner = createRecordScanner(header, { validated: true });
        const line = Buffer.from(`{"type":"RECORD","stream":"s","record":${JSON.stringify(row)}}\n`);
        const accepted = scanner?.scan(line, 0, line.length) ?? false;
        const ok = isValid(compile(resolved), row);
        if (accepted) expect(ok).toBe(true);
        flattenHeader(header, { maxDepth: 3, separator: '__', maxNameBytes: 40 });
      }),
      { numRuns: 300 },
    );
  });
});
