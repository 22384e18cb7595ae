import { readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { example } from '../../../examples/lake/example.mjs';
import { describeExample } from '../../support/examples.ts';

const INCREMENTAL = ['meltano', 'run', 'incremental'];
const VERIFY = ['meltano', 'invoke', 'target-lake-changes', 'verify'];

await describeExample('lake', 2000, ({ fails, open }) => {
  test('when it fails, it says why, what was loaded stays, and the next run goes on', async () => {
    const work = await open(400);
    const away = new URL(work.env['TAP_POSTGRES_URL'] ?? '');
    away.password = 'not-the-secret';
    away.port = '1';
    const unreachable = await fails(work, INCREMENTAL, { TAP_POSTGRES_URL: away.href });
    expect(unreachable).toContain('No Postgres server answers: connect ECONNREFUSED');
    expect(unreachable).not.toContain('not-the-secret');

    writeFileSync(join(work.folder, 'output/lake'), '');
    expect(await fails(work, INCREMENTAL)).toContain('The destination is not what it should be');
    await work.run(['rm', 'output/lake']);

    await work.run(INCREMENTAL);
    const changes = join(work.folder, 'output/lake/changes');
    const day = join('users', readdirSync(join(changes, 'users'))[0] ?? '');
    const name = readdirSync(join(changes, day)).find((each) => each.endsWith('.gz')) ?? '';
    const file = join(changes, day, name);
    const whole = readFileSync(file);
    writeFileSync(file, whole.subarray(0, whole.length - 9));
    expect(await fails(work, VERIFY)).toContain(`1 changed (${join(day, name)})`);
    expect(await fails(work, ['meltano', 'run', '--full-refresh', 'history'])).toContain('the gzip data end too early');
    renameSync(file, `${file}.broken`);
    expect(await fails(work, VERIFY)).toContain('1 missing');
    renameSync(`${file}.broken`, file);
    writeFileSync(file, whole);
    await work.run(VERIFY);

    // What the server says when it cannot make its files longer.
    await work.query(`
      CREATE FUNCTION disk_full() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'could not extend file' USING ERRCODE = '53100'; END $$;
      CREATE TRIGGER disk_full BEFORE INSERT OR UPDATE ON latest.users FOR EACH STATEMENT EXECUTE FUNCTION disk_full()`);
    await work.query("UPDATE users SET full_name = 'After the fault', updated_at = now() WHERE id = 1", 'source');
    expect(await fails(work, INCREMENTAL)).toContain('The disk of the server is full');
    await work.query('DROP TRIGGER disk_full ON latest.users');
    await work.run(INCREMENTAL);
    expect(await work.query('SELECT full_name FROM latest.users WHERE id = 1')).toEqual([{ full_name: 'After the fault' }]);
  });

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
