import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ExactNumber, type Row } from '../../../../singer/index.ts';
import { parsePartitionBy, partitionPath, partitionValues } from '../../../../targets/jsonl/partition.ts';

function pathOf(partitionBy: readonly string[], record: Row): string {
  const levels = parsePartitionBy(partitionBy, (path, message) => expect.unreachable(`${path} ${message}`));
  return partitionPath(levels, partitionValues(levels, record));
}

test.each([
  [['c'], { c: 'DE' }, 'c=DE'],
  [['c', 'd'], { c: 1, d: true }, 'c=1/d=true'],
  [['c'], { c: new ExactNumber('1.10') }, 'c=1.10'],
  [['c'], { c: null }, 'c=__HIVE_DEFAULT_PARTITION__'],
  [['c'], {}, 'c=__HIVE_DEFAULT_PARTITION__'],
  [['c'], { c: '' }, 'c=__HIVE_DEFAULT_PARTITION__'],
  [['constructor'], {}, 'constructor=__HIVE_DEFAULT_PARTITION__'],
  [['c'], { c: '../a=b' }, 'c=%2E.%2Fa%3Db'],
  [['c'], { c: { a: [1] } }, 'c=%7B%22a%22%3A%5B1%5D%7D'],
  [['a/b'], { 'a/b': 'x' }, 'a%2Fb=x'],
  [['date(t)'], { t: '2026-01-31' }, 'date=2026-01-31'],
  [['date(t)'], { t: '2026-01-31T23:30:00Z' }, 'date=2026-01-31'],
  [['date(t)'], { t: '2026-01-31T23:30:00' }, 'date=2026-01-31'],
  [['date(t)'], { t: '2026-01-31T23:30:00-02:00' }, 'date=2026-02-01'],
  [['date(t)'], { t: '2026-01-31 23:30:00.5+0530' }, 'date=2026-01-31'],
  [['hour(t)'], { t: '2026-01-31T23:30:00Z' }, 'hour=2026-01-31T23'],
  [['date(t)', 'hour(t)'], { t: '2026-01-31T23:30:00Z' }, 'date=2026-01-31/hour=23'],
  [['hour(t)'], { t: '2026-01-31' }, 'hour=2026-01-31T00'],
  [['year(t)', 'month(t)'], { t: '2026-01-31' }, 'year=2026/month=2026-01'],
  [['date(a)', 'date(b)'], { a: '2026-01-31', b: '2026-02-01' }, 'date_a=2026-01-31/date_b=2026-02-01'],
  [['date(t)'], { t: 'yesterday' }, 'date=__HIVE_DEFAULT_PARTITION__'],
  [['date(t)'], { t: '2026-13-45' }, 'date=__HIVE_DEFAULT_PARTITION__'],
  [['date(t)'], { t: 7 }, 'date=__HIVE_DEFAULT_PARTITION__'],
] satisfies [string[], Row, string][])('%j puts %j into %s', (partitionBy, record, path) => {
  expect(pathOf(partitionBy, record)).toBe(path);
});

describe('what cannot be read is a problem', () => {
  test.each([
    ['day(t)', 'does not know day()'],
    ['', 'names no column'],
  ])('%j', (expression, message) => {
    const problems: string[] = [];
    parsePartitionBy(['a', expression], (path, text) => problems.push(`${path} ${text}`));
    expect(problems).toEqual([expect.stringContaining(`partition_by[1] ${message}`)]);
  });
});

test.each([
  ['2026-02-30', 'date=__HIVE_DEFAULT_PARTITION__'],
  ['2023-02-29T10:00:00+02:00', 'date=__HIVE_DEFAULT_PARTITION__'],
  ['2024-02-29T10:00:00+02:00', 'date=2024-02-29'],
  ['2026-01-31T24:00:00Z', 'date=2026-02-01'],
  ['9999-12-31T23:59:59-12:00', 'date=+010000-01-01'],
  ['0000-01-01T00:00:00+12:00', 'date=-000001-12-31'],
])('the day of %s is no other than the calendar has', (at, path) => {
  expect(pathOf(['date(at)'], { at })).toBe(path);
});

test('no value leads out of its folder or is too long, and different values have different folders', () => {
  const value = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 300 }),
    fc.string({ unit: fc.constantFrom('.', '/', '=', '%'), maxLength: 6 }),
  );
  fc.assert(
    fc.property(value, value, (one, other) => {
      const path = pathOf(['c'], { c: one });
      expect(path).toMatch(/^c=[^/\\=]+$/);
      expect(Buffer.byteLength(path)).toBeLessThanOrEqual(240);
      if (one !== other) expect(pathOf(['c'], { c: other })).not.toBe(path);
    }),
  );
});
