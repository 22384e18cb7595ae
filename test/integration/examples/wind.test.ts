import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Work } from '../../../scripts/examples/example.mjs';
import { differences, example } from '../../../examples/wind/example.mjs';
import { describeExample } from '../../support/examples.ts';
import { testOnSmallDisk } from '../../support/small-disk.ts';

const RUN = ['meltano', 'run', 'wind'];
/** Starts the source's service, and runs the job that asks it. */
const [, , , , byApi = ''] = example.legs.find(({ name }) => name === 'a-day-again')?.command ?? [];
const SECRET = 'not-the-secret';
const DAYS = { PARTITION_START: '2026-02-20', PARTITION_END: '2026-02-22' };

await describeExample('wind', 2880, ({ open, fails, untold }) => {
  test('a day is replaced by one transaction and the next day stays untouched, also when nothing is left of it', async () => {
    const work = await open();
    await work.run(RUN, DAYS);
    const before = await rowsOf(work, '>=');
    expect(before.length).toBeGreaterThan(1000);

    await work.query(`UPDATE data SET power = power + 1; DELETE FROM data WHERE timestamp = '2026-02-20 23:59'`, 'source');
    expect(await work.run(['node', 'day.mjs', '2026-02-20'])).toMatch(/stream=data .*removed=\d{4} replaced=\d{4}/);
    expect(await rowsOf(work, '>=')).toEqual(before);
    expect(new Set((await rowsOf(work, '<')).map(({ transaction }) => transaction)).size).toBe(1);
    // The second day has not been run again since its rows were changed: that is what verification sees.
    expect(await differences(work)).toEqual([expect.stringContaining('aggregates are wrong')]);
    await work.run(['node', 'day.mjs', '2026-02-21']);
    expect(await differences(work)).toEqual([]);

    const after = await rowsOf(work, '>=');
    await work.query(`DELETE FROM data WHERE timestamp < '2026-02-21'`, 'source');
    expect(await work.run(['node', 'day.mjs', '2026-02-20'])).toMatch(/removed=\d{4} replaced=0/);
    expect(await rowsOf(work, '<')).toEqual([]);
    expect(await rowsOf(work, '>=')).toEqual(after);
  });

  testOnSmallDisk('when it fails, it says what the README promises, and the table stays as it was', async (disk) => {
    const work = await open(300);
    const list = join(work.folder, 'signals.csv');
    const signals = readFileSync(list, 'utf8');
    writeFileSync(list, signals.replace('8,power_std\n', ''));
    const outputs = [await work.run(RUN, DAYS)];
    const [aside] = await work.query('SELECT count(*)::int AS rows FROM wind.data__quarantine');
    expect(aside).toEqual({ rows: 30 });
    writeFileSync(list, signals);
    const before = await example.fingerprint(work);
    await work.query('UPDATE data SET power = power + 1', 'source');

    const inverted = { PARTITION_START: DAYS.PARTITION_END, PARTITION_END: DAYS.PARTITION_START };
    const away = new URL(disk.refused(SECRET));
    away.port = '1';
    const api = ['meltano', 'run', 'wind-by-api'];
    outputs.push(
      await fails(work, RUN, { PARTITION_START: '', PARTITION_END: '' }),
      await fails(work, RUN, inverted),
      await fails(work, ['node', 'day.mjs', '2026-02-30']),
      await fails(work, RUN, { ...DAYS, TAP_POSTGRES_URL: away.href }),
      await fails(work, RUN, { ...DAYS, TAP_POSTGRES_URL: disk.refused(SECRET) }),
      await fails(work, api, DAYS),
      await fails(work, ['bash', '-c', byApi], { ...DAYS, WIND_DATABASE: away.href }),
    );
    expect(readdirSync(join(work.folder, 'data'))).toEqual(['minutes.csv']);
    expect(await example.fingerprint(work)).toBe(before);

    const onDisk = { ...DAYS, TARGET_POSTGRES_URL: disk.url };
    const rows = `SELECT count(*)::int AS rows, md5(string_agg(d::text, ';' ORDER BY d)) AS hash FROM wind.data AS d`;
    await work.run(RUN, onDisk);
    const [loaded] = await disk.query(rows);
    expect(loaded).toMatchObject({ rows: 240 });
    await work.query('UPDATE data SET power = power + 1', 'source');
    await disk.fill();
    outputs.push(await fails(work, RUN, onDisk));
    expect(await disk.query(rows)).toEqual([loaded]);
    await disk.free();
    await work.run(RUN, onDisk);
    expect(await disk.query(rows)).not.toEqual([loaded]);

    expect(untold(outputs)).toEqual([]);
    expect(outputs.join()).not.toContain(SECRET);
    await work.run(RUN, DAYS);
    expect(await differences(work)).toEqual([]);
  });
});

/** The rows before the second day, or from it on, with the transaction that wrote each. */
function rowsOf(work: Work, side: '<' | '>='): Promise<{ transaction: string }[]> {
  return work.query(
    `SELECT timestamp::text, signal_id::text, value::text, xmin::text AS transaction FROM wind.data
     WHERE timestamp ${side} '2026-02-21T00:00:00Z' ORDER BY timestamp, signal_id`,
  );
}
