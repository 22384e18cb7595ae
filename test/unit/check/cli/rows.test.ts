import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { storedRows } from '../../../../check/cli/rows.ts';

describe('rows that a command prints', () => {
  test('numbers keep their digits, text loses its quotes, null stays null, the rest is JSON', () => {
    const text =
      '{"id": 12345678901234567890.10, "name": "a\\"b,}", "none": null, "deep": {"a": [1, {"b": "]"}]}, "on": true}\n\n{}\n';
    expect(storedRows(text)).toEqual([
      { id: '12345678901234567890.10', name: 'a"b,}', none: null, deep: '{"a": [1, {"b": "]"}]}', on: 'true' },
      {},
    ]);
  });

  test('any object comes back by member', () => {
    fc.assert(
      fc.property(fc.array(fc.dictionary(fc.string(), fc.jsonValue()), { maxLength: 4 }), (rows) => {
        const wanted = rows.map((row) =>
          Object.fromEntries(
            Object.entries(row).map(([name, value]) => [
              name,
              value === null || typeof value === 'string' ? value : JSON.stringify(value),
            ]),
          ),
        );
        expect(storedRows(rows.map((row) => `${JSON.stringify(row)}\n`).join(''))).toEqual(wanted);
      }),
    );
  });

  test('a text of many megabytes is no trouble', () => {
    const long = 'x\\n"'.repeat(1_000_000);
    expect(storedRows(JSON.stringify({ long }))[0]?.['long']).toHaveLength(long.length);
  });

  test.each(['17', '[]', '{"a": ', 'no rows'])('%s is no row', (line) => {
    expect(() => storedRows(`${line}\n`)).toThrow(/no JSON object/);
  });
});
