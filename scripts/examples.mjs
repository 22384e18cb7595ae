// @ts-check
// `npm run examples`: the pipelines of examples/, each by real Meltano against real servers, twice, and killed once. From a fresh clone on.
// `-- NAME …` runs some of them, `-- --keep` leaves the servers up, `-- --rows 1000` takes less of the data, `-- --seed 2` other data.
import process from 'node:process';
import { parseArgs } from 'node:util';
import { toTheEnd } from './ending.mjs';
import { install } from './install.mjs';

/** @type {import('./examples/session.mjs').Session | undefined} */
let session;

await toTheEnd({
  failed: 'The examples failed.',
  work: main,
  interrupt: () => session?.interrupt(),
  close: () => session?.close(),
});

async function main() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { keep: { type: 'boolean', default: false }, rows: { type: 'string' }, seed: { type: 'string' } },
  });
  const [rows, seed] = [wholeNumber('rows', values.rows), wholeNumber('seed', values.seed)];
  await install(say);
  // Only now: these need the packages.
  const { chosenExamples, openSession } = await import('./examples/session.mjs');
  const { summary } = await import('./examples/report.mjs');
  const names = await chosenExamples(positionals);
  session = await openSession({ say, keep: values.keep, ...(seed === undefined ? {} : { seed }) });
  const results = [];
  for (const name of names) results.push(await session.run(name, rows));
  say('');
  for (const line of summary(results)) say(line);
  if (results.some(({ same, problems }) => !same || problems.length > 0)) process.exitCode = 1;
  if (!values.keep) return session.close();
  const { look, end } = session.kept();
  for (const line of ['', 'The servers stay up. To look around:', ...look.map(indent), 'To end it:', ...end.map(indent)])
    say(line);
}

/** @param {string} name @param {string | undefined} text */
function wholeNumber(name, text) {
  if (text === undefined) return undefined;
  const number = Number(text);
  if (Number.isSafeInteger(number) && number > 0) return number;
  throw new Error(`--${name} takes a whole number above 0, not ${text}`);
}

/** @param {string} line */
function indent(line) {
  return `  ${line}`;
}

/** @param {string} line */
function say(line) {
  process.stdout.write(`${line}\n`);
}
