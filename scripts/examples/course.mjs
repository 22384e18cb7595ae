// @ts-check
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { setTimeout as wait } from 'node:timers/promises';
import { runAlone } from './alone.mjs';
import { CALLS, HELD, HOLD_AFTER, notedPipelines } from './executables.mjs';
import { start } from './work.mjs';

/** @typedef {import('./example.mjs').Example} Example */
/** @typedef {import('./example.mjs').Leg} Leg */
/** @typedef {import('./work.mjs').OwnWork} OwnWork */

/**
 * What became of one example.
 * @typedef {object} Result
 * @property {string} name
 * @property {import('./example.mjs').Counts} counts
 * @property {LegResult[]} legs
 * @property {number} seconds for all that was done
 * @property {boolean} same whether each of the other runs left what the first one left
 * @property {string[]} problems
 */

/**
 * @typedef {object} LegResult
 * @property {string} name
 * @property {number} seconds as it is meant to be run
 * @property {{ records: number, seconds: number }} [alone] the same by the plugins alone; not for legs without any
 */

/** How long a kill waits for the first rows to arrive. */
const ARRIVAL_MS = 30_000;

/**
 * Runs an example, runs it again, runs its plugins alone, and kills it in its middle and runs it again; each time the outcome must be the same.
 * @param {Example} example
 * @param {(id: string) => Promise<OwnWork>} makeWork
 * @param {(line: string) => void} say
 * @returns {Promise<Result>}
 */
export async function runExample(example, makeWork, say) {
  const begun = performance.now();
  /** @type {string[]} */
  const problems = [];
  const timed = async (/** @type {string} */ what, /** @type {() => Promise<string | void>} */ work) => {
    const start = performance.now();
    const more = await work();
    const seconds = (performance.now() - start) / 1000;
    say(`${seconds.toFixed(1).padStart(7)} s  ${what}${more ?? ''}`);
    return seconds;
  };

  const first = await makeWork('a');
  await timed('data is made', () => example.prepare(first));
  /** @type {LegResult[]} */
  const legs = [];
  for (const leg of example.legs) {
    await leg.before?.(first);
    await mkdir(callsOf(first, leg), { recursive: true });
    const noted = { [CALLS]: callsOf(first, leg) };
    const seconds = await timed(leg.command.join(' '), async () => {
      await first.run(leg.command, { ...leg.env, ...noted });
    });
    legs.push({ name: leg.name, seconds });
  }
  await timed('the outcome is compared with an independent computation', async () => {
    problems.push(...(await example.verify(first)));
  });
  const counts = await example.measure(first);
  const outcome = await example.fingerprint(first, names(example.legs));
  const compare = async (/** @type {string} */ what, /** @type {OwnWork} */ work, /** @type {readonly string[]} */ done) => {
    const wanted = done.length === example.legs.length ? outcome : await example.fingerprint(first, done);
    if ((await example.fingerprint(work, done)) === wanted) return true;
    problems.push(`${what}: the outcome is another one`);
    return false;
  };

  await timed('all run again', async () => {
    for (const leg of example.legs) await first.run(leg.command, leg.env);
  });
  const sameAgain = await compare('Run again', first, names(example.legs));

  const withoutMeltano = example.apart ? example.legs.filter(({ whole }) => whole !== true) : example.legs;
  const alone = await makeWork('b');
  await timed('the plugins alone, without Meltano', async () => {
    await example.prepare(alone);
    for (const leg of withoutMeltano) {
      await leg.before?.(alone);
      const pipelines = leg.whole ? [] : await notedPipelines(callsOf(first, leg));
      const result = legs.find(({ name }) => name === leg.name);
      if (pipelines.length === 0) await alone.run(leg.command, leg.env);
      else if (result !== undefined) result.alone = await runAlone(pipelines, first, alone, leg.env ?? {});
    }
  });
  const sameAlone = await compare('The plugins alone', alone, names(withoutMeltano));

  const victim = example.killed ?? example.legs[0]?.name;
  const withVictim = example.apart ? example.legs.filter(({ name }) => name === victim) : example.legs;
  const killed = await makeWork('c');
  await timed('killed in the middle and run again', async () => {
    await example.prepare(killed);
    let told = '';
    for (const leg of withVictim) {
      await leg.before?.(killed);
      if (leg.name === victim) {
        const records = legs.find(({ name }) => name === leg.name)?.alone?.records ?? 0;
        const arrived = await kill(example, leg, killed, Math.ceil(records / 2));
        told = ` (after ${Math.ceil(records / 2)} of ${records} records${arrived === undefined ? '' : `, of which ${arrived} had arrived`})`;
        if (arrived === 0) problems.push('Killed in the middle: nothing had arrived, so that this shows little');
      }
      await killed.run(told === '' ? leg.command : forced(leg.command), leg.env);
    }
    return told;
  });
  const sameKilled = await compare('Killed and run again', killed, names(withVictim));

  const same = sameAgain && sameAlone && sameKilled;
  return { name: example.name, counts, legs, seconds: (performance.now() - begun) / 1000, same, problems };
}

/**
 * Meltano takes a run that was killed for one that still goes on, for five minutes, and refuses those with the same tap and target.
 * @param {readonly string[]} command
 */
function forced(command) {
  return command[0] === 'meltano' && command[1] === 'run' ? command.toSpliced(2, 0, '--force') : command;
}

/** @param {readonly Leg[]} legs */
function names(legs) {
  return legs.map(({ name }) => name);
}

/** @param {OwnWork} work @param {Leg} leg */
function callsOf(work, leg) {
  return join(work.base, 'calls', leg.name);
}

/**
 * Runs a leg and kills it, with all that it has started, when so many of its records have left the tap and some of them have arrived.
 * @param {Example} example @param {Leg} leg @param {OwnWork} work @param {number} records
 * @returns {Promise<number | undefined>} how many had arrived; undefined where that cannot be seen before the end
 * @throws {Error} when it ends by itself
 */
export async function kill(example, leg, work, records) {
  const held = join(work.base, 'held');
  const env = { ...work.env, ...leg.env, ...example.killedWith?.(work), [HOLD_AFTER]: String(records), [HELD]: held };
  const { pid, ended } = start(leg.command, { folder: work.folder, env, groups: work.groups });
  const leader = { over: false };
  void ended.finally(() => (leader.over = true)).catch(() => {});
  while (!existsSync(held) && !leader.over) await wait(20);
  const until = performance.now() + ARRIVAL_MS;
  let arrived = await example.loaded?.(work);
  while (arrived === 0 && !leader.over && performance.now() < until) {
    await wait(50);
    arrived = await example.loaded?.(work);
  }
  if (leader.over) throw new Error(`${leg.name} ended before it could be killed:\n${(await ended).output}`);
  process.kill(-pid, 'SIGKILL');
  await ended;
  return arrived;
}
