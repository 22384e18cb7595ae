import { expect, it } from 'vitest';
import { Tally } from '../../../../targets/postgres/methods/tally.ts';

it('counts only what was committed, and nothing twice when work is done again', () => {
  const tally = new Tally();
  tally.add('a', { inserted: 1 });
  const mark = tally.mark;
  tally.add('a', { inserted: 10, updated: 1 });
  tally.undo(mark);
  tally.add('a', { inserted: 2, unchanged: 3 });
  expect(tally.of('a')).toEqual({});
  tally.commit();
  tally.add('a', { updated: 5 });
  expect(tally.of('a')).toEqual({ inserted: 3, unchanged: 3 });
  tally.commit();
  expect(tally.of('a')).toEqual({ inserted: 3, unchanged: 3, updated: 5 });
  expect(tally.of('b')).toEqual({});
});
