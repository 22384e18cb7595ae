import { readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { example } from '../../../examples/lake/example.mjs';
import { describeExample } from '../../support/examples.ts';
import { testOnSmallDisk } from '../../support/small-disk.ts';

const SECRET = 'not-the-secret';
const INCREMENTAL = ['meltano', 'run', 'incremental'];
const VERIFY = ['meltano', 'invoke', 'target-lake-changes', 'verify'];

await describeExample('lake', 2000, ({ fails, open, untold }) => {
  testOnSmallDisk(
    'when it fails, it says what the README promises, what was loaded stays, and the next run goes on',
    async (disk) => {
      const work = await open(400);
      const away = new URL(disk.refused(SECRET));
      away.port = '1';
      const outputs = [
        await fails(work, INCREMENTAL, { TAP_POSTGRES_URL: away.href }),
        await fails(work, INCREMENTAL, { TAP_POSTGRES_URL: disk.refused(SECRET) }),
      ];

      writeFileSync(join(work.folder, 'output/lake'), '');
      outputs.push(await fails(work, INCREMENTAL));
      await work.run(['rm', 'output/lake']);

      await work.run(INCREMENTAL);
      const changes = join(work.folder, 'output/lake/changes');
      const day = join('users', readdirSync(join(changes, 'users'))[0] ?? '');
      const name = readdirSync(join(changes, day)).find((each) => each.endsWith('.gz')) ?? '';
      const file = join(changes, day, name);
      const whole = readFileSync(file);
      writeFileSync(file, whole.subarray(0, whole.length - 9));
      const changed = await fails(work, VERIFY);
      expect(changed).toContain(`1 changed (${join(day, name)})`);
      outputs.push(changed, await fails(work, ['meltano', 'run', '--full-refresh', 'history']));
      renameSync(file, `${file}.broken`);
      expect(await fails(work, VERIFY)).toContain('1 missing');
      renameSync(`${file}.broken`, file);
      writeFileSync(file, whole);
      await work.run(VERIFY);

      const latest = ['meltano', 'run', 'latest'];
      const onDisk = { TARGET_POSTGRES_URL: disk.url };
      const first = 'SELECT full_name FROM latest.users WHERE id = 1';
      await work.run([...latest, '--full-refresh'], onDisk);
      const [before] = await disk.query(first);
      await work.query("UPDATE users SET full_name = 'After the fault', updated_at = now() WHERE id = 1", 'source');
      await work.run(['meltano', 'run', 'changes']);
      await disk.fill();
      outputs.push(await fails(work, latest, onDisk));
      expect(await disk.query(first)).toEqual([before]);
      await disk.free();
      await work.run(latest, onDisk);
      expect(await disk.query(first)).toEqual([{ full_name: 'After the fault' }]);

      expect(untold(outputs)).toEqual([]);
      expect(outputs.join()).not.toContain(SECRET);
    },
  );

  test('a column that is new in the source comes through the lake; the comparison with the source sees what is wrong', async () => {
    const work = await open(400);
    await work.run(INCREMENTAL);
    await work.query(
      'ALTER TABLE users ADD COLUMN vip boolean; UPDATE users SET vip = true, updated_at = now() WHERE id = 5',
      'source',
    );
    await work.run(INCREMENTAL);
    expect(await work.query('SELECT id::int, vip FROM latest.users WHERE vip IS NOT NULL')).toEqual([{ id: 5, vip: true }]);
    await work.run(['meltano', 'run', 'full']);
    // Only the nine rows that another transaction would have committed late are missing here.
    expect(await example.verify(work)).toEqual(['Of the 9 users that were committed late 0 are there']);
    await work.query(
      'UPDATE latest.transactions SET amount = amount + 0.000001 WHERE id = 7; DELETE FROM staging.users WHERE id = 8',
    );
    const problems = (await example.verify(work)).join('\n');
    expect(problems).toMatch(/^latest\.transactions 7: .* and should be/m);
    expect(problems).toMatch(/^staging\.users 8: is missing/m);
  });
});
