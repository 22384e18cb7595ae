import { describe, expect, test } from 'vitest';
import { compileRegex } from '../../../transforms/regex.ts';
import { recordOf, schemaOf, transform } from './run.ts';

const none = (message: string): never => {
  throw new Error(message);
};

describe('a pattern of the user’s', () => {
  const letters = `${'a'.repeat(40)}!`;

  test.each([
    ['^(a+)+$', ''],
    ['^(a+)+$', 'u'],
    ['^(A+)+$', 'i'],
    ['^(?:a|a)*$', 'gu'],
    ['^([a-z]+)*$', 'i'],
  ])('%s with flags "%s" cannot hang the run', (pattern, flags) => {
    const regex = compileRegex(pattern, flags, none);
    const began = performance.now();
    expect(regex.test(letters)).toBe(false);
    expect(performance.now() - began).toBeLessThan(100);
    expect(compileRegex(pattern, flags, none).test('a'.repeat(40))).toBe(true);
  });

  test.each(['^(\\p{L}+)+$', '^(?=(a+)+$)', '(a|b)*\\1', '^(?:\\p{L}|\\d)*!$'])(
    '%s, which V8 cannot cure, is refused',
    (pattern) => {
      const problems: string[] = [];
      expect(compileRegex(pattern, 'u', (message) => problems.push(message)).test('a')).toBe(false);
      expect(problems).toEqual([expect.stringContaining('time without end') as string]);
    },
  );

  test.each([
    ['[^a-f]', 'i', 'ABCxyz', 'ABC'],
    ['\\bfoo_[K-M]+\\x41?', 'i', 'FOO_klm', ''],
    ['\\p{Lu}+', 'u', 'ÄÖx', 'x'],
    ['(?<word>AB)\\.', 'i', 'ab.c', 'c'],
    ['(?<=a)b', '', 'abb', 'ab'],
  ])('%s with flags "%s" means what it means in JavaScript', (pattern, flags, text, left) => {
    expect(text.replaceAll(compileRegex(pattern, `g${flags}`, none), '')).toBe(left);
    expect(text.replaceAll(new RegExp(pattern, `g${flags}`), '')).toBe(left);
  });

  test('that is none is told', async () => {
    const config = { transforms: { s: { fields: { value: { regex_replace: '(' } } } } };
    const work = transform(config, [schemaOf('s', { value: { type: 'string' } }), recordOf('s', { value: 'a' })]);
    await expect(work).rejects.toThrow(/regex_replace.pattern: Invalid regular expression/);
  });
});
