// @ts-check
// `npm run matrix`: the tests of tap-postgres and target-postgres, the edge values among them, against every Postgres version that can be had here.
// `-- --versions 14,17` chooses; `-- PATH…` runs other test files. Prints one line per version; what cannot be had is named.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { tool } from './command.mjs';
import { install } from './install.mjs';
import { POSTGRES_VERSIONS, postgresFolder } from './postgres-versions.mjs';

const { values, positionals } = parseArgs({ options: { versions: { type: 'string' } }, allowPositionals: true });
const wanted = values.versions?.split(',').map(Number);
const unknown = wanted?.filter((version) => !(/** @type {readonly number[]} */ (POSTGRES_VERSIONS).includes(version))) ?? [];
if (unknown.length > 0) throw new Error(`No such version: ${unknown.join(', ')}; there are ${POSTGRES_VERSIONS.join(', ')}`);
const files = positionals.length > 0 ? positionals : ['test/integration/tap-postgres', 'test/integration/target-postgres'];

/** @param {string} line */
const say = (line) => void process.stdout.write(`${line}\n`);
/** @type {string[]} */
const rows = [];

await install(say);
const folder = await mkdtemp(join(tmpdir(), 'tapline-matrix-'));
try {
  for (const version of POSTGRES_VERSIONS) {
    if (wanted !== undefined && !wanted.includes(version)) continue;
    say(`Postgres ${version}`);
    const line = await lineOf(version);
    rows.push(`| ${version} | ${line} |`);
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}
say(['| Postgres | passed | failed | skipped | seconds |', '| --- | --- | --- | --- | --- |', ...rows].join('\n'));

/**
 * Runs the tests against one version and gives its cells of the table; sets the exit code when a test fails.
 * @param {import('./postgres-versions.mjs').PostgresVersion} version
 * @returns {Promise<string>}
 */
async function lineOf(version) {
  try {
    await postgresFolder(version);
  } catch (error) {
    return `cannot be had here: ${error instanceof Error ? error.message.split('\n')[0] : String(error)} | | |`;
  }
  const report = join(folder, `${version}.json`);
  const started = performance.now();
  const { status } = await tool(
    'vitest',
    'vitest',
    ['run', '--project', 'integration', '--reporter=default', '--reporter=json', `--outputFile.json=${report}`, ...files],
    { show: true, env: { ...process.env, POSTGRES_VERSION: String(version), REQUIRE_BACKENDS: '1' } },
  );
  if (status !== 0) process.exitCode = 1;
  const text = await readFile(report, 'utf8').catch(() => undefined);
  if (text === undefined) return 'no report | | |';
  /** @type {{ numPassedTests: number, numFailedTests: number, numPendingTests: number }} */
  const { numPassedTests, numFailedTests, numPendingTests } = JSON.parse(text);
  return `${numPassedTests} | ${numFailedTests} | ${numPendingTests} | ${Math.round((performance.now() - started) / 1000)}`;
}
