import { Client } from 'pg';
import { expect, test } from 'vitest';
import { runLab } from '../../check/index.ts';
import { describeWithPostgres } from '../support/postgres.ts';
import { prove } from './prove.ts';
import { tapPostgres } from './subjects/tap-postgres.ts';

describeWithPostgres('tap-postgres', (url) => {
  prove(tapPostgres(url));

  test('[36] no line of discovery reaches 64 KiB, with as many columns as a table can have', async () => {
    const client = new Client({ connectionString: url() });
    await client.connect();
    const columns = Array.from({ length: 1600 }, (_, at) => `column_number_${at} bool`);
    await client.query(`CREATE SCHEMA wide; CREATE TABLE wide.wide (${columns.join(', ')})`);
    await client.end();
    await runLab(tapPostgres(url), async (lab) => {
      const ran = await lab.run({ config: { url: url(), filter_schemas: ['wide'] }, args: ['--discover'] });
      expect(ran.code, ran.stderr).toBe(0);
      const lines = ran.stdout.toString().split('\n');
      expect(lines.filter((line) => line.includes('"properties", "column_number_'))).toHaveLength(1600);
      expect(Math.max(...lines.map((line) => Buffer.byteLength(line)))).toBeLessThan(64 * 1024);
    });
  });
});
