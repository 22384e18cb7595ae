// @ts-check
// Ours against the limit, in turn, in one run; medians of five rounds; one table. Ends with 1 if a floor is missed.
//
//   npm run bench -- [--rounds N] [--only PATTERN] [--large] [--peers] [--no-build]
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { npm, root } from '../scripts/command.mjs';
import { BenchPostgres } from './postgres.mjs';
import { judge, keep, table } from './report.mjs';

/** @typedef {import('./cases/case.mjs').Case} Case */
/** @typedef {import('./cases/case.mjs').Round} Round */

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    only: { type: 'string', default: '' },
    large: { type: 'boolean', default: false },
    peers: { type: 'boolean', default: false },
    'no-build': { type: 'boolean', default: false },
  },
});

class Skipped extends Error {}

const say = (/** @type {string} */ text) => process.stderr.write(`${text}\n`);
const folder = mkdtempSync(join(tmpdir(), 'tapline-bench-'));
/** @type {Promise<BenchPostgres> | undefined} */
let server;
const bench = {
  folder,
  postgres: () => (server ??= BenchPostgres.start()),
  /** @param {string} name @param {object} config */
  configFile(name, config) {
    const path = join(folder, `${name}.json`);
    writeFileSync(path, JSON.stringify(config));
    return path;
  },
  /** @param {string} reason @returns {never} */
  skip(reason) {
    throw new Skipped(reason);
  },
};

/** @returns {Promise<[name: string, definition: Case][]>} */
async function wantedCases() {
  const names = readdirSync(new URL('cases/', import.meta.url))
    .filter((file) => file.endsWith('.mjs') && file !== 'case.mjs')
    .map((file) => file.slice(0, -4));
  const cases = await Promise.all(
    names
      .filter((name) => new RegExp(values.only).test(name))
      .map(async (name) => /** @type {[string, Case]} */ ([name, (await import(`./cases/${name}.mjs`)).default])),
  );
  return cases.filter(([, { only }]) => only === undefined || values[only]);
}

/** @param {string} name @param {Case} definition */
async function runCase(name, definition) {
  await definition.prepare?.(bench);
  /** @type {Round[]} */
  const rounds = [];
  for (let round = 1; round <= Math.min(Number(values.rounds), definition.rounds ?? Infinity); round++) {
    const measured = await definition.round(bench);
    rounds.push(measured);
    const seconds = [
      ...(measured.limit ? [`limit ${measured.limit.seconds.toFixed(2)} s`] : []),
      ...Object.entries(measured.ours).map(([id, { seconds }]) => `${id} ${seconds.toFixed(2)} s`),
    ];
    say(`${name}, round ${round}: ${seconds.join(', ')}`);
  }
  return definition.results.map((result) => judge(result, rounds));
}

if (!values['no-build']) {
  const built = await npm(['run', '-s', 'build']);
  if (built.status !== 0) throw new Error(`The build failed:\n${built.output}`);
}
const judged = [];
let failed = false;
try {
  for (const [name, definition] of await wantedCases()) {
    try {
      judged.push(...(await runCase(name, definition)));
    } catch (error) {
      if (error instanceof Skipped) say(`${name}: skipped, because ${error.message}`);
      else {
        failed = true;
        say(`${name}: ${error instanceof Error ? error.message : String(error)}`);
      }
    }
  }
} finally {
  await (await server)?.stop();
  rmSync(folder, { recursive: true });
}
process.stdout.write(table(judged));
say(`Kept in ${keep(judged, join(root, 'bench', 'results'))}`);
if (failed || judged.some((line) => !line.holds)) process.exitCode = 1;
