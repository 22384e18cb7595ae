// @ts-check
// `npm run check`: types, type-aware lint, format, generated files. All run, so that one call shows all there is to mend.
import process from 'node:process';
import { pathToFileURL } from 'node:url';
import { command, tool } from './command.mjs';
import { install } from './install.mjs';

/** Their output is kept for later, so no terminal is there to show colours. */
const plain = { env: { ...process.env, NO_COLOR: '1', FORCE_COLOR: undefined, CI: undefined } };

/** @type {readonly { name: string, fix: string, run: () => Promise<{ status: number, output: string }> }[]} */
const checks = [
  { name: 'types', fix: 'correct the sources', run: () => tool('typescript', 'tsc', ['-p', 'test/tsconfig.json'], plain) },
  { name: 'lint', fix: 'correct the sources', run: () => tool('oxlint', 'oxlint', ['--type-aware', '--deny-warnings'], plain) },
  { name: 'format', fix: 'npx oxfmt', run: () => tool('oxfmt', 'oxfmt', ['--check'], plain) },
  {
    name: 'generated files',
    fix: 'npm run generate',
    run: () => command(process.execPath, ['scripts/generate.mjs', '--check'], plain),
  },
];

/**
 * Runs all checks; the compiled sources must be in dist/.
 * @param {(line: string) => void} say
 * @returns {Promise<number>} how many failed
 */
export async function check(say) {
  const results = await Promise.all(checks.map(async (each) => ({ ...each, ...(await each.run()) })));
  for (const { name, fix, status, output } of results) {
    say(status === 0 ? `  ok      ${name}` : `  FAILED  ${name} (to mend it: ${fix})\n${output.trim()}`);
  }
  return results.filter(({ status }) => status !== 0).length;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  /** @param {string} line */
  const say = (line) => void process.stdout.write(`${line}\n`);
  try {
    // After a `git pull` packages may be missing that the sources name.
    await install(say);
    process.exitCode = (await check(say)) === 0 ? 0 : 1;
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  }
}
