import { existsSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { pathToFileURL } from 'node:url';
import { Client } from 'pg';
import { describe, expect, test } from 'vitest';
import { describeWithPostgres } from '../support/postgres.ts';
import { gone, root, start } from '../support/processes.ts';

describeWithPostgres('the run’s server', (url) => {
  test('gives each test file an empty UTF-8 database of its own', async () => {
    const client = new Client({ connectionString: url() });
    await client.connect();
    const { rows } = await client.query(
      "select current_setting('server_encoding') as encoding, (select count(*) from pg_tables where schemaname = 'public') as tables",
    );
    await client.end();
    expect(rows).toEqual([{ encoding: 'UTF8', tables: '0' }]);
  });
});

describeWithPostgres('a server of one’s own', () => {
  const launcher = pathToFileURL(join(root, 'scripts/postgres.mjs')).href;
  const program = `
    const { startPostgres } = await import(${JSON.stringify(launcher)});
    const server = await startPostgres();
    process.stdout.write('pid ' + server.pid + ' url ' + server.url + '\\n');
    setInterval(() => undefined, 1000);`;

  test.each(['SIGKILL', 'SIGINT', 'SIGTERM'] as const)('ends, data and all, when its starter is ended by %s', async (signal) => {
    const starter = start(process.execPath, ['--input-type=module', '-e', program], { env: { DATABASE_URL: '' } });
    const [, pid, url] = /pid (\d+) url (\S+)/.exec(await starter.seen(/pid \d+ url \S+\n/)) ?? [];
    const client = new Client({ connectionString: url });
    client.on('error', () => undefined); // It loses its server on purpose.
    await client.connect();
    const { rows } = await client.query<{ folder: string }>("select current_setting('data_directory') as folder");
    starter.child.kill(signal);
    await gone(Number(pid));
    await expect(new Client({ connectionString: url }).connect()).rejects.toThrow(/ECONNREFUSED/);
    expect(existsSync(rows[0]?.folder ?? '/')).toBe(false);
    await client.end().catch(() => undefined);
  });
});

describe('DATABASE_URL', () => {
  test('is used instead of starting a server', async () => {
    const program = `
      const { startPostgres } = await import(${JSON.stringify(pathToFileURL(join(root, 'scripts/postgres.mjs')).href)});
      const { url, owned, port } = await startPostgres();
      process.stdout.write(JSON.stringify({ url, owned, port }));`;
    const given = 'postgresql://someone@192.0.2.1:6000/theirs';
    const { stdout } = await start(process.execPath, ['--input-type=module', '-e', program], { env: { DATABASE_URL: given } })
      .finished;
    expect(JSON.parse(stdout)).toEqual({ url: given, owned: false, port: 6000 });
  });
});
