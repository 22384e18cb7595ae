import { readFileSync, readdirSync } from 'node:fs';
import process from 'node:process';
import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { KnownRows } from '../../../../targets/bigquery/parts/known-rows.ts';
import { Spool, type Known, type Spooled, type SpoolOptions } from '../../../../targets/bigquery/parts/spool.ts';
import type { TablePlan } from '../../../../targets/bigquery/tables/plan.ts';
import { temporaryFolder } from '../../../support/tmp.ts';

beforeEach(() => void vi.stubEnv('TMPDIR', temporaryFolder()));
afterEach(() => vi.unstubAllEnvs());

const PLAN = { table: 'one', method: 'append' } as TablePlan;
const OPTIONS = { compression: 'none', clockBytes: () => 0, stagingOf: () => undefined } as const;

test('a folder for temporary files that is not there ends the run with what to do', async () => {
  vi.stubEnv('TMPDIR', `${process.env['TMPDIR']}/nowhere`);
  const spool = new Spool({ ...OPTIONS, knownOf: () => undefined, onKnown: () => undefined });
  const part = { plan: PLAN, blocks: [blockOf([1])], rows: 1 } as unknown as Parameters<Spool['add']>[0][number];
  await expect(spool.add([part], true)).rejects.toMatchObject({
    code: 'disk',
    facts: { cause: 'ENOENT' },
    hint: expect.stringContaining('TMPDIR'),
  });
  await spool.close();
});

/** What a tap sends: a row, or a STATE. */
type Event = number | string;
/** What the core hands over at once: it is covered if a STATE ends it. */
type Unit = readonly Event[];

interface Job {
  readonly rows: readonly number[];
  readonly state: string;
}

interface Outcome {
  /** Files that would be loaded. */
  readonly jobs: Job[];
  readonly spooled: readonly Spooled[];
  /** Names of loads that were found again. */
  readonly found: string[];
}

function blockOf(rows: readonly number[]): Buffer {
  return Buffer.from(rows.map((n) => `{"n":${n}}\n`).join(''));
}

function rowsIn(spooled: Spooled): number[] {
  if (spooled.rows === 0) return [];
  const lines = readFileSync(spooled.path, 'utf8').split('\n').filter(Boolean);
  return lines.map((line) => (JSON.parse(line) as { readonly n: number }).n);
}

function seenOf({ digest, marks, rows, state }: Spooled): object {
  return { digest, marks, rows, state };
}

/** Collects units as the destination does; loads what has come behind the units with these numbers, and at the end. */
async function collect(
  units: readonly Unit[],
  known?: Known,
  loadsBehind: readonly number[] = [],
  options: Partial<Pick<SpoolOptions, 'clockBytes'>> = {},
): Promise<Outcome> {
  const found: string[] = [];
  const spool = new Spool({
    ...OPTIONS,
    ...options,
    knownOf: () => known,
    onKnown: (_, __, id) => found.push(id),
  });
  const spooled: Spooled[] = [];
  const jobs: Job[] = [];
  let newest = '';
  const load = async (): Promise<void> => {
    const files = await spool.take(newest);
    for (const file of files) if (file.rows > 0) jobs.push({ rows: rowsIn(file), state: file.state });
    spooled.push(...files.filter(({ rows }) => rows > 0));
  };
  for (const [i, unit] of units.entries()) {
    for (const event of unit) {
      if (typeof event === 'number') known?.rowsCame(1);
      else {
        newest = event;
        known?.stateCame(event);
      }
    }
    const rows = unit.filter((event) => typeof event === 'number');
    const half = rows.length >> 1;
    const blocks = [rows.slice(0, half), rows.slice(half)].filter((list) => list.length > 0).map(blockOf);
    await spool.add(rows.length > 0 ? [{ plan: PLAN, blocks, rows: rows.length }] : [], typeof unit.at(-1) === 'string');
    if (loadsBehind.includes(i) && !spool.isUndecided) await load();
  }
  await load();
  expect(spool.bytes).toBe(0);
  await spool.close();
  return { jobs, spooled, found };
}

/** The loads that a run has left: of each job the rows and the state. */
async function loadsOf(jobs: readonly Job[]): Promise<Known> {
  const loads = [];
  for (const [i, { rows, state }] of jobs.entries()) {
    const { spooled } = await collect([[...rows, ...(state === '' ? [] : [state])]]);
    loads.push({ ...spooled[0]!, state, jobId: String(i) });
  }
  return new KnownRows(loads);
}

/** Cuts events into units, at any place. */
function cut(events: readonly Event[], at: readonly number[]): Unit[] {
  const places = [0, ...at.map((place) => place % (events.length + 1)).toSorted((a, b) => a - b), events.length];
  return places.slice(1).map((place, i) => events.slice(places[i], place)).filter((unit) => unit.length > 0); // prettier-ignore
}

function eventsOf(jobs: readonly Job[]): Event[] {
  return jobs.flatMap(({ rows, state }) => [...rows, ...(state === '' ? [] : [state])]);
}

const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i);

describe('rows that are collected for load jobs', () => {
  test('become one file of a plan, whatever the units, if a STATE covers them', async () => {
    const { jobs } = await collect([[1, 2], [3, 'a'], [4], [5, 'b'], ['c']]);
    expect(jobs).toEqual([{ rows: [1, 2, 3, 4, 5], state: 'c' }]);
  });

  test('are parted where the newest STATE came, so that it is the end of a job', async () => {
    expect((await collect([[1, 'a'], [2, 'b'], [3], [4]])).jobs).toEqual([
      { rows: [1, 2], state: 'b' },
      { rows: [3, 4], state: '' },
    ]);
    expect((await collect([[1], [2]])).jobs).toEqual([{ rows: [1, 2], state: '' }]);
  });

  test('are digested the same however they were cut, also where they were parted', async () => {
    const [parted, plain] = [await collect([[1, 'a'], [2, 3], [4]]), [await collect([[1, 'a']]), await collect([[2, 3, 4]])]]; // prettier-ignore
    const seen = plain.flatMap(({ spooled }) => spooled.map(seenOf));
    expect(parted.spooled.map(seenOf)).toEqual(seen);
  });

  test('are the same without digests, and counted', async () => {
    const units: Unit[] = [[1, 'a'], [2, 3], [4, 'b'], [5, 6], [7]];
    for (const loadsBehind of [[], [1], [2, 3]]) {
      const [digested, counted] = [
        await collect(units, undefined, loadsBehind),
        await collect(units, undefined, loadsBehind, { clockBytes: undefined }),
      ];
      expect(counted.jobs).toEqual(digested.jobs);
      expect(counted.spooled.map(({ rows }) => rows)).toEqual(counted.jobs.map(({ rows }) => rows.length));
      expect(counted.spooled.map(seenOf)).toEqual(digested.spooled.map((one) => ({ ...seenOf(one), digest: '', marks: [] })));
    }
  });

  test('leave nothing behind', async () => {
    const folder = process.env['TMPDIR']!;
    const spool = new Spool({ ...OPTIONS, compression: 'gzip', knownOf: () => undefined, onKnown: () => undefined });
    await spool.add([{ plan: PLAN, blocks: [blockOf([1])], rows: 1 }], false);
    expect(readdirSync(folder)).toHaveLength(1);
    await spool.close();
    expect(readdirSync(folder)).toEqual([]);
  });
});

describe('rows that an earlier run has loaded', () => {
  const JOBS: Job[] = [{ rows: range(0, 5), state: 'a' }, { rows: [5], state: 'b' }, { rows: range(6, 16), state: 'c' }]; // prettier-ignore

  test('are left out when the whole input comes again, or what follows a printed STATE', async () => {
    for (const printed of [0, 1, 2, 3]) {
      const again = JOBS.slice(printed);
      const { found, jobs } = await collect([[...eventsOf(again), 16, 17, 'd']], await loadsOf(JOBS));
      expect(found).toEqual(['0', '1', '2'].slice(printed));
      expect(jobs).toEqual([{ rows: [16, 17], state: 'd' }]);
    }
  });

  test('are not mistaken for rows that are equal by accident: their STATE tells', async () => {
    const { found, jobs } = await collect([[5, 'd', 6]], await loadsOf(JOBS));
    expect([found, jobs]).toEqual([[], [{ rows: [5, 6], state: '' }]]);
  });

  test('are not mistaken for rows that begin alike', async () => {
    const { found, jobs } = await collect([[0, 1, 2, 99, 4, 'a']], await loadsOf(JOBS));
    expect([found, jobs.flatMap(({ rows }) => rows)]).toEqual([[], [0, 1, 2, 99, 4]]);
  });

  test('without any STATE are left out from the beginning of the input', async () => {
    const stateless = JOBS.map(({ rows }) => ({ rows, state: '' }));
    const { found, jobs } = await collect([range(0, 18)], await loadsOf(stateless));
    expect([found, jobs]).toEqual([['0', '1', '2'], [{ rows: [16, 17], state: '' }]]);
  });

  test('that no STATE covered are left out behind those that were found', async () => {
    const given = [...JOBS, { rows: [16, 17], state: '' }];
    const { found, jobs } = await collect([[...range(6, 16), 'c'], [16], [17, 18]], await loadsOf(given));
    expect([found, jobs.flatMap(({ rows }) => rows)]).toEqual([['2', '3'], [18]]);
  });

  test('are waited for while the rows that came may be their beginning, and no longer', async () => {
    const known = await loadsOf(JOBS);
    const spool = new Spool({ ...OPTIONS, knownOf: () => known, onKnown: () => undefined });
    const add = async (...rows: number[]): Promise<boolean> => {
      known.rowsCame(rows.length);
      await spool.add([{ plan: PLAN, blocks: [blockOf(rows)], rows: rows.length }], false);
      return spool.isUndecided;
    };
    expect(await add(0)).toBe(true);
    expect(await add(1, 2, 3, 4)).toBe(true);
    known.stateCame('x');
    expect(await add(5)).toBe(false);
    await spool.close();
  });

  /** Small numbers, so that rows are often equal by accident. */
  const rows = fc.array(fc.nat({ max: 1 }), { minLength: 1, maxLength: 9 });
  const cuts = fc.array(fc.nat({ max: 60 }), { maxLength: 6 });

  test(
    'are left out and all others are loaded, whatever the rows and the cuts, where each STATE is another',
    { timeout: 60_000 },
    async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(rows, { maxLength: 4 }),
          fc.array(rows, { maxLength: 2 }),
          fc.nat({ max: 4 }),
          cuts,
          cuts,
          async (before, more, printed, at, loadsBehind) => {
            const jobs = before.map((list, i) => ({ rows: list, state: `s${i}` }));
            const next = more.map((list, i) => ({ rows: list, state: `t${i}` }));
            const events = eventsOf([...jobs.slice(printed), ...next]);
            const { jobs: loaded } = await collect(cut(events, at), await loadsOf(jobs), loadsBehind);
            expect(loaded.flatMap((job) => job.rows)).toEqual(more.flat());
          },
        ),
        { numRuns: 150 },
      );
    },
  );

  test('never take new rows with them, even where all STATEs are the same', { timeout: 60_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(rows, { maxLength: 4 }), rows, cuts, async (before, more, at) => {
        const jobs = before.map((list) => ({ rows: list, state: 's' }));
        const events = eventsOf([...jobs, { rows: more, state: 's' }]);
        const { jobs: loaded } = await collect(cut(events, at), await loadsOf(jobs));
        const all = loaded.flatMap((job) => job.rows);
        expect(all.slice(all.length - more.length)).toEqual(more);
      }),
      { numRuns: 150 },
    );
  });
});
