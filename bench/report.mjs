// @ts-check
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, release, totalmem } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';

/** @typedef {import('./cases/case.mjs').Result} Result */
/** @typedef {import('./cases/case.mjs').Round} Round */
/** @typedef {import('./measure.mjs').Measure} Measure */

/**
 * A result with its figures: medians over the rounds.
 * @typedef {Result & { value: number, holds: boolean, reached: boolean, seconds: number, limitSeconds: number | undefined,
 *   spread: [least: number, most: number], processes: { name: string, peakMegabytes: number, cpuSeconds: number }[] }} Judged
 */

/** @param {Result} result @param {readonly Round[]} rounds @returns {Judged} */
export function judge(result, rounds) {
  const ours = rounds.flatMap((round) => round.ours[result.id] ?? []);
  const limits = rounds.flatMap(({ limit }) => (limit ? [limit.seconds] : []));
  const seconds = median(ours.map((measure) => measure.seconds));
  const limitSeconds = limits.length > 0 ? median(limits) : undefined;
  const names = [...new Set(ours.flatMap(({ processes }) => processes.map(({ name }) => name)))];
  const processes = names.map((name) => {
    const uses = ours.flatMap((measure) => measure.processes.filter((use) => use.name === name));
    return {
      name,
      peakMegabytes: Math.max(...uses.map((use) => use.peakBytes)) / 1e6,
      cpuSeconds: median(uses.map((use) => use.cpuSeconds)),
    };
  });
  /** @param {number} own @param {number | undefined} limit */
  const figure = (own, limit) => {
    if (result.unit === 'MB')
      return Math.max(0, ...processes.filter(({ name }) => result.work.includes(name)).map((use) => use.peakMegabytes));
    if (result.unit === 'seconds') return own;
    if (result.unit === 'k rows/s') return (result.rows ?? NaN) / own / 1000;
    if (limit === undefined) throw new Error(`${result.id} has no limit to be held against`);
    return result.unit === 'times as fast' ? limit / own : own / limit;
  };
  // Ours and the limit of one round ran under the same conditions, so ratios are taken round by round.
  const each = rounds.map((round, index) => figure(ours[index]?.seconds ?? NaN, round.limit?.seconds));
  const value = median(each);
  const isSpeed = result.unit === 'times as fast' || result.unit === 'k rows/s';
  const within = (/** @type {number} */ bound) => (isSpeed ? value >= bound : value <= bound);
  const spread = /** @type {[number, number]} */ ([Math.min(...each), Math.max(...each)]);
  return {
    ...result,
    value,
    holds: within(result.floor),
    reached: within(result.goal),
    seconds,
    limitSeconds,
    spread,
    processes,
  };
}

/** The table, in Markdown. @param {readonly Judged[]} judged */
export function table(judged) {
  const head = [
    'work',
    'against',
    'ratio',
    'lowest-highest',
    'floor',
    'goal',
    'k rows/s',
    'seconds',
    'processor seconds',
    'peak memory, MB',
    '',
  ];
  const rows = judged.map((line) => [
    line.work,
    line.against.replaceAll('\\', '\\\\'),
    round(line.value),
    line.spread.map(round).join('-'),
    String(line.floor),
    String(line.goal),
    line.rows === undefined ? '' : String(Math.round(line.rows / line.seconds / 1000)),
    line.seconds.toFixed(2),
    line.processes.map(({ name, cpuSeconds }) => `${name} ${cpuSeconds.toFixed(2)}`).join(', '),
    line.processes
      .filter(({ peakMegabytes }) => peakMegabytes > 0)
      .map(({ name, peakMegabytes }) => `${name} ${Math.round(peakMegabytes)}`)
      .join(', '),
    line.reached ? 'goal' : line.holds ? 'floor' : 'MISSED',
  ]);
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |\n`).join('');
}

/** Writes the results of today as JSON and as a table; gives the path. @param {readonly Judged[]} judged @param {string} folder */
export function keep(judged, folder) {
  const at = new Date();
  const machine = {
    processor: cpus()[0]?.model,
    processors: cpus().length,
    memoryGigabytes: Math.round(totalmem() / 2 ** 30),
    kernel: release(),
    node: process.version,
    /** Of the last 1, 5 and 15 minutes: more than the bench's own two to three processes means that others worked beside it. */
    load: loadavg(),
  };
  const path = join(folder, at.toISOString().slice(0, 16).replace(/[-:]/g, '').replace('T', '-'));
  mkdirSync(folder, { recursive: true });
  writeFileSync(`${path}.json`, `${JSON.stringify({ at, machine, results: judged }, undefined, 2)}\n`);
  writeFileSync(
    `${path}.md`,
    `${at.toISOString().slice(0, 10)}, ${machine.processors} × ${machine.processor}, Node ${machine.node}\n\n${table(judged)}`,
  );
  return `${path}.json`;
}

/** @param {number} value */
const round = (value) => (value >= 20 ? value.toFixed(0) : value.toFixed(2));

/** @param {readonly number[]} values */
function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? (sorted[middle] ?? NaN) : ((sorted[middle - 1] ?? NaN) + (sorted[middle] ?? NaN)) / 2;
}
