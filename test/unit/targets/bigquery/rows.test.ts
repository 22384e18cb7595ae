import { randomInt } from 'node:crypto';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { KeyProof } from '../../../../targets/bigquery/parts/key-proof.ts';
import { RowFacts } from '../../../../targets/bigquery/parts/row-facts.ts';
import { NUMBER_BYTES, RowNumbers } from '../../../../targets/bigquery/parts/row-numbers.ts';
import { eachRow, MemberFinder } from '../../../../targets/bigquery/parts/row-scan.ts';

const names = ['a', 'b', 'ab', 'c_1'];
const value = fc.jsonValue({ maxDepth: 3 }).filter((json) => json !== null);
const row = fc.dictionary(fc.constantFrom(...names), value, { noNullPrototype: true });

/** The rows as encoders write them, cut into blocks anywhere. */
function blocksOf(rows: readonly object[], cuts: readonly number[] = []): Buffer[] {
  const bytes = Buffer.from(rows.map((one) => `${JSON.stringify(one)}\n`).join(''));
  const places = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).toSorted((a, b) => a - b), bytes.length];
  return places.slice(1).map((place, i) => bytes.subarray(places[i], place));
}

describe('rows that are looked at', () => {
  test('members are found whatever stands in the others, and wherever blocks are cut', () => {
    fc.assert(
      fc.property(fc.array(row), fc.array(fc.nat()), (rows, cuts) => {
        const finder = new MemberFinder(names);
        const found: object[] = [];
        eachRow(blocksOf(rows, cuts), (bytes, start) => {
          finder.look(bytes, start);
          const members = names.flatMap((name, i) =>
            finder.from[i] === -1 ? [] : [[name, JSON.parse(bytes.toString('utf8', finder.from[i], finder.to[i]))]],
          );
          found.push(Object.fromEntries(members) as object);
        });
        expect(found).toEqual(rows.map((one) => JSON.parse(JSON.stringify(one)) as object));
      }),
    );
  });

  test('numbers grow by one, stand first, and always take as many bytes', () => {
    fc.assert(
      fc.property(fc.array(row), fc.array(fc.nat()), (rows, cuts) => {
        const numbers = new RowNumbers();
        const text = Buffer.concat(blocksOf(rows, cuts).map((block) => numbers.number(block))).toString();
        const lines = text.split('\n').slice(0, -1);
        expect(lines.map((line) => JSON.parse(line) as object)).toEqual(
          rows.map((one, i) => ({ _tapline_order: 1e12 + i, ...(JSON.parse(JSON.stringify(one)) as object) })),
        );
        for (const line of lines) expect(line.slice(1 + NUMBER_BYTES, 2 + NUMBER_BYTES)).toMatch(/[,}]/);
      }),
    );
  });
});

describe('the proof that keys are unique', () => {
  const room = (): { left: number } => ({ left: 1_000_000 });

  test('holds for a million keys that differ, and gives back its room', () => {
    const keys = room();
    const proof = new KeyProof(['id'], keys);
    for (let from = 0; from < 500_000; from += 10_000)
      expect(proof.add(blocksOf(Array.from({ length: 10_000 }, (_, i) => ({ id: from + i }))))).toBe(true);
    for (let from = 0; from < 500_000; from += 10_000)
      expect(proof.add(blocksOf(Array.from({ length: 10_000 }, (_, i) => ({ id: `k${from + i}` }))))).toBe(true);
    expect(keys.left).toBe(0);
    expect(proof.add(blocksOf([{ id: -1 }]))).toBe(false);
    expect(keys.left).toBe(1_000_000);
  });

  test('fails at the first key that comes again, in another part, too, and stays so', () => {
    const at = randomInt(1000);
    const proof = new KeyProof(['a', 'b'], room());
    expect(proof.add(blocksOf(Array.from({ length: 1000 }, (_, i) => ({ a: i, b: 'x', c: 1 }))))).toBe(true);
    expect(proof.add(blocksOf([{ a: at, b: 'y' }, { a: at }, { b: 'x' }, { a: 'x' }, {}]))).toBe(true);
    expect(proof.add(blocksOf([{ c: 2, b: 'x', a: at }]))).toBe(false);
    expect(proof.add(blocksOf([{ a: -1 }]))).toBe(false);
  });

  test('null is a key like others, and values do not flow into each other', () => {
    expect(new KeyProof(['a', 'b'], room()).add(blocksOf([{ a: 1, b: 23 }, { a: 12, b: 3 }, { a: 123 }, { b: 123 }]))).toBe(true);
    expect(new KeyProof(['a'], room()).add(blocksOf([{}, { b: 1 }]))).toBe(false);
  });

  test('is tried only where equal values are the same bytes', () => {
    expect(KeyProof.canTell(['INT64', 'STRING', 'DATE', 'BOOL'])).toBe(true);
    for (const type of ['FLOAT64', 'NUMERIC', 'TIMESTAMP', 'JSON', 'BYTES'] as const)
      expect(KeyProof.canTell(['INT64', type])).toBe(false);
  });
});

describe('what rows have in their key', () => {
  test('nulls are seen where there are some', () => {
    const facts = new RowFacts(['a', 'b'], undefined);
    facts.add(blocksOf([{ a: 1, b: 2 }, { a: 1 }]));
    expect([...facts.nullKeys]).toEqual(['b']);
    expect(facts.bounds).toBeUndefined();
  });

  test.each([
    ['INT64', [5, '9007199254740993', -2], ['-2', '9007199254740993']],
    ['DATE', ['2026-03-01', '0001-01-01', '2026-02-28'], ["DATE '0001-01-01'", "DATE '2026-03-01'"]],
    [
      'TIMESTAMP',
      ['2026-01-01T00:30:00.123456+01:00', '2026-01-01T00:00:00Z'],
      ["TIMESTAMP '2025-12-31 23:30:00.123+00'", "TIMESTAMP '2026-01-01 00:00:00.001+00'"],
    ],
    [
      'TIMESTAMP',
      ['9999-12-31T23:59:59.999999Z'],
      ["TIMESTAMP '9999-12-31 23:59:59.999+00'", "TIMESTAMP '9999-12-31 23:59:59.999999+00'"],
    ],
  ] as const)('the partitions of %s %j are bounded', (type, values, range) => {
    const facts = new RowFacts(['id', 'at'], { name: 'at', type });
    facts.add(blocksOf(values.map((at) => ({ id: 1, at }))));
    expect(facts.bounds).toEqual({ column: 'at', hasNull: false, range });
    facts.add(blocksOf([{ id: 1 }]));
    expect(facts.bounds).toEqual({ column: 'at', hasNull: true, range });
  });

  test('null alone is a partition of its own', () => {
    const facts = new RowFacts(['at'], { name: 'at', type: 'DATE' });
    facts.add(blocksOf([{}]));
    expect(facts.bounds).toEqual({ column: 'at', hasNull: true, range: undefined });
  });
});
