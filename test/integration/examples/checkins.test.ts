import { appendFileSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { kill } from '../../../scripts/examples/course.mjs';
import type { OwnWork } from '../../../scripts/examples/work.mjs';
import { describeExample } from '../../support/examples.ts';
import { testOnSmallDisk } from '../../support/small-disk.ts';
import { example } from '../../../examples/checkins/example.mjs';

const RUN = ['meltano', 'run', 'checkins'];
const SECRET = 'not-the-secret';

await describeExample('checkins', 3000, ({ open, fails, untold }) => {
  testOnSmallDisk(
    'when it fails, it says what the README promises, the table stays as it was, and the next run goes on',
    async (disk) => {
      const work = await open(1000);
      const file = join(work.folder, 'data/dailycheckins.csv');
      const delivered = readFileSync(file, 'utf8');
      const outputs = [await work.run(RUN)];
      const before = await example.fingerprint(work);

      renameSync(file, `${file}.away`);
      outputs.push(await fails(work, RUN));
      renameSync(`${file}.away`, file);

      writeFileSync(file, delivered.slice(0, delivered.indexOf('\n') + 1));
      outputs.push(await fails(work, RUN));

      writeFileSync(file, delivered);
      const away = new URL(disk.refused(SECRET));
      away.port = '1';
      outputs.push(
        await fails(work, RUN, { TARGET_POSTGRES_URL: away.href, TARGET_POSTGRES_MAX_RETRIES: '1' }),
        await fails(work, RUN, { TARGET_POSTGRES_URL: disk.refused(SECRET) }),
      );

      rmSync(join(work.folder, 'output'), { recursive: true });
      writeFileSync(join(work.folder, 'output'), '');
      outputs.push(await fails(work, RUN));
      rmSync(join(work.folder, 'output'));
      await work.run(['mkdir', 'output']);
      expect(await example.fingerprint(work)).toBe(before);

      const onDisk = { TARGET_POSTGRES_URL: disk.url };
      const rows = `SELECT count(*)::int AS rows, md5(string_agg(c::text, ';' ORDER BY checkin_id)) AS hash FROM checkins.checkins AS c`;
      await work.run(RUN, onDisk);
      const [loaded] = await disk.query(rows);
      appendFileSync(file, 'anna,2018-05-05 10:00:00 UTC,1.5,payroll\n');
      await disk.fill();
      outputs.push(await fails(work, RUN, onDisk));
      expect(await disk.query(rows)).toEqual([loaded]);
      await disk.free();
      await work.run(RUN, onDisk);
      expect(await disk.query(rows)).toEqual([expect.objectContaining({ rows: Number(loaded?.['rows']) + 1 })]);

      const [leg] = example.legs;
      if (leg !== undefined) await kill(example, leg, work as OwnWork, 500);
      outputs.push(await fails(work, RUN));
      await work.run(['meltano', 'run', '--force', 'checkins']);
      expect(await example.verify(work)).toEqual([]);

      expect(untold(outputs)).toEqual([]);
      expect(outputs.join()).not.toContain(SECRET);
    },
  );

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
