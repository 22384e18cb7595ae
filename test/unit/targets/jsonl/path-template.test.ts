import { describe, expect, test } from 'vitest';
import { formatDate, localTimestamp, parseTemplate } from '../../../../targets/jsonl/path-template.ts';

function problemsOf(text: string): string[] {
  const problems: string[] = [];
  parseTemplate(text, (message) => problems.push(message));
  return problems;
}

test.each([
  '{stream}.jsonl',
  '{stream}.{ext}',
  '{schema}/{table}/{date:yyyy-MM-dd}/{seq}.{ext}',
  'year={date:yyyy}/{stream}-{run_id}-{timestamp}.{ext}',
  '{stream}/{partition}/{seq}.{ext}',
])('%s is a template', (text) => {
  expect(problemsOf(text)).toEqual([]);
});

describe('what is no template is a problem', () => {
  test.each([
    ['/etc/{stream}', 'relative'],
    ['~/{stream}', 'relative'],
    ['C:/{stream}', 'relative'],
    ['../{stream}', 'lead out'],
    ['a/../{stream}', 'lead out'],
    ['./{stream}', 'lead out'],
    ['a//{stream}', 'empty name'],
    ['{stream}/', 'empty name'],
    ['a\\{stream}', 'character'],
    ['a\0{stream}', 'character'],
    ['{stream', 'character'],
    ['.{stream}', 'begins with a dot'],
    ['{stream}.', 'ends with a dot'],
    ['NUL/{stream}', 'device'],
    ['com1.jsonl', 'device'],
    ['{tream}.jsonl', 'does not know {tream}: use {stream}'],
    ['{date:yyyy//MM}.jsonl', 'only dates have a format'],
    ['{stream:yyyy}.jsonl', 'only dates have a format'],
    ['{date:YYYY}.jsonl', 'only dates have a format'],
    ['{seq}/{stream}.jsonl', '{seq} belongs into the file name'],
    ['{ext}/{stream}.jsonl', '{ext} belongs into the file name'],
    ['a-{partition}/{stream}.jsonl', 'whole folders'],
    ['{stream}-{partition}', 'whole folders'],
    ['{seq}-{seq}.{ext}', 'twice'],
    ['x'.repeat(101), 'too long'],
  ])('%j', (text, message) => {
    expect(problemsOf(text).join('; ')).toContain(message);
  });
});

test('dates are in UTC, time stamps in local time', () => {
  const at = new Date('2026-01-31T23:59:58Z');
  expect(formatDate(at, 'yyyy-MM-ddTHH.mm_ss')).toBe('2026-01-31T23.59_58');
  expect(localTimestamp(at)).toMatch(/^202\d{5}T\d{6}$/);
});
