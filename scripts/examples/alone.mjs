// @ts-check
import { readFile, writeFile } from 'node:fs/promises';
import { pipeline, recordCount } from '../pipeline.mjs';

/** @typedef {import('./executables.mjs').Call} Call */
/** @typedef {import('./work.mjs').OwnWork} OwnWork */

/**
 * Runs what Meltano ran, without Meltano: the same executables with the same settings, joined by pipes.
 * @param {readonly Call[][]} pipelines as they were noted
 * @param {OwnWork} from the run that they were noted in
 * @param {OwnWork} to the run that they are to work for
 * @param {Record<string, string>} env
 * @returns {Promise<{ records: number, seconds: number }>} records that the taps sent
 */
export async function runAlone(pipelines, from, to, env) {
  let records = 0;
  let seconds = 0;
  for (const calls of pipelines) {
    for (const { args } of calls) for (const arg of args) if (arg.startsWith(from.base)) await move(arg, from, to);
    const parts = calls.map(({ program, args }) => ({ program: `bin/${program}`, args, env: { ...to.env, ...env } }));
    const begun = performance.now();
    const { parts: ended } = await pipeline(parts, { cwd: to.folder }).done;
    seconds += (performance.now() - begun) / 1000;
    const failed = ended.find(({ status }) => status !== 0);
    if (failed !== undefined) throw new Error(`The plugins alone failed:\n${ended.map(({ stderr }) => stderr).join('\n')}`);
    records += recordCount(ended[0]?.stderr ?? '');
  }
  return { records, seconds };
}

/**
 * Makes a copy of settings, which named one run's folder, databases and whatever else its environment says, name another one's.
 * @param {string} file @param {OwnWork} from @param {OwnWork} to
 */
async function move(file, from, to) {
  const pairs = [
    [from.folder, to.folder],
    ...Array.from(from.databases, ([name, url]) => [url, to.databases.get(name)]),
    ...Object.entries(from.env).map(([name, value]) => [value, to.env[name]]),
  ];
  // A value may be a part of another one.
  const longestFirst = pairs.toSorted(([a = ''], [b = '']) => b.length - a.length);
  let text = await readFile(file, 'utf8');
  for (const [old = '', now = ''] of longestFirst) if (old !== '' && old !== now) text = text.replaceAll(old, now);
  await writeFile(file, text);
}
