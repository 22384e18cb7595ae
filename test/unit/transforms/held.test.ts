import { expect, test } from 'vitest';
import { Held } from '../../../transforms/engine/held.ts';

const line = (text: string): Buffer => Buffer.from(text);
const texts = (lines: readonly Buffer[]): string[] => lines.map(String);

test('a line passes when nobody holds anything back', () => {
  expect(new Held().add(line('a'), [[{ taken: 3, released: 3 }]], true)).toBe(false);
});

test('a line waits until the holder has released what it had taken when the line came', () => {
  const held = new Held();
  const holder = { taken: 3, released: 1 };
  expect(held.add(line('a'), [[holder]], true)).toBe(true);
  holder.taken = 9;
  holder.released = 2;
  expect(texts(held.take())).toEqual([]);
  holder.released = 3;
  expect(texts(held.take())).toEqual(['a']);
});

test('what one holder has released must be out of the next one, too', () => {
  const held = new Held();
  const first = { taken: 2, released: 0 };
  const second = { taken: 0, released: 0 };
  held.add(line('a'), [[first, second]], true);
  first.released = 2;
  second.taken = 2;
  expect(texts(held.take())).toEqual([]);
  second.released = 2;
  expect(texts(held.take())).toEqual(['a']);
});

test('lines leave in the order in which they came', () => {
  const held = new Held();
  const slow = { taken: 1, released: 0 };
  held.add(line('a'), [[slow]], true);
  expect(held.add(line('b'), [[{ taken: 0, released: 0 }]], false)).toBe(true);
  expect(texts(held.take())).toEqual([]);
  slow.released = 1;
  expect(texts(held.take())).toEqual(['a', 'b']);
});

test('of very many states some are left out, never the last one and never another message', () => {
  const held = new Held();
  const slow = { taken: 1, released: 0 };
  const given = Array.from({ length: 50_000 }, (_, i) => ({ text: String(i), isState: i % 1000 !== 7 }));
  for (const { text, isState } of given) held.add(line(text), [[slow]], isState);
  expect(held.size).toBeLessThan(3000);
  slow.released = 1;
  const left = texts(held.take());
  expect(left.at(-1)).toBe('49999');
  expect(left).toEqual(expect.arrayContaining(given.filter(({ isState }) => !isState).map(({ text }) => text)));
  expect(left.map(Number)).toEqual(left.map(Number).toSorted((a, b) => a - b));
});
