import { appendFileSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { describeExample } from '../../support/examples.ts';
import { example } from '../../../examples/checkins/example.mjs';

const RUN = ['meltano', 'run', 'checkins'];

await describeExample('checkins', 3000, ({ open, fails }) => {
  test('when it fails, it says why, the table stays as it was, and the next run goes on', async () => {
    const work = await open(1000);
    const file = join(work.folder, 'data/dailycheckins.csv');
    const delivered = readFileSync(file, 'utf8');
    await work.run(RUN);
    const before = await example.fingerprint(work);

    renameSync(file, `${file}.away`);
    expect(await fails(work, RUN)).toContain('no files at data/dailycheckins.csv');
    renameSync(`${file}.away`, file);

    writeFileSync(file, delivered.slice(0, delivered.indexOf('\n') + 1));
    expect(await fails(work, RUN)).toContain('The check row_count in checkins broke');

    writeFileSync(file, delivered);
    const away = new URL(work.env['TARGET_POSTGRES_URL'] ?? '');
    away.password = 'not-the-secret';
    away.port = '1';
    const unreachable = await fails(work, RUN, { TARGET_POSTGRES_URL: away.href });
    expect(unreachable).toContain('ECONNREFUSED');
    expect(unreachable).not.toContain('not-the-secret');

    rmSync(join(work.folder, 'output'), { recursive: true });
    writeFileSync(join(work.folder, 'output'), '');
    expect(await fails(work, RUN)).toContain('The report of the checks cannot be written: output/quality.json');
    rmSync(join(work.folder, 'output'));
    await work.run(['mkdir', 'output']);
    expect(await example.fingerprint(work)).toBe(before);

    // What the server says when it cannot make its files longer.
    await work.query(`
      CREATE FUNCTION disk_full() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'could not extend file' USING ERRCODE = '53100'; END $$;
      CREATE TRIGGER disk_full BEFORE INSERT ON checkins.checkins FOR EACH STATEMENT EXECUTE FUNCTION disk_full()`);
    appendFileSync(file, 'anna,2018-05-05 10:00:00 UTC,1.5,payroll\n');
    expect(await fails(work, RUN)).toContain('The disk of the server is full');
    await work.query('DROP TRIGGER disk_full ON checkins.checkins');
    await work.run(RUN);
    expect((await example.measure(work)).loaded).toBe(1000);
    expect(await example.verify(work)).toEqual([]);
  });

  test('where a rule changes, rows keep their key and created_at, and modified_at moves; verification sees what is wrong', async () => {
    const work = await open(1000);
    const list = join(work.folder, 'projects.txt');
    const words = readFileSync(list, 'utf8');
    const rows = (): Promise<Record<string, string>[]> =>
      work.query(
        'SELECT checkin_id, project, project_as_typed, created_at::text, modified_at::text FROM checkins.checkins ORDER BY 1',
      );
    writeFileSync(list, 'payroll\n');
    await work.run(RUN);
    const first = await rows();
    writeFileSync(list, words);
    await work.run(RUN);
    const second = await rows();
    const kept = (all: Record<string, string>[]): object[] =>
      all.map(({ checkin_id, created_at }) => ({ checkin_id, created_at }));
    expect(kept(second)).toEqual(kept(first));
    const changed = second.filter(({ modified_at, created_at }) => modified_at !== created_at);
    expect(changed.length).toBeGreaterThan(0);
    expect(changed).toEqual(second.filter(({ project }, index) => project !== first[index]?.['project']));
    // Changed rows are what it looks for.
    expect(await example.verify(work)).toEqual([`${changed.length} rows do not say when they were made, or changed since`]);
    await work.query(
      'UPDATE checkins.checkins SET hours = hours + 1 WHERE checkin_id = (SELECT min(checkin_id) FROM checkins.checkins)',
    );
    expect(await example.verify(work)).toContainEqual(expect.stringMatching(/^rows of the table: 999 are there, 999 should be/));
  });
});
