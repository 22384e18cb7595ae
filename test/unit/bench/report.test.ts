import { expect, test } from 'vitest';
import { judge, table } from '../../../bench/report.mjs';

type Round = Parameters<typeof judge>[1][number];
type Result = Parameters<typeof judge>[0];

const result: Result = {
  id: 'x',
  work: 'work of target-x',
  against: '\\copy',
  unit: 'times as fast',
  floor: 0.5,
  goal: 1,
  rows: 1000,
};

function round(limit: number, own: number, peakBytes = 0): Round {
  return {
    limit: { seconds: limit, processes: [] },
    ours: { x: { seconds: own, processes: [{ name: 'target-x', peakBytes, cpuSeconds: own / 2 }] } },
  };
}

test('the ratio is the median of the ratios of the rounds', () => {
  // A busy machine in the third round slows both sides and changes no ratio.
  const judged = judge(result, [round(1, 2), round(1, 1.25), round(10, 20)]);
  expect(judged).toMatchObject({ value: 0.5, spread: [0.5, 0.8], holds: true, reached: false, seconds: 2, limitSeconds: 1 });
});

test.each([
  ['times as fast', 0.49, false],
  ['times as fast', 0.51, true],
  ['times as long', 2.1, true],
  ['times as long', 1.9, false],
] as const)('%s: a floor of 0.5 against a limit of 1 s and %f of it', (unit, ratio, holds) => {
  expect(judge({ ...result, unit }, [round(ratio, 1)]).holds).toBe(holds);
});

test('rows per second need no limit', () => {
  const own = (seconds: number): Round => ({ ours: round(1, seconds).ours });
  const wanted: Result = { ...result, unit: 'k rows/s', rows: 100_000, floor: 100, goal: 200 };
  expect(judge(wanted, [own(0.5), own(1), own(0.8)])).toMatchObject({
    value: 125,
    spread: [100, 200],
    holds: true,
    reached: false,
  });
  expect(judge(wanted, [own(1.1)]).holds).toBe(false);
});

test('memory is the highest peak of the process that the work names', () => {
  const judged = judge({ ...result, unit: 'MB', floor: 130, goal: 100 }, [round(1, 1, 90e6), round(1, 1, 120e6)]);
  expect(judged).toMatchObject({ value: 120, holds: true, reached: false });
});

test('a missed floor stands out in the table', () => {
  const text = table([judge(result, [round(1, 4)])]);
  expect(text.split('\n')[2]).toBe(
    '| work of target-x | \\\\copy | 0.25 | 0.25-0.25 | 0.5 | 1 | 0 | 4.00 | target-x 2.00 |  | MISSED |',
  );
});
