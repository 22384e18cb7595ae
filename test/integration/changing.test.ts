import process from 'node:process';
import { expect, test } from 'vitest';
import { trial } from '../support/changing.ts';
import { describeWithPostgres } from '../support/postgres.ts';
import { random } from '../support/random.ts';
import { temporaryFolder } from '../support/tmp.ts';

/** `npm run soak` raises these. */
const kills = Number(process.env['SOAK_KILLS'] ?? 8);
const seed = Number(process.env['SOAK_SEED'] ?? 1);

describeWithPostgres('[135] three streams whose schemas change on the way, killed at random moments', (url) => {
  const folder = temporaryFolder();

  test(
    'resumed from the state in the database, the tables equal what was sent: nothing lost, nothing doubled, no state ahead',
    async () => {
      const records = 12_000;
      const outcome = await trial({ folder, url: url(), seed, records, kills, random: random(seed) });
      const { tap, target } = outcome.kills;
      process.stdout.write(
        `${tap + target} kills (tap ${tap}, target ${target}), ${outcome.loads} loads of ${records} records in three streams, ` +
          `${outcome.faults.length} faults\n`,
      );
      expect(outcome.faults.join('\n')).toBe('');
    },
    Math.max(120_000, kills * 10_000),
  );
});
