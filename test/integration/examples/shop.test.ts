import { readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { example } from '../../../examples/shop/example.mjs';
import { files } from '../../../examples/shop/generate.mjs';
import { describeExample } from '../../support/examples.ts';
import { testOnSmallDisk } from '../../support/small-disk.ts';

const SECRET = 'not-the-secret';
const REQUESTS = ['meltano', 'run', 'tap-erasures', 'take-requests', 'target-postgres'];
const CUSTOMERS = ['meltano', 'run', 'tap-customers', 'clean-customers', 'target-customers'];

await describeExample('shop', 1500, ({ fails, open, untold }) => {
  testOnSmallDisk(
    'when it fails, it says what the README promises, what was loaded stays, and the next run goes on',
    async (disk) => {
      const work = await open(600);
      const file = join(work.folder, 'data/date=2026-03-28/hour=7/customers.json.gz');
      const delivered = readFileSync(file);
      const away = new URL(disk.refused(SECRET));
      away.port = '1';
      const outputs = [
        await fails(work, CUSTOMERS, { PII_KEY: '' }),
        await fails(work, CUSTOMERS, { TARGET_POSTGRES_URL: away.href, TARGET_POSTGRES_MAX_RETRIES: '1' }),
        await fails(work, CUSTOMERS, { TARGET_POSTGRES_URL: disk.refused(SECRET) }),
      ];

      renameSync(join(work.folder, 'data'), join(work.folder, 'away'));
      outputs.push(await fails(work, CUSTOMERS));
      renameSync(join(work.folder, 'away'), join(work.folder, 'data'));

      writeFileSync(file, delivered.subarray(0, delivered.length - 12));
      outputs.push(await fails(work, CUSTOMERS));

      const nameless = Array.from({ length: 300 }, (_, n) => `${JSON.stringify({ id: String(5000 + n), first_name: null })}\n`);
      writeFileSync(file, gzipSync(nameless.join('')));
      outputs.push(await fails(work, CUSTOMERS));
      writeFileSync(file, delivered);

      const rejects = join(work.folder, 'output/rejects/customers.jsonl');
      rmSync(rejects, { force: true });
      symlinkSync('/dev/full', rejects);
      outputs.push(await fails(work, CUSTOMERS));
      rmSync(rejects);

      await disk.fill();
      outputs.push(await fails(work, CUSTOMERS, { TARGET_POSTGRES_URL: disk.url }));
      await disk.free();

      const [, second] = example.legs;
      await work.run(CUSTOMERS);
      expect(await work.query('SELECT count(*)::int AS rows FROM data.customers')).not.toEqual([{ rows: 0 }]);
      await second?.before?.(work);
      await work.run(REQUESTS);
      outputs.push(await fails(work, CUSTOMERS, { LEDGER_KEY: `${work.env['LEDGER_KEY']}01` }));

      writeFileSync(join(work.folder, 'data/date=2026-03-28/hour=0/erasure-requests.json.gz'), gzipSync('{"customer-id": "10'));
      outputs.push(await fails(work, REQUESTS));
      expect(outputs.at(-1)).toContain('hour=0/erasure-requests.json.gz');

      expect(untold(outputs)).toEqual([]);
      expect(outputs.join()).not.toContain(SECRET);
    },
  );

  test('the comparison with what the files say sees what is wrong', async () => {
    const work = await open(300);
    for (const { before, command } of example.legs) {
      await before?.(work);
      await work.run(command);
    }
    expect(await example.verify(work)).toEqual([]);
    await work.query(`
      UPDATE data.products SET price = price + 0.01 WHERE sku = 10000;
      DELETE FROM data.purchases WHERE ctid = (SELECT min(ctid) FROM data.purchases);
      UPDATE data.customers SET email = 'maria.ashdown0@example.com' WHERE ctid = (SELECT min(ctid) FROM data.customers WHERE email LIKE '%erased.invalid')`);
    const problems = (await example.verify(work)).join('\n');
    expect(problems).toContain('product 10000');
    expect(problems).toMatch(/^purchase .* is missing/m);
    expect(problems).toMatch(/^customer .* is not erased/m);
  });

  test('the same seed makes the same lines, another one others', () => {
    const [one, two, other] = [1, 1, 2].map((seed) => JSON.stringify([...files({ rows: 100, seed })]));
    expect(two).toBe(one);
    expect(other).not.toBe(one);
  });
});
