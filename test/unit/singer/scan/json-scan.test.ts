import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nestedEnd, valueEnd } from '../../../../singer/scan/json-scan.ts';
import { isJson } from '../../../support/json-lines.ts';

const RUNS = Number(process.env['SOAK_RUNS'] ?? 2000);

/** The offset after the JSON value that is all of `text`; a line's newline follows. */
function scan(text: string): boolean {
  const bytes = Buffer.from(`${text}\n`);
  return valueEnd(bytes, 0) === bytes.length - 1;
}

/** JSON texts with spaces, as strange writers make them. */
const texts = fc
  .tuple(fc.json({ maxDepth: 4 }), fc.constantFrom(undefined, ' ', '\t'))
  .map(([json, indent]) => JSON.stringify(JSON.parse(json), undefined, indent).replaceAll('\n', ' '));

const damage = fc.constantFrom(
  '',
  ' ',
  '"',
  ',',
  ':',
  '{',
  '}',
  '[',
  ']',
  '\\',
  '0',
  '-',
  '.',
  'e',
  '\t',
  '\r',
  '\u0001',
  'null',
  'tru',
  '\\u12',
  '\\u00e9',
  '\\x',
  'é',
  '\u00a0',
);

describe('the syntax scanner', () => {
  it('accepts just what JSON.parse accepts', () => {
    let valid = 0;
    fc.assert(
      fc.property(texts, fc.nat(), fc.nat({ max: 2 }), damage, (json, place, cut, text) => {
        const at = place % (json.length + 1);
        const damaged = (json.slice(0, at) + text + json.slice(at + cut)).trim();
        valid += isJson(damaged) ? 1 : 0;
        expect(scan(damaged)).toBe(isJson(damaged));
      }),
      { numRuns: RUNS },
    );
    expect(valid).toBeGreaterThan(RUNS / 10);
  });

  it.each([
    '-',
    '01',
    '1.',
    '.5',
    '+1',
    '1e',
    '1e+',
    '--1',
    '0x1',
    'NaN',
    'Infinity',
    'nul',
    'True',
    "'a'",
    '"\\u00g0"',
    '"a',
    '{"a"}',
    '{"a":}',
    '{,}',
    '[,]',
    '[1,]',
    '{"a":1,}',
    '[1 2]',
    '[}',
    '',
  ])('refuses %s', (text) => {
    expect(scan(text)).toBe(false);
    expect(isJson(text)).toBe(false);
  });

  it('leaves values nested deeper than it can tell', () => {
    const nested = (depth: number) => '[{"a":'.repeat(depth / 2) + '1' + '}]'.repeat(depth / 2);
    expect(scan(nested(30))).toBe(true);
    expect(nestedEnd(Buffer.from(`${nested(32)}\n`), 0)).toBe(-1);
  });
});
