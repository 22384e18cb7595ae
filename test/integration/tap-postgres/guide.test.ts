import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import type { Client } from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeWithPostgres } from '../../support/postgres.ts';
import { executable, type Finished, root, run } from '../../support/processes.ts';
import { temporaryFolder } from '../../support/tmp.ts';
import { connected } from './drive.ts';

const PAGE = readFileSync(join(root, 'docs/tap-postgres.md'), 'utf8');

/** The first block of a language. */
function block(language: string): string {
  return new RegExp(`\`\`\`${language}\n(.*?)\`\`\``, 's').exec(PAGE)![1]!;
}

describeWithPostgres('docs/tap-postgres.md', (url) => {
  // Roles are the server's: the name on the page would be everybody's.
  const role = `guide_${process.pid}`;
  let client: Client;
  beforeAll(async () => {
    client = await connected(url());
    await client.query(`CREATE TABLE orders (id int PRIMARY KEY, updated_at timestamptz NOT NULL);
      INSERT INTO orders SELECT g, timestamptz '2026-01-31 12:00Z' + (g - 2) * interval '1 s' FROM generate_series(1, 4) g`);
  });
  afterAll(async () => {
    await client.query(`DROP OWNED BY ${role}; DROP ROLE ${role}`);
    await client.end();
  });

  const tap = (files: Readonly<Record<string, unknown>>, ...flags: readonly string[]): Promise<Finished> => {
    const folder = temporaryFolder();
    const user = new URL(url());
    user.username = role;
    user.password = 'secret';
    const args = Object.entries({ config: { url: user.href }, ...files }).flatMap(([name, value]) => {
      writeFileSync(join(folder, `${name}.json`), JSON.stringify(value));
      return [`--${name}`, join(folder, `${name}.json`)];
    });
    return run(executable('tap-postgres'), [...args, ...flags]);
  };

  it('gives a role all that it needs, for tables that come later, too', async () => {
    await client.query(block('sql').replaceAll(/\btap\b/g, role));
    await client.query('CREATE TABLE later (id int); INSERT INTO later VALUES (7)');
    expect(await tap({}, '--check', '--format', 'text')).toMatchObject({ status: 0 });
    const { status, stdout } = await tap({});
    expect([status, stdout.match(/"record":\{[^}]*\}/g)]).toEqual([
      0,
      ['"record":{"id":7}', ...[1, 2, 3, 4].map((id) => expect.stringContaining(`"record":{"id":${id},`) as unknown)],
    ]);
  });

  it('shows a state that begins at a value', async () => {
    const streams = [
      {
        tap_stream_id: 'public-orders',
        metadata: [
          { breadcrumb: [], metadata: { selected: true, 'replication-method': 'INCREMENTAL', 'replication-key': 'updated_at' } },
        ],
      },
    ];
    const { status, stdout } = await tap({ catalog: { streams }, state: JSON.parse(block('json')) as unknown });
    expect([status, stdout.match(/"id":\d/g)]).toEqual([0, ['"id":2', '"id":3', '"id":4']]);
  });
});
