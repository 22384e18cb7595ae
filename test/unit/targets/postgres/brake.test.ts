import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { brake } from '../../../../targets/postgres/methods/brake.ts';
import type { TablePlan } from '../../../../targets/postgres/tables/plan.ts';

const plan = { stream: 's', schema: 'public', table: 't' } as TablePlan;

test('holds exactly when more than the share would go', () => {
  const counts = fc
    .integer({ min: 1, max: 100_000 })
    .chain((live) => fc.record({ live: fc.constant(live), doomed: fc.integer({ min: -5, max: live }) }));
  fc.assert(
    fc.property(counts, fc.integer({ min: 0, max: 100 }), ({ live, doomed }, percent) => {
      const holds = doomed > 0 && doomed / live > percent / 100 + Number.EPSILON;
      if (holds) expect(() => brake(plan, doomed, live, percent)).toThrow(/max_delete_percent/);
      else brake(plan, doomed, live, percent);
    }),
  );
});

test('never holds where nothing goes, or at 100', () => {
  brake(plan, 0, 0, 0);
  brake(plan, 10, 10, 100);
});
