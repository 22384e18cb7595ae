import { join } from 'node:path';
import process from 'node:process';
import { expect, test } from 'vitest';
import { killRows, torture, writeKillFile, type Resume, type Torture } from '../support/kill.ts';
import { describeWithPostgres } from '../support/postgres.ts';
import { random } from '../support/random.ts';
import { temporaryFolder } from '../support/tmp.ts';

/** `npm run soak` raises these. */
const kills = Number(process.env['SOAK_KILLS'] ?? 8);
const seed = Number(process.env['SOAK_SEED'] ?? 1);

const cases: readonly { method: Torture['method']; resume: Resume; promise: string }[] = [
  { method: 'upsert', resume: 'printed', promise: 'an upsert table equals the file' },
  { method: 'append-only', resume: 'printed', promise: 'an append table lacks nothing and repeats at most the last commit' },
  { method: 'append-only', resume: 'database', promise: 'an append table equals the file exactly' },
];

describeWithPostgres('[135] tap or target killed at random moments and resumed', (url) => {
  const folder = temporaryFolder();
  const rows = killRows(20_000, random(seed));
  writeKillFile(join(folder, 'rows.csv'), rows);

  test.each(cases)(
    'from the $resume state: $promise',
    async ({ method, resume, promise }) => {
      const verdict = await torture({ folder, url: url(), rows, method, resume, kills, random: random(seed) });
      const { tap, target } = verdict.kills;
      process.stdout.write(
        `${tap + target} kills (tap ${tap}, target ${target}), ${verdict.loads} loads of ${rows.length} rows, ` +
          `${verdict.repeated} rows repeated, ${verdict.faults.length} faults: ${resume} state, ${method}, ${promise}\n`,
      );
      expect(verdict.faults.join('\n')).toBe('');
    },
    Math.max(120_000, kills * 10_000),
  );
});
