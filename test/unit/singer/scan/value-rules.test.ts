import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseExact, stripExact } from '../../../../singer/json-text.ts';
import type { Json } from '../../../../singer/json.ts';
import { keepsLimit } from '../../../../singer/scan/limits.ts';
import { checkedEnd } from '../../../../singer/scan/slot-checks.ts';
import { ruleOf } from '../../../../singer/scan/value-rules.ts';
import { createValidator } from '../../../../singer/target/validate.ts';

/** Whether the rule of a schema accepts a value's text; undefined if there is no rule. */
function accepts(schema: unknown, text: string): boolean | undefined {
  const rule = ruleOf(schema);
  if (rule === undefined) return undefined;
  const bytes = Buffer.from(`${text}\n`);
  const kinds = new Uint8Array(1);
  const end = checkedEnd(rule.check, bytes, 0, kinds, 0);
  return end === bytes.length - 1 && keepsLimit(rule.limit, bytes, 0, end, kinds[0]!);
}

const compile = createValidator();

function isValid(schema: unknown, text: string): boolean {
  return compile({ properties: { a: stripExact(schema as Json) } })({ a: stripExact(parseExact(text)) }) === undefined;
}

describe('a rule', () => {
  test.each<[string, object, string[], string[]]>([
    ['the length counts characters', { type: 'string', minLength: 2, maxLength: 3 }, ['"ab"', '"äöü"', '"😀😀😀"', String.raw`"\ud83d\ude00\n"`], ['"a"', '"abcd"', '"😀"', String.raw`"\ud83d\ude00"`]],
    ['half a pair is a character', { type: 'string', minLength: 2, maxLength: 2 }, [String.raw`"\ud83da"`, String.raw`"\ud83d\ud83d"`, String.raw`"\ude00\ud83d"`], [String.raw`"\ud83d"`]],
    ['a long text of few characters', { type: 'string', maxLength: 30 }, [`"${'😀'.repeat(30)}"`], [`"${'😀'.repeat(31)}"`]],
    ['bounds', { type: 'integer', minimum: -5, maximum: 5 }, ['-5', '0', '5', '-0'], ['-6', '6', '123456789012345']],
    ['exclusive bounds', { type: 'number', exclusiveMinimum: 0, exclusiveMaximum: 0.3 }, ['0.1', '0.299'], ['0', '0.3', '0.30', '-0.0']],
    ['exclusive bounds of draft 4', { type: 'number', minimum: 0, exclusiveMinimum: true, maximum: 1, exclusiveMaximum: false }, ['0.1', '1'], ['0', '1.1']],
    ['bounds that a JavaScript number changes', parseExact('{"type":"integer","maximum":9223372036854775807}') as object, ['5'], []],
    ['listed texts', { type: ['string', 'null'], enum: ['a', 'ä"'] }, ['"a"', String.raw`"ä\""`, String.raw`"\u00e4\""`], ['"b"', 'null']],
    ['listed texts with null', { type: ['string', 'null'], enum: ['a', null] }, ['"a"', 'null'], ['"b"']],
    ['listed texts without a type', { enum: ['a', null] }, ['"a"', 'null'], ['1', '"b"']],
    ['a constant', { const: 'x' }, ['"x"'], ['null', '"y"']],
    ['a format and a length', { type: 'string', format: 'date', maxLength: 10 }, ['"2024-02-29"'], ['"2024-02-30x"']],
    ['members', { type: ['object', 'null'], properties: { a: { type: 'integer' }, ä: { type: 'string' } }, required: ['a'] }, ['{"a":1}', 'null', String.raw`{ "more" : [1] , "\u00e4" : "x", "a":1}`], ['{}', '{"a":null}', '{"a":"x"}', '{"a":1,"ä":1}']],
    ['no other members', { type: 'object', properties: { a: {} }, additionalProperties: false }, ['{}', '{"a":[]}'], ['{"b":1}']],
    ['items', { type: 'array', items: { type: 'string', minLength: 1 } }, ['[]', '["a"]', '[ "a" , "b" ]'], ['[""]', '["a",1]']],
    ['members in members', { type: 'object', properties: { a: { type: 'array', items: { type: 'object', properties: { b: { type: 'boolean' } } } } } }, ['{"a":[{"b":true},{"c":{}}]}'], ['{"a":[{"b":1}]}']],
    ['keywords of other types', { type: 'string', minimum: 5, required: ['a'], items: false }, ['"x"'], []],
    ['nothing asked', {}, ['1', 'null', '{"a":[]}'], []],
    ['null alone', { type: 'null' }, ['null'], ['1']],
  ])('knows %s', (_, schema, good, bad) => {
    expect(good.map((text) => [text, accepts(schema, text), isValid(schema, text)])).toEqual(good.map((text) => [text, true, true]));
    expect(bad.map((text) => [text, accepts(schema, text), isValid(schema, text)])).toEqual(bad.map((text) => [text, false, false]));
  }); // prettier-ignore

  test.each([
    ['a number that JavaScript may round', { type: 'integer', maximum: 5 }, '1234567890123456'],
    ['an exponent under a bound', { type: 'number', maximum: 5 }, '1e0'],
    ['a listed text in a rare spelling', { enum: ['a'] }, String.raw`"\u0061"`],
    ['a member in a rare spelling', { type: 'object', properties: { a: { type: 'integer' } } }, String.raw`{"\u0061":"x"}`],
    ['a member twice', { type: 'object', properties: { a: { type: 'integer' } } }, '{"a":"x","a":1}'],
  ])('leaves %s to the validator', (_, schema, text) => {
    expect(accepts(schema, text)).toBe(false);
  });

  test.each<[string, unknown]>([
    ['a pattern', { type: 'string', pattern: '^a' }],
    ['two types', { type: ['string', 'integer'] }],
    ['alternatives', { anyOf: [{ type: 'string' }, { type: 'integer' }] }],
    ['listed numbers', { type: 'integer', enum: [1, 2] }],
    ['patterns of names', { type: 'object', patternProperties: { a: {} } }],
    ['a schema for other members', { type: 'object', additionalProperties: { type: 'string' } }],
    ['required members of which nothing is said', { type: 'object', required: ['a'] }],
    ['members that objects inherit', { type: 'object', properties: { constructor: { type: 'string' } } }],
    ['more members than are counted', { type: 'object', properties: Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`p${i}`, {}])) }],
    ['a tuple', { type: 'array', items: [{ type: 'string' }] }],
    ['unique items', { type: 'array', uniqueItems: true }],
    ['nullable beside listed values', { type: 'string', enum: ['a'], nullable: true }],
    ['a bound that is none', { type: 'number', minimum: 'x' }],
    ['an unknown type', { type: 'whole' }],
    ['false', false],
  ])('is not made for %s', (_, schema) => {
    expect(ruleOf(schema)).toBeUndefined();
  }); // prettier-ignore
});

describe('rules and the validator', () => {
  const names = fc.constantFrom('a', 'b', 'ä', 'a"', '');
  const few = fc.integer({ min: 0, max: 4 });
  const withNull = (type: string): fc.Arbitrary<unknown> => fc.constantFrom(type, [type, 'null'], ['null', type]);
  const optional = <T extends object>(model: { [K in keyof T]: fc.Arbitrary<T[K]> }, required: (keyof T)[]) =>
    fc.record(model, { requiredKeys: required, noNullPrototype: true });
  const { schema } = fc.letrec<{ schema: unknown }>((tie) => ({
    schema: fc.oneof(
      { depthSize: 'small', maxDepth: 3 },
      fc.constantFrom<unknown>({}, true, { type: 'boolean' }, { type: 'null' }, { type: 'string', format: 'date' }, { enum: ['a', '', null] }),
      optional({ type: withNull('string'), minLength: few, maxLength: few }, ['type']),
      optional({ type: withNull('string'), enum: fc.array(fc.constantFrom<unknown>('a', 'ab', 'ä', null), { minLength: 1 }) }, ['type']),
      optional({ type: withNull('integer'), minimum: few, exclusiveMaximum: fc.oneof(few, fc.boolean()), maximum: few }, ['type']),
      optional({ type: withNull('number'), exclusiveMinimum: fc.oneof(few, fc.boolean()), maximum: few, minimum: few }, ['type']),
      optional({ type: withNull('array'), items: tie('schema') }, ['type']),
      optional(
        {
          type: withNull('object'),
          properties: fc.dictionary(names, tie('schema'), { maxKeys: 3, noNullPrototype: true }),
          // The validator never misses an empty name.
          required: fc.uniqueArray(names.filter((name) => name !== ''), { maxLength: 2 }),
          additionalProperties: fc.boolean(),
        },
        ['type', 'properties'],
      ),
    ),
  })); // prettier-ignore
  const scalar = fc.oneof(
    fc.constantFrom('a', 'ab', '', 'ä', '2024-01-01', '😀', 'a"b', 'long enough', null, true, false),
    fc.integer({ min: -2, max: 6 }),
    fc.integer({ min: -16, max: 40 }).map((n) => n / 8),
  );
  const { value } = fc.letrec<{ value: unknown }>((tie) => ({
    value: fc.oneof(
      { depthSize: 'small', maxDepth: 4 },
      scalar,
      fc.array(tie('value'), { maxLength: 3 }),
      // A name with escapes that the schema does not have might be one of its names in a rare spelling.
      fc.dictionary(fc.constantFrom('a', 'b', 'ä', ''), tie('value'), { maxKeys: 3, noNullPrototype: true }),
    ),
  }));

  test('say the same of values in the usual spelling', () => {
    fc.assert(
      fc.property(schema, fc.array(value, { minLength: 1, maxLength: 5 }), (given, values) => {
        for (const one of values) {
          const text = JSON.stringify(one);
          const accepted = accepts(given, text);
          if (accepted !== undefined) expect([text, accepted]).toEqual([text, isValid(given, text)]);
        }
      }),
      { numRuns: 400 },
    );
  });

  test('what a rule accepts in any spelling is valid', () => {
    const tokens = fc.constantFrom(
      ...['"a"', '"\\u0061"', '"\\ud83d\\ude00"', '1.0', '1.50', '1e2', '-0', '0.30', '12345678901234567890', '{"a":1,"a":"x"}'],
      ...['{ "a" : 1 }', '{"\\u00e4":"x"}', '{"a\\"":null}', '[ ]', '[1 ,2]', '{"b":{"a":[]}}', '[["a"]]', 'null'],
    );
    fc.assert(
      fc.property(schema, tokens, (given, text) => {
        if (accepts(given, text) === true) expect([text, isValid(given, text)]).toEqual([text, true]);
      }),
      { numRuns: 400 },
    );
  });

  test('both accept values with limits often enough for that to be a proof', () => {
    const samples = fc.sample(fc.tuple(schema, value), { numRuns: 4000, seed: 7 });
    const accepted = samples.filter(
      ([given, one]) => accepts(given, JSON.stringify(one as Json)) === true && ruleOf(given)!.limit !== undefined,
    );
    expect(accepted.length).toBeGreaterThan(100);
  });
});
