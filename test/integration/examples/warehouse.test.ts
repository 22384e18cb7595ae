import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { example } from '../../../examples/warehouse/example.mjs';
import { TABLE } from '../../../examples/warehouse/generate.mjs';
import { describeExample } from '../../support/examples.ts';
import { root } from '../../support/processes.ts';

const SALES = 2000;
/** What the README promises of a lease that nobody can read. */
const OF_LEASES = ['quarantined=1', 'FAIL 1 not_null_prices_remaining_lease_months'];

await describeExample('warehouse', SALES, ({ open, fails, untold }) => {
  test('when it fails, it says what the README promises, and the next run goes on', async () => {
    const work = await open();
    const lines = (name: string): string[] =>
      readFileSync(join(work.folder, 'output', name), 'utf8')
        .trimEnd()
        .split('\n');
    const away = new URL(work.env['TAP_POSTGRES_URL'] ?? '');
    away.port = '1';
    const keys = join(work.folder, 'nowhere.json');
    const noKeys = { TARGET_BIGQUERY_API_ENDPOINT: 'https://bigquery.googleapis.com', TARGET_BIGQUERY_CREDENTIALS_PATH: keys };
    const outputs = [
      await fails(work, ['meltano', 'run', 'releases-files'], { TAP_GITHUB_AUTH_TOKEN: 'ghp_notTheToken' }),
      await fails(work, ['meltano', 'run', 'resale-files'], { TAP_POSTGRES_URL: away.href }),
      await fails(work, ['meltano', 'run', 'releases-bigquery'], noKeys),
    ];

    // To a program a limit of its files is what a full disk is.
    const full = join(work.folder, 'full');
    mkdirSync(full);
    for (const target of ['target-jsonl', 'target-bigquery'])
      writeFileSync(join(full, target), `#!/bin/bash\nulimit -f 16\nexec '${join(root, 'bin', target)}' "$@"\n`, { mode: 0o755 });
    for (const job of ['releases-files', 'releases-bigquery'])
      outputs.push(await fails(work, ['meltano', 'run', job], { PATH: `${full}:${work.env['PATH']}` }));
    expect(untold(outputs)).toEqual(OF_LEASES);
    expect(outputs.join()).not.toContain('ghp_notTheToken');

    await work.run(['meltano', 'run', 'releases-files', 'resale-files', 'releases-bigquery', 'resale-bigquery']);
    expect(await example.measure(work)).toMatchObject({ in: SALES + 160, loaded: SALES + 160 });
    expect(lines('releases.jsonl')).toHaveLength(160);
    expect(lines('resale_flat_prices.jsonl')).toHaveLength(SALES);
  });

  test('Dagster and Meltano know when their jobs run, without being told to begin', async () => {
    const work = await open(10);
    const told = await work.run(['dagster', 'schedule', 'list', '-f', 'orchestrate/definitions.py']);
    expect(told).toMatch(/every_morning \[RUNNING\]\s+Cron Schedule: 0 6 \* \* \*/);
    expect(await work.run(['meltano', 'schedule', 'list', '--format=json'])).toMatch(/"cron_interval": "45 5 \* \* \*"/);
  });

  test('a lease that nobody can read is put aside on the way to files, and dbt finds it in the warehouse', async () => {
    const work = await open();
    await work.query(`UPDATE public.${TABLE} SET remaining_lease = 'TBA' WHERE id = 7`, 'source');
    const aloud = await work.run(['meltano', 'run', 'resale-files']);
    const read = (name: string): string[] =>
      readFileSync(join(work.folder, 'output', name), 'utf8')
        .trimEnd()
        .split('\n');
    expect(read('resale_flat_prices.jsonl')).toHaveLength(SALES - 1);
    const aside = read('resale_flat_prices__quarantine.jsonl').map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(aside).toEqual([
      expect.objectContaining({
        _q_field: 'remaining_lease',
        record: expect.stringContaining('"remaining_lease":"TBA"') as string,
      }),
    ]);
    const morning = 'dagster job execute -f orchestrate/definitions.py -j daily > said.log 2>&1';
    await fails(work, ['bash', '-c', morning]);
    const said = readFileSync(join(work.folder, 'said.log'), 'utf8');
    for (const promise of OF_LEASES) expect(untold([aloud, said])).not.toContain(promise);
    expect(said).toContain('Dependencies for step release_types_chart failed');
    expect(existsSync(join(work.folder, 'output', 'release_types.png'))).toBe(false);

    // Corrected in the source: that row alone comes again.
    await work.query(`UPDATE public.${TABLE} SET remaining_lease = '61 years', updated_at = now() WHERE id = 7`, 'source');
    await work.run(['meltano', 'run', 'resale-warehouse', 'resale-files']);
    expect(read('resale_flat_prices.jsonl')).toHaveLength(SALES);
    expect(JSON.parse(read('resale_flat_prices.jsonl').at(-1) ?? '')).toMatchObject({ id: 7, remaining_lease_months: 732 });
    expect(await work.query(`SELECT remaining_lease FROM ingestion.${TABLE} WHERE id = 7`)).toEqual([
      { remaining_lease: '61 years' },
    ]);
  });
});
