// @ts-check
// Loads one day, for cron: yesterday (UTC) unless a day is given. Run it again for a day as often as you like.
//
//   node day.mjs             0 1 * * * cd /srv/wind && node day.mjs
//   node day.mjs 2026-02-20
import { spawnSync } from 'node:child_process';
import process from 'node:process';

const DAY_MS = 86_400_000;
const [given] = process.argv.slice(2);
const start = given ?? day(Date.now() - DAY_MS);
if (day(Date.parse(`${start}T00:00:00Z`)) !== start) {
  process.stderr.write(`${start} is no day: 2026-02-20\n`);
  process.exit(2);
}
const window = { PARTITION_START: start, PARTITION_END: day(Date.parse(`${start}T00:00:00Z`) + DAY_MS) };
const { status, error } = spawnSync('meltano', ['run', 'wind'], { stdio: 'inherit', env: { ...process.env, ...window } });
if (error !== undefined) process.stderr.write(`meltano cannot be started: ${error.message}\n`);
process.exitCode = status ?? 1;

/** @param {number} time */
function day(time) {
  return Number.isNaN(time) ? '' : new Date(time).toISOString().slice(0, 10);
}
