// @ts-check
// `npm run soak`: the kill tests of `npm test`, at length. `-- --kills N` (default 1000) over three streams whose schemas change,
// a fifth of it for each way of resuming one file, a tenth for each load method of target-bigquery (a quarter of that on an emulator), and a
// fifth of tap-postgres into target-postgres beside writers, whose late commits are looked for as often as well; `-- --seed N`.
import process from 'node:process';
import { parseArgs } from 'node:util';
import { tool } from './command.mjs';
import { install } from './install.mjs';

const { values } = parseArgs({ options: { kills: { type: 'string', default: '1000' }, seed: { type: 'string', default: '1' } } });
await install((step) => process.stdout.write(`${step}\n`));
const kills = Number(values.kills);
const soaks = [
  { test: 'changing.test.ts', kills },
  { test: 'kill.test.ts', kills: Math.ceil(kills / 5) },
  { test: 'target-bigquery/crash.test.ts', kills: Math.ceil(kills / 10) },
  { test: 'tap-postgres/kill.test.ts', kills: Math.ceil(kills / 5) },
  { test: 'tap-postgres/late-commits.test.ts', kills: Math.ceil(kills / 5) },
];
for (const { test, kills } of soaks) {
  const env = { ...process.env, SOAK_KILLS: String(kills), SOAK_SEED: values.seed, REQUIRE_BACKENDS: '1' };
  const { status } = await tool('vitest', 'vitest', ['run', '--project', 'integration', `test/integration/${test}`], {
    show: true,
    env,
  });
  if (status !== 0) process.exitCode = status;
}
