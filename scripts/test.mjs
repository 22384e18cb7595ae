// @ts-check
// `npm test`: everything, from a fresh clone on. `npm test -- ARGS` hands ARGS to vitest, for example `--project unit`.
import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { check } from './check.mjs';
import { root, tool } from './command.mjs';
import { install } from './install.mjs';

const report = join('.cache', 'vitest.json');

/** @param {string} line */
const say = (line) => void process.stdout.write(`${line}\n`);

try {
  await install(say);
  say('Checking types, lint, format, generated files');
  const failedChecks = await check(say);
  await mkdir(join(root, '.cache'), { recursive: true });
  await rm(join(root, report), { force: true });
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  const { status } = await tool('vitest', 'vitest', ['run', ...reporters, ...process.argv.slice(2)], { show: true });
  const { passed, failed, skipped } = await counts(status);
  // The reporter only counts them; their names hold the reasons. Chosen tests leave all others out: no news.
  if (process.argv.length === 2) for (const name of skipped) say(`skipped: ${name}`);
  say(`${passed} passed, ${failed + failedChecks} failed`);
  process.exitCode = failed + failedChecks === 0 ? 0 : 1;
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  say('0 passed, 1 failed');
  process.exitCode = 1;
}

/**
 * Counts tests; a test file that could not be loaded and a run that failed outside of any test count as failed, too.
 * @param {number} status vitest's exit code
 * @returns {Promise<{ passed: number, failed: number, skipped: string[] }>} `skipped`: their names
 */
async function counts(status) {
  const text = await readFile(join(root, report), 'utf8').catch(() => undefined);
  if (text === undefined) return { passed: 0, failed: 1, skipped: [] };
  /** @type {{ numPassedTests: number, numFailedTests: number, testResults: { status: string, assertionResults: { status: string, fullName: string }[] }[] }} */
  const result = JSON.parse(text);
  const broken = result.testResults.filter(
    (file) => file.status === 'failed' && !file.assertionResults.some((t) => t.status === 'failed'),
  );
  const failed = result.numFailedTests + broken.length;
  const skipped = result.testResults.flatMap((file) =>
    file.assertionResults.filter((t) => t.status === 'skipped').map((t) => t.fullName),
  );
  return { passed: result.numPassedTests, failed: failed === 0 && status !== 0 ? 1 : failed, skipped };
}
