// @ts-check
// `npm run peers`: puts plugins of other makers, from the Python package index, to the statements and writes docs/peers.md.
// `npm run peers -- --only target-jsonl` shows what fails there and writes nothing; `npm run peers -- --record` writes
// test/streams/recorded anew.
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { root } from './command.mjs';
import { checkPeers, PEERS_FILE } from './peers/check.mjs';
import { peersPage } from './peers/page.mjs';
import { record } from './peers/record.mjs';

/** @param {string} line */
const say = (line) => void process.stdout.write(`${line}\n`);

/** @param {readonly string[]} argv */
async function main(argv) {
  if (argv.includes('--record')) return record(say);
  const expect = join(root, 'dist', 'check', 'expect.js');
  if (!existsSync(expect)) throw new Error('run npm run build first');
  const { briefly } = await import(expect);
  const only = argv.includes('--only') ? argv[argv.indexOf('--only') + 1] : undefined;
  const results = await checkPeers(say, ({ title }) => only === undefined || title.includes(only));
  const page = peersPage(results, new Date().toISOString().slice(0, 10), briefly);
  if (only !== undefined) return say(page);
  await writeFile(join(root, PEERS_FILE), page);
  say(`written: ${PEERS_FILE}`);
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
