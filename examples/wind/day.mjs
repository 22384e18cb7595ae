// @ts-check
// Loads one day, for cron: yesterday (UTC) unless a day is given. Run it again for a day as often as you like.
//
//   node day.mjs             0 1 * * * cd /srv/wind && node day.mjs
//   node day.mjs 2026-02-20
//   node day.mjs 2026-02-20 wind-by-api      the job that asks the source's service
import { spawnSync } from 'node:child_process';
import process from 'node:process';

const DAY_MS = 86_400_000;
const [start = day(Date.now() - DAY_MS), job = 'wind'] = process.argv.slice(2);
const time = Date.parse(`${start}T00:00:00Z`);
if (start !== '' && day(time) === start) load({ PARTITION_START: start, PARTITION_END: day(time + DAY_MS) });
else {
  process.stderr.write(`${start} is no day: 2026-02-20\n`);
  process.exitCode = 2;
}

/** @param {Record<string, string>} window */
function load(window) {
  const { status, error } = spawnSync('meltano', ['run', job], { stdio: 'inherit', env: { ...process.env, ...window } });
  if (error !== undefined) process.stderr.write(`meltano cannot be started: ${error.message}\n`);
  process.exitCode = status ?? 1;
}

/** @param {number} time @returns {string} empty for no time */
function day(time) {
  return Number.isNaN(time) ? '' : new Date(time).toISOString().slice(0, 10);
}
