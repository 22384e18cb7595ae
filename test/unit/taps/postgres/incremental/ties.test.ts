import { expect, it } from 'vitest';
import { LastTies, rowHash, SentRows } from '../../../../../taps/postgres/incremental/ties.ts';

const row = (text: string): Buffer => Buffer.from(text);

it('knows rows that were sent as often as they were', () => {
  const sent = new SentRows([rowHash(row('a')), rowHash(row('b')), rowHash(row('a'))]);
  expect(['a', 'c', 'a', 'a'].map((text) => sent.take(row(text)))).toEqual([true, false, true, false]);
  expect(sent.expected).toBe(true);
  expect(sent.take(row('b'))).toBe(true);
  expect(sent.expected).toBe(false);
});

it('keeps the rows of the last value over blocks, and forgets them when they are too many', () => {
  const ties = new LastTies();
  const blocks = [
    ['1', 'x'],
    ['2', 'a', 'b'],
    ['2', 'c'],
  ] as const;
  const add = ([value, ...rows]: readonly string[], first: number): number | undefined =>
    ties.add(value!, first, first + rows.length, (n) => row(rows[n - first]!))?.length;
  expect([add(blocks[0], 5), add(blocks[1], 3), add(blocks[2], 0)]).toEqual([1, 2, 3]);
  expect(add(['3', 'a'], 0)).toBe(1);
  expect(add(['3', ...Array.from({ length: 1000 }, String)], 0)).toBeUndefined();
  expect(add(['3', 'b'], 0)).toBeUndefined();
  expect(add(['4', 'b'], 0)).toBe(1);
});
