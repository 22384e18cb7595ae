// @ts-check
// `npm run demo`: a dirty CSV file, cleaned and with pseudonyms for its people, into Postgres; then two more rows. From a fresh clone on.
// `-- --keep` leaves the server up.
import { randomBytes } from 'node:crypto';
import { appendFile, mkdir, rm, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import process from 'node:process';
import { command, root } from './command.mjs';
import { toTheEnd } from './ending.mjs';
import { install } from './install.mjs';
import { pipeline, recordCount } from './pipeline.mjs';

const ROWS = 20_500;
const ADDED = ['ned,2019-09-30 00:00:00 UTC,7.5,bizdev', 'robert,09/30/2019 12:00 AM,0.5,bizdev'];

const folder = join(root, '.cache', 'demo');
const files = {
  data: join(folder, 'checkins.csv'),
  tap: join(folder, 'tap.config.json'),
  clean: join(folder, 'clean.config.json'),
  key: join(folder, 'people.key'),
  target: join(folder, 'target.config.json'),
  state: join(folder, 'state.json'),
};
/** What is done to the rows on their way. */
const CLEAN = {
  keys: { people: { file: files.key } },
  transforms: {
    checkins: {
      fields: {
        user: ['trim', 'lower', { null_if: [''] }, 'required', { pseudonymize: { key: 'people', domain: 'user' } }],
        timestamp: {
          datetime: { formats: ['iso', 'MM/dd/yyyy hh:mm a', 'd MMMM yyyy HH:mm'], locales: ['en', 'ru'], zone: 'UTC' },
        },
        hours: 'number',
        project: ['trim', 'lower'],
      },
      set: { checkin_id: { key_hash: { of: ['user', 'timestamp', 'project', 'hours'], occurrence: true } } },
      keys: ['checkin_id'],
    },
  },
};
const keep = process.argv.includes('--keep');
const number = new Intl.NumberFormat('en');

/** @type {import('node:child_process').ChildProcess[]} */
let running = [];
/** @type {import('./postgres.mjs').PostgresServer | undefined} */
let server;

await toTheEnd({
  failed: 'The demo failed.',
  work: demo,
  interrupt() {
    for (const child of running) child.kill('SIGTERM');
  },
  close: () => server?.stop(),
});

async function demo() {
  say(
    'A CSV file as dirty as real ones is cleaned, its people get pseudonyms, and it goes into Postgres; then it grows, and only what is new moves.\n',
  );
  await step('Packages and compiled sources are ready', () => install(() => {}));
  // Only now: these need the packages.
  const { startPostgres } = await import('./postgres.mjs');
  const { Client } = await import('pg');

  server = await step('A Postgres server of our own is up', () => startPostgres({ keep }));
  const url = await server.createDatabase('demo');
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  await step(`${number.format(ROWS)} check-ins are in ${short(files.data)}`, async () => {
    const args = ['examples/checkins/generate.mjs', '--rows', String(ROWS), '--seed', '1', '--out', files.data];
    const { status, output } = await command(process.execPath, args);
    if (status !== 0) throw new Error(output);
  });
  await writeFile(files.tap, json({ files: [{ entity: 'checkins', path: files.data }] }));
  await writeFile(files.key, randomBytes(32).toString('hex'), { mode: 0o600 });
  await writeFile(files.clean, json(CLEAN));
  await writeFile(files.target, json({ url, default_target_schema: 'public' }));

  const client = new Client({ connectionString: url });
  client.on('error', () => {}); // The server goes first when the demo is stopped by a signal.
  await client.connect();
  const first = await step('', () => run([]));
  const found = await client.query(
    'SELECT count(*)::int AS rows, count(DISTINCT "user")::int AS people, count(DISTINCT project)::int AS projects FROM checkins',
  );
  const { rows, people, projects } = found.rows[0];
  say(`  ${number.format(first)} rows read; the table has ${number.format(rows)}, of ${people} people and ${projects} projects.`);
  const aside = await client.query('SELECT count(*)::int AS rows FROM checkins__quarantine');
  say(
    `  ${number.format(aside.rows[0].rows)} rows name nobody: they are in checkins__quarantine, with the reason. Some of the others:\n`,
  );
  const sample = await client.query(
    `SELECT "user", to_char("timestamp" AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US') AS "timestamp", hours::text, project FROM checkins LIMIT 3`,
  );
  table(sample.rows.map((row) => ({ ...row, user: `${row.user.slice(0, 12)}…` })));
  await showRow();

  await appendFile(files.data, `${ADDED.join('\n')}\n`);
  say(`Two rows are appended to ${short(files.data)}.\n`);
  const second = await step('', () => run(['--state', files.state]));
  const after = await client.query('SELECT count(*)::int AS rows FROM checkins');
  say(`  ${number.format(second)} rows read; the table has ${number.format(after.rows[0].rows)}. Only what is new moved.\n`);
  await client.end();
  if (second !== ADDED.length || after.rows[0].rows !== rows + ADDED.length || rows + aside.rows[0].rows !== ROWS)
    throw new Error('The rows do not add up.');
  await finish(url);
}

/** A row before and after, step by step: what `transform-records --explain` tells. */
async function showRow() {
  const input = join(folder, 'one-row.jsonl');
  const { processes, done } = pipeline([{ program: 'bin/tap-csv', args: ['--config', files.tap, '--test'] }]);
  running = processes;
  const { stdout } = await done;
  await writeFile(input, stdout);
  const args = ['bin/transform-records', '--explain', '--format', 'text', '--config', files.clean, '--input', input];
  const { status, output } = await command(process.execPath, args, {
    env: { ...process.env, TRANSFORM_RECORDS_LOGLEVEL: 'WARNING' },
  });
  if (status !== 0) throw new Error(output);
  say('One row on its way, as transform-records --explain shows it:\n');
  say(`${output.trimEnd().replaceAll(/^/gm, '    ')}\n`);
}

/**
 * Runs tap, mapper and target joined by pipes and keeps the last state the target printed.
 * @param {string[]} more flags of the tap
 * @returns {Promise<number>} rows the tap sent
 */
async function run(more) {
  const tap = { program: 'bin/tap-csv', args: ['--config', files.tap, ...more] };
  const clean = {
    program: 'bin/transform-records',
    args: ['--config', files.clean],
    env: { TRANSFORM_RECORDS_LOGLEVEL: 'WARNING' },
  };
  // The target shows the progress line; of its log only warnings are of interest here.
  const target = {
    program: 'bin/target-postgres',
    args: ['--config', files.target],
    env: { TARGET_POSTGRES_LOGLEVEL: 'WARNING' },
    stderr: /** @type {const} */ ('inherit'),
  };
  say(
    [tap, clean, target]
      .map(({ program, args }) => `$ ${program} ${args.map(short).join(' ')}`)
      .join(' \\\n  | ')
      .replaceAll('| $', '|'),
  );
  const { processes, done } = pipeline([tap, clean, target]);
  running = processes;
  const { parts, stdout } = await done;
  running = [];
  if (parts.some(({ status }) => status !== 0))
    throw new Error(`Exit codes ${parts.map(({ status }) => status).join(', ')}\n${parts[0]?.stderr}${parts[1]?.stderr}`);
  const state = stdout.trimEnd().split('\n').at(-1);
  if (state) await writeFile(files.state, `${state}\n`);
  return recordCount(parts[0]?.stderr ?? '');
}

/** @param {string} url */
async function finish(url) {
  if (!keep) {
    await server?.stop();
    return say('The server is stopped and its data removed. To look around: npm run demo -- --keep');
  }
  say('The server stays up:');
  say(`  connect    psql ${url}   (or any Postgres client)`);
  say(
    `  run again  bin/tap-csv --config ${short(files.tap)} --state ${short(files.state)} | bin/transform-records --config ${short(files.clean)} | bin/target-postgres --config ${short(files.target)}`,
  );
  say(
    `  stop       ${server?.pid === undefined ? 'it is the one DATABASE_URL names: drop its database demo' : `kill ${server.pid}`}`,
  );
}

/**
 * @template T
 * @param {string} done said when it is done; nothing if empty
 * @param {() => Promise<T>} work
 */
async function step(done, work) {
  const begun = performance.now();
  const result = await work();
  const seconds = `${((performance.now() - begun) / 1000).toFixed(1)} s`.padStart(7);
  say(done ? `${seconds}  ${done}` : seconds);
  return result;
}

/** @param {Record<string, string | null>[]} rows */
function table(rows) {
  const names = Object.keys(rows[0] ?? {});
  const lines = [names, ...rows.map((row) => names.map((name) => row[name] ?? ''))];
  const widths = names.map((_, n) => Math.max(...lines.map((line) => line[n]?.length ?? 0)));
  for (const line of lines)
    say(
      `    ${line
        .map((cell, n) => cell.padEnd(widths[n] ?? 0))
        .join('   ')
        .trimEnd()}`,
    );
  say('');
}

/** A path as the reader would type it. @param {string} text */
function short(text) {
  return text.startsWith(root) ? relative(root, text) : text;
}

/** @param {unknown} value */
function json(value) {
  return `${JSON.stringify(value, undefined, 2)}\n`;
}

/** @param {string} line */
function say(line) {
  process.stdout.write(`${line}\n`);
}
