import { expect, test } from 'vitest';
import { Pace } from '../../../../targets/bigquery/jobs/pace.ts';

const table = { projectId: 'p', datasetId: 'd', tableId: 't' };

/** A pace over a clock that moves only while something waits. */
function paced(most: number): { readonly pace: Pace; readonly told: string[]; readonly clock: { now: number } } {
  const told: string[] = [];
  const clock = { now: 1_000_000 };
  const tell = (message: string): void => void told.push(message);
  const pace = new Pace({
    most,
    log: { debug() {}, info: tell, warn: tell, warnOnce() {}, error() {}, conceal() {} },
    signal: new AbortController().signal,
    now: () => clock.now,
    wait: (ms) => {
      clock.now += ms;
      return Promise.resolve();
    },
  });
  return { pace, told, clock };
}
const done = (): Promise<void> => Promise.resolve();

test('a table is changed at most so often within any ten seconds, and each wait is told', async () => {
  const { clock, pace, told } = paced(5);
  const times: number[] = [];
  for (let change = 0; change < 23; change++) {
    await pace.change(table, async () => void times.push(clock.now));
    clock.now += 100;
  }
  for (const [i, time] of times.entries()) if (i >= 5) expect(time - times[i - 5]!).toBeGreaterThanOrEqual(10_000);
  expect(told).toHaveLength(4);
  expect(times.at(-1)! - times[0]!).toBeLessThan(41_000);
});

test('changes that are asked for at once get one turn after another', async () => {
  const { pace, clock } = paced(2);
  await Promise.all(Array.from({ length: 6 }, () => pace.change(table, done)));
  expect(clock.now).toBeGreaterThanOrEqual(1_000_000 + 20_000);
});

test('what counts is when a change was done, not when it began', async () => {
  const { clock, pace } = paced(1);
  await pace.change(table, async () => void (clock.now += 5000));
  await pace.change(table, done);
  expect(clock.now).toBe(1_000_000 + 15_000);
});

test('each table has its own turn; statements that change rows wait for none, and count', async () => {
  const { clock, pace } = paced(2);
  for (let n = 0; n < 9; n++) await pace.change({ ...table, tableId: `t${n}` }, done);
  for (let n = 0; n < 9; n++) pace.rowsChanged(table);
  expect(clock.now).toBe(1_000_000);
  await pace.change(table, done);
  expect(clock.now).toBe(1_010_000);
});

test('many load jobs of one day are told of once, before the quota is used up', async () => {
  const { clock, pace, told } = paced(Infinity);
  for (let job = 0; job < 1400; job++) await pace.load(table, done);
  expect(told).toEqual([expect.stringContaining('1000 load jobs')]);
  clock.now += 86_400_000;
  for (let job = 0; job < 900; job++) await pace.load(table, done);
  expect(told).toHaveLength(1);
});
