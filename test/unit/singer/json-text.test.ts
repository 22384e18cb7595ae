import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compactText, memberRange } from '../../../singer/json-bytes.ts';
import { ExactNumber } from '../../../singer/json.ts';
import { parseExact, parseLenient, stringifyExact, stripExact } from '../../../singer/json-text.ts';
import { isJson } from '../../support/json-lines.ts';

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

describe('parseLenient', () => {
  test('gives what parseExact gives for all JSON, and refuses what it refuses', () => {
    const damaged = fc
      .tuple(texts, fc.nat(), fc.constantFrom('', 'N', 'NaN', 'Infinity', '-', '"', ' 1'))
      .map(([{ text }, at, more]) => {
        const place = at % (text.length + 1);
        return text.slice(0, place) + more + text.slice(place + 1);
      });
    fc.assert(
      fc.property(
        fc.oneof(
          texts.map(({ text }) => text),
          damaged,
        ),
        (text) => {
          let expected: unknown;
          try {
            expected = parseExact(text);
          } catch {
            // With every such word a number, it must be JSON; without any, it is refused all the same.
            const strict = text.replaceAll(/"(?:[^"\\]|\\.)*"|-?Infinity|NaN/gs, (word) => (word.startsWith('"') ? word : ' 0 '));
            if (isJson(strict) && strict !== text) expect(() => parseLenient(text)).not.toThrow();
            else expect(() => parseLenient(text)).toThrow(SyntaxError);
            return;
          }
          expect(parseLenient(text)).toEqual(expected);
        },
      ),
    );
  });

  test('takes the numbers of Python that JSON does not have, and prints them as null', () => {
    const value = parseLenient('{"a":[NaN, -Infinity,Infinity ],"b":"NaN","c":1.10,"NaN":NaN}');
    expect(value).toEqual({
      a: [Number.NaN, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY],
      b: 'NaN',
      c: new ExactNumber('1.10'),
      NaN: Number.NaN,
    });
    expect(stringifyExact(value)).toBe('{"a":[null,null,null],"b":"NaN","c":1.10,"NaN":null}');
    expect(stripExact(value)).toEqual({ a: [0, -Number.MAX_VALUE, Number.MAX_VALUE], b: 'NaN', c: 1.1, NaN: 0 });
  });

  test.each(['1NaN', 'NaN5', '-NaN', 'nan', '{NaN:1}', '{"a":Infinity1}', '--Infinity'])('refuses %s', (text) => {
    expect(() => parseLenient(text)).toThrow(SyntaxError);
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
