import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { jsonFault } from '../../../../singer/shell/json-place.ts';

it.each([
  ['{"a": 1,}', 1, 9],
  ['{"a": 1', 1, 8],
  ['{\n  "a": tru\n}', 2, 8],
  ['[1 2]', 1, 4],
  ['{a: 1}', 1, 2],
  ['{"a": "x\n"}', 1, 7],
  ['{"a": 1} x', 1, 10],
  ['{"a" 1}', 1, 6],
  ['', 1, 1],
])('finds the fault of %j', (text, line, column) => {
  expect(jsonFault(text)).toEqual({ line, column });
});

it('finds none in JSON, and one within what was cut off', () => {
  fc.assert(
    fc.property(fc.json(), fc.nat(), (text, at) => {
      expect(jsonFault(text)).toEqual(placeOf(text, text.length));
      const part = text.slice(0, at % text.length);
      const { column } = jsonFault(part);
      expect(column).toBeLessThanOrEqual(part.length + 1);
    }),
  );
});

it('takes linear time for a long string that never ends', () => {
  expect(jsonFault(`{"a": "${'x'.repeat(2_000_000)}`)).toEqual({ line: 1, column: 7 });
});

function placeOf(text: string, offset: number) {
  const lines = text.slice(0, offset).split('\n');
  return { line: lines.length, column: lines.at(-1)!.length + 1 };
}
