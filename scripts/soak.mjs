// @ts-check
// `npm run soak`: the kill test of `npm test`, at length. `-- --kills N` (default 200, each way of resuming), `-- --seed N`.
import process from 'node:process';
import { parseArgs } from 'node:util';
import { tool } from './command.mjs';
import { install } from './install.mjs';

const { values } = parseArgs({ options: { kills: { type: 'string', default: '200' }, seed: { type: 'string', default: '1' } } });
await install((step) => process.stdout.write(`${step}\n`));
const env = { ...process.env, SOAK_KILLS: values.kills, SOAK_SEED: values.seed, REQUIRE_BACKENDS: '1' };
const { status } = await tool('vitest', 'vitest', ['run', '--project', 'integration', 'test/integration/kill.test.ts'], {
  show: true,
  env,
});
process.exitCode = status;
