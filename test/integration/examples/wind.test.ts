import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Work } from '../../../scripts/examples/example.mjs';
import { differences, example } from '../../../examples/wind/example.mjs';
import { describeExample } from '../../support/examples.ts';

const RUN = ['meltano', 'run', 'wind'];
const DAYS = { PARTITION_START: '2026-02-20', PARTITION_END: '2026-02-22' };

await describeExample('wind', 2880, ({ open, fails }) => {
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

  test('when it fails, it says why, and the table stays as it was', async () => {
    const work = await open(300);
    const list = join(work.folder, 'signals.csv');
    const signals = readFileSync(list, 'utf8');
    writeFileSync(list, signals.replace('8,power_std\n', ''));
    await work.run(RUN, DAYS);
    const [aside] = await work.query('SELECT count(*)::int AS rows FROM wind.data__quarantine');
    expect(aside).toEqual({ rows: 30 });
    writeFileSync(list, signals);
    const before = await example.fingerprint(work);
    await work.query('UPDATE data SET power = power + 1', 'source');

    expect(await fails(work, RUN, { PARTITION_START: '', PARTITION_END: '' })).toContain('replace_range.from: is required');
    const inverted = { PARTITION_START: DAYS.PARTITION_END, PARTITION_END: DAYS.PARTITION_START };
    expect(await fails(work, RUN, inverted)).toContain('is inverted or empty');
    expect(await fails(work, ['node', 'day.mjs', '2026-02-30'])).toContain('2026-02-30 is no day');

    const away = new URL(work.env['TAP_POSTGRES_URL'] ?? '');
    away.password = 'not-the-secret';
    away.port = '1';
    const unreachable = await fails(work, RUN, { ...DAYS, TAP_POSTGRES_URL: away.href });
    expect(unreachable).toContain('ECONNREFUSED');
    expect(unreachable).not.toContain('not-the-secret');

    // What the server says when it cannot make its files longer.
    await work.query(`
      CREATE FUNCTION disk_full() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'could not extend file' USING ERRCODE = '53100'; END $$;
      CREATE TRIGGER disk_full BEFORE INSERT ON wind.data FOR EACH STATEMENT EXECUTE FUNCTION disk_full()`);
    expect(await fails(work, RUN, DAYS)).toContain('The disk of the server is full');
    await work.query('DROP TRIGGER disk_full ON wind.data');
    expect(await example.fingerprint(work)).toBe(before);
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
