import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compactText, memberRange } from '../../../singer/json-bytes.ts';
import { ExactNumber } from '../../../singer/json.ts';
import { parseExact, stringifyExact } from '../../../singer/json-text.ts';

const numbers = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((n) => JSON.stringify(n)),
  fc.bigInt().map(String),
  fc.tuple(fc.bigInt({ min: -(10n ** 40n), max: 10n ** 40n }), fc.stringMatching(/^\d{1,30}$/)).map(([a, b]) => `${a}.${b}`),
  fc.constantFrom(
    '-0',
    '0',
    '1.10',
    '1e5',
    '1E400',
    '-1e-400',
    '0.0000001',
    '100',
    '0.1',
    '12345678901234567890',
    '1.0',
    '-0.0',
    '10.50',
  ),
);
const space = fc.constantFrom('', ' ', '\n', ' \t');

/** JSON text with every number written in an odd way, and its number tokens in order. */
const texts: fc.Arbitrary<{ text: string; numbers: string[] }> = fc.letrec<{ value: { text: string; numbers: string[] } }>(
  (tie) => ({
    value: fc.oneof(
      { maxDepth: 3 },
      numbers.map((n) => ({ text: n, numbers: [n] })),
      fc
        .oneof(fc.string(), fc.string({ unit: 'binary' }), fc.constantFrom('1.10', ': -0,', '{"a":1e5}'))
        .map((s) => ({ text: JSON.stringify(s), numbers: [] })),
      fc.constantFrom('true', 'false', 'null').map((text) => ({ text, numbers: [] })),
      fc.tuple(fc.array(tie('value'), { maxLength: 4 }), space).map(([items, s]) => ({
        text: `[${s}${items.map((i) => i.text).join(`${s},${s}`)}${s}]`,
        numbers: items.flatMap((i) => i.numbers),
      })),
      fc.tuple(fc.array(tie('value'), { maxLength: 4 }), fc.string(), space).map(([items, name, s]) => ({
        text: `{${s}${items.map((i, n) => `${JSON.stringify(`k${n}${name}`)}${s}:${s}${i.text}`).join(`${s},${s}`)}${s}}`,
        numbers: items.flatMap((i) => i.numbers),
      })),
    ),
  }),
).value;

describe('parseExact', () => {
  test('gives what JSON.parse gives, apart from the numbers it keeps as text', () => {
    fc.assert(
      fc.property(texts, ({ text }) => {
        const loose = JSON.parse(text) as unknown;
        const plain = JSON.parse(stringifyExact(parseExact(text))) as unknown;
        expect(plain).toEqual(loose);
      }),
    );
  });

  test('keeps the text of every number', () => {
    fc.assert(
      fc.property(texts, ({ text, numbers }) => {
        const kept: string[] = [];
        const walk = (value: unknown): void => {
          if (typeof value === 'number') kept.push(String(value));
          else if (value instanceof ExactNumber) kept.push(value.text);
          else if (typeof value === 'object' && value !== null) Object.values(value).forEach(walk);
        };
        walk(parseExact(text));
        expect(kept).toEqual(numbers);
      }),
    );
  });

  test.each(['{', '{"a":01}', 'NaN', '{"a":1,}', "{'a':1}", ''])('refuses %s', (text) => {
    expect(() => parseExact(text)).toThrow(SyntaxError);
  });

  test('a member named __proto__ is a member', () => {
    expect(Object.keys(parseExact('{"__proto__":1.10}') as object)).toEqual(['__proto__']);
  });
});

describe('memberRange and compactText', () => {
  test('find a top-level member whatever stands around it', () => {
    fc.assert(
      fc.property(texts, texts, space, ({ text }, other, s) => {
        const line = Buffer.from(`${s}{${s}"x"${s}:${s}${other.text}${s},"value"${s}:${s}${text}${s},"y":{"value":1}}\n`);
        const range = memberRange(line, 0, line.length, 'value');
        expect(range && line.toString('utf8', ...range)).toBe(text);
        expect(stringifyExact(parseExact(compactText(line, ...range!)))).toBe(stringifyExact(parseExact(text)));
      }),
    );
  });

  test('the last of two members of one name counts, as in JSON.parse', () => {
    const line = Buffer.from('{"value":1,"value": {"a": "b c"} }');
    expect(compactText(line, ...memberRange(line, 0, line.length, 'value')!)).toBe('{"a":"b c"}');
  });

  test('a member that is not there has no place', () => {
    const line = Buffer.from('{"other":{"value":1}}');
    expect(memberRange(line, 0, line.length, 'value')).toBeUndefined();
  });
});
