import { setImmediate } from 'node:timers/promises';
import { check, Skipped, type Check } from '../check.ts';
import { must, mustFail, mustSucceed, sameJson, stdoutLines, story } from '../expect.ts';
import { recordLine, schemaLine, stateLine } from '../messages.ts';
import type { Running } from '../process.ts';
import { column, feed, load, mustPrint, printed } from './feed.ts';

const TARGET = ['target'] as const;
const STREAM = 'check_durable';
const SCHEMA = schemaLine(STREAM, { id: 'integer', text: 'string' }, ['id']);
const OTHER = 'check_durable_too';
const PATIENCE_MS = 10_000;

export const durabilityChecks: readonly Check[] = [
  check(135, 'kill -9 after a state loses no covered row', TARGET, async (lab) => {
    for (const wanted of [1, 3, 7]) {
      const { config, readBack } = await lab.readable(lab.perhaps('small-batches'));
      const running = await lab.start({ config });
      const feeding = feedUntilGone(running);
      let killed = false;
      running.onChunk(() => {
        if (!killed && stdoutLines({ stdout: running.stdout() }).length >= wanted) {
          killed = true;
          running.kill('SIGKILL');
        }
      });
      const ran = await running.ended(60_000);
      await feeding;
      const whole = ran.stdout.subarray(0, ran.stdout.lastIndexOf(0x0a) + 1);
      const last = printed({ stdout: whole }).at(-1) as { at: number } | undefined;
      must(last !== undefined, 'no state was printed');
      for (const stream of [STREAM, OTHER]) {
        const found = new Set(column(await readBack(stream), 'id'));
        for (let id = 0; id <= last.at; id++)
          must(found.has(String(id)), `${stream}: row ${id} is covered by the state ${last.at} and not there`);
      }
    }
  }),
  check(136, 'of waiting states only the newest is printed', TARGET, async (lab) => {
    const states = Array.from({ length: 50 }, (_, at) => stateLine({ at })).join('');
    const ran = await feed(lab, SCHEMA + recordLine(STREAM, { id: 1 }) + states);
    mustPrint(ran, [{ at: 49 }]);
  }),
  check(137, 'a state leaves in time while the input is idle', TARGET, async (lab) => {
    const { config, readBack } = await lab.readable(lab.way('young-states'));
    const running = await lab.start({ config });
    await running.write(SCHEMA + recordLine(STREAM, { id: 1, text: 'x' }) + stateLine({ at: 1 }));
    await running.until('the state, while the input is idle', () => running.stdout().includes('\n'), 15_000);
    must((await readBack(STREAM)).length === 1, 'the row covered by the state is not there');
    running.end();
    const ran = await running.ended();
    mustSucceed(ran);
    mustPrint(ran, [{ at: 1 }]);
  }),
  check(138, 'a state is printed as it came', TARGET, async (lab) => {
    const text =
      '{"z":1.10,"bookmarks":{"b":{"id":12345678901234567890},"a":{"at":1e400}},"list":[1,{"x":null}],"text":"ü \\" \\\\ \\u0007"}';
    const ran = await feed(lab, `${SCHEMA}{"type":"STATE","value":${text}}\n`);
    const [found, ...more] = stdoutLines(ran);
    must(more.length === 0 && found === text, `${text} is printed as ${String(found)}`);
  }),
  check(139, 'no state in, nothing out', TARGET, async (lab) => {
    mustPrint(await feed(lab, SCHEMA + recordLine(STREAM, { id: 1 })), []);
    mustPrint(await feed(lab, ''), []);
  }),
  check(140, 'an empty state is not printed', TARGET, async (lab) => {
    mustPrint(await feed(lab, SCHEMA + stateLine({})), []);
    mustPrint(await feed(lab, SCHEMA + stateLine(null)), []);
    mustPrint(await feed(lab, SCHEMA + recordLine(STREAM, { id: 1 }) + stateLine({ at: 1 }) + stateLine({})), [{ at: 1 }]);
  }),
  check(141, 'a state before any SCHEMA is printed', TARGET, async (lab) => {
    mustPrint(await feed(lab, stateLine({ at: 0 })), [{ at: 0 }]);
  }),
  check(142, 'printed states are a subsequence', TARGET, async (lab) => {
    const streams = ['check_a', 'check_b'];
    const schemas = streams.map((stream) => schemaLine(stream, { id: 'integer' }, ['id'])).join('');
    const states = [
      { a: 1, b: 0 },
      { a: 2, b: 1 },
      { a: 3, b: 2 },
      { a: 4, b: 4 },
      { a: 5, b: 6 },
    ];
    const body = states
      .map((state, at) => streams.map((stream) => recordLine(stream, { id: at })).join('') + stateLine(state))
      .join('');
    const { ran, rows } = await load(lab, schemas + body + recordLine('check_a', { id: 99 }), lab.perhaps('small-batches'));
    mustSucceed(ran);
    let at = -1;
    for (const state of printed(ran)) {
      const next = states.findIndex((candidate, index) => index > at && sameJson(candidate, state));
      must(next > at, `${JSON.stringify(state)} is out of order: ${story(ran)}`);
      at = next;
    }
    must(at === states.length - 1, `the last state must come last: ${story(ran)}`);
    must((await rows('check_a')).length === 6, 'the record after the last state must be loaded');
  }),
  check(143, 'a failed write prints no state', TARGET, async (lab) => {
    const input =
      SCHEMA + recordLine(STREAM, { id: 1, text: 'fine' }) + recordLine(STREAM, { text: 'no key' }) + stateLine({ at: 2 });
    const { config } = await lab.destination(lab.perhaps('small-batches'));
    const ran = await lab.run({ config, input });
    mustFail(ran);
    mustPrint(ran, []);
    const half = await lab.destination(lab.perhaps('small-batches'));
    const broken = SCHEMA + recordLine(STREAM, { id: 1 }) + stateLine({ at: 1 }) + 'broken\n' + stateLine({ at: 2 });
    const covered = await lab.run({ config: half.config, input: broken });
    mustFail(covered);
    must(
      !printed(covered).some((state) => sameJson(state, { at: 2 })),
      `a state after the failure is printed: ${story(covered)}`,
    );
    const rows = await half.readBack?.(STREAM);
    must(printed(covered).length === 0 || rows?.length !== 0, `a state is printed whose row is not there: ${story(covered)}`);
  }),
  check(144, 'with stdout closed the work is committed', TARGET, async (lab) => {
    const { config, readBack } = await lab.readable(lab.perhaps('small-batches'));
    const running = await lab.start({ config });
    running.closeStdout();
    await running.write(
      SCHEMA + recordLine(STREAM, { id: 1 }) + stateLine({ at: 1 }) + recordLine(STREAM, { id: 2 }) + stateLine({ at: 2 }),
    );
    running.end();
    const ran = await running.ended();
    must(ran.code !== 0, `the state could not be told, so it must not exit 0: ${story(ran)}`);
    must(sameJson(column(await readBack(STREAM), 'id'), ['1', '2']), 'both rows must be committed');
  }),
  check(145, 'SIGTERM leaves state and data in step', TARGET, async (lab) => {
    const { config, readBack } = await lab.readable(lab.perhaps('small-batches'));
    const running = await lab.start({ config });
    await running.write(SCHEMA + recordLine(STREAM, { id: 1 }) + stateLine({ at: 1 }));
    await running
      .until('the first state', () => running.stdout().includes('\n'), PATIENCE_MS)
      .catch((error: unknown) => {
        throw running.alive() ? new Skipped('it tells no state before the end of its input') : error;
      });
    await running.write(recordLine(STREAM, { id: 2 }) + stateLine({ at: 2 }) + recordLine(STREAM, { id: 3 }));
    running.kill('SIGTERM');
    const ran = await running.ended();
    must(ran.code === 143, `it must exit 143: ${story(ran)}`);
    const found = column(await readBack(STREAM), 'id');
    const last = printed(ran).at(-1) as { at: number };
    for (let id = 1; id <= last.at; id++)
      must(found.includes(String(id)), `row ${id} is covered by the state ${last.at} and not there`);
  }),
  check(146, 'EOF commits the rest', TARGET, async (lab) => {
    const input = SCHEMA + recordLine(STREAM, { id: 1 }) + stateLine({ at: 1 }) + recordLine(STREAM, { id: 2 });
    const { ran, rows } = await load(lab, input);
    mustSucceed(ran);
    mustPrint(ran, [{ at: 1 }]);
    must(sameJson(column(await rows(STREAM), 'id'), ['1', '2']), 'the row after the last state must be committed');
  }),
  check(147, 'a fragment at EOF is refused', TARGET, async (lab) => {
    const whole = SCHEMA + recordLine(STREAM, { id: 1 }) + stateLine({ at: 1 });
    const next = recordLine(STREAM, { id: 2, text: 'cut' }).trimEnd();
    for (const fragment of [next.slice(0, -1), next.slice(0, 30), '{', '{"type":"STATE","value":{"at":']) {
      const { ran, rows } = await load(lab, whole + fragment);
      mustFail(ran, `an input that ends with ${fragment}`);
      must(!column(await rows(STREAM), 'id').includes('2'), 'the fragment was loaded');
      must(
        printed(ran).every((state) => sameJson(state, { at: 1 })),
        `a state that did not come whole: ${story(ran)}`,
      );
    }
  }),
  check(149, 'two targets at once', TARGET, async (lab) => {
    if (lab.subject.makeDestination === undefined) throw new Skipped('it needs a destination of its own');
    const { config, readBack } = await lab.readable();
    const part = (half: number): string =>
      SCHEMA + Array.from({ length: 50 }, (_, id) => recordLine(STREAM, { id: half * 1000 + id })).join('') + stateLine({ half });
    const both = await Promise.all([0, 1].map(async (half) => lab.run({ config, input: part(half) })));
    const told = both.map((ran) => story(ran)).join(' | ');
    const refused = both.filter((ran) => ran.code !== 0);
    // Of a stranger it is not known whether it shares; one that does not says that another is at work.
    const shares =
      lab.subject.sharesDestination ?? !(refused.length > 0 && refused.every((ran) => /\block|another|in use/i.test(ran.stderr)));
    if (shares) {
      must(
        both.every((ran) => ran.code === 0),
        `both must succeed: ${told}`,
      );
      must((await readBack(STREAM)).length === 100, 'all rows of both must be there');
      return;
    }
    // One that cannot share must refuse in words and leave the other's work whole.
    must(
      both.some((ran) => ran.code === 0),
      `one must succeed: ${told}`,
    );
    for (const ran of refused) mustFail(ran);
    const rows = (await readBack(STREAM)).length;
    must(rows === 50 * both.filter((ran) => ran.code === 0).length, `${rows} rows are there: ${told}`);
  }),
  check(150, 'overwrite swaps once, and only a complete run', TARGET, async (lab) => {
    const overwrite = lab.way('overwrite');
    const rowsOf = (ids: readonly number[]): string => SCHEMA + ids.map((id) => recordLine(STREAM, { id })).join('');
    const { ran, config, rows } = await load(lab, rowsOf([1, 2, 3]) + stateLine({ bookmarks: {} }), overwrite);
    mustSucceed(ran);
    // A tap that dies leaves an end of input like any other, so its rows alone must not replace anything.
    const running = stateLine({ bookmarks: {}, currently_syncing: STREAM });
    for (const cut of [rowsOf([7]), rowsOf([7]) + running, rowsOf([7, 8]) + '{"type":"RECO']) {
      const incomplete = await lab.run({ config, input: cut });
      must(incomplete.code !== 0, `an overwrite that is not proven complete must not exit 0: ${story(incomplete)}`);
      must(sameJson(column(await rows(STREAM), 'id'), ['1', '2', '3']), `the old rows must stay: ${story(incomplete)}`);
    }
    mustSucceed(await lab.run({ config, input: rowsOf([4, 5]) + stateLine({ bookmarks: {} }) }), 'a complete run');
    must(sameJson(column(await rows(STREAM), 'id'), ['4', '5']), 'the new rows must have replaced the old ones');
    mustSucceed(await lab.run({ config, input: SCHEMA + stateLine({ bookmarks: {} }) }), 'a run with nothing new');
    must(sameJson(column(await rows(STREAM), 'id'), ['4', '5']), 'a run with nothing to read must leave the rows');
  }),
];

/** Writes records of two streams and a STATE after each, as fast as they are taken, until the process is gone. */
async function feedUntilGone(running: Running): Promise<void> {
  await running.write(SCHEMA + schemaLine(OTHER, { id: 'integer' }, ['id']));
  for (let at = 0; running.alive(); at++) {
    // Lets the answers in: a write that the pipe takes at once would never give way to them.
    await setImmediate();
    await running.write(
      recordLine(STREAM, { id: at, text: 'x'.repeat(100) }) + recordLine(OTHER, { id: at }) + stateLine({ at }),
    );
  }
}
