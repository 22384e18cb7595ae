import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import type { Client } from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeWithPostgres } from '../../support/postgres.ts';
import { executable, run } from '../../support/processes.ts';
import { temporaryFolder } from '../../support/tmp.ts';
import { connected, runTap, type TapRun } from './drive.ts';

describeWithPostgres('tap-postgres, the rights of its role', (url) => {
  const role = `Reads "${process.pid}"`;
  const quoted = `"Reads ""${process.pid}"""`;
  const folder = temporaryFolder();
  let client: Client;
  beforeAll(async () => {
    client = await connected(url());
    await client.query(`CREATE TABLE open (id int PRIMARY KEY, secret text); INSERT INTO open VALUES (1, 's');
      CREATE TABLE "The ""closed""" (id int PRIMARY KEY); CREATE VIEW closed_view AS SELECT * FROM open;
      CREATE SCHEMA "a b"; CREATE TABLE "a b".t (id int); CREATE TABLE "a b".readable (id int);
      CREATE TABLE owned (id int PRIMARY KEY, who text); INSERT INTO owned VALUES (1, 'me'), (2, 'other');
      ALTER TABLE owned ENABLE ROW LEVEL SECURITY; CREATE POLICY mine ON owned FOR SELECT USING (who = 'me');
      CREATE ROLE ${quoted}; GRANT SELECT (id) ON open TO ${quoted}; GRANT SELECT ON owned, "a b".readable TO ${quoted}`);
  });
  afterAll(async () => {
    await client.query(`DROP OWNED BY ${quoted}; DROP ROLE ${quoted}`);
    await client.end();
  });
  const sync = (...streams: string[]): Promise<TapRun> =>
    runTap(url(), Object.fromEntries(streams.map((id) => [id, {}])), { config: { role } });

  it('what may not be read is told of all streams at once, before the first is read, with the GRANTs that are missing', async () => {
    const streams = ['a b-readable', 'a b-t', 'public-The "closed"', 'public-closed_view', 'public-open'];
    const read = await sync(...streams);
    expect(read.messages).toEqual([]);
    const grants = [
      `GRANT USAGE ON SCHEMA "a b" TO ${quoted}`,
      `GRANT SELECT ON "a b"."t", "public"."The ""closed""", "public"."closed_view" TO ${quoted}`,
    ];
    expect(read.error).toMatchObject({
      code: 'permission-denied',
      exitCode: 1,
      message: `The role ${role} may not read "a b"."readable", "a b"."t", "public"."The ""closed""", "public"."closed_view"`,
      facts: { streams: streams.slice(0, -1), grants },
      hint: expect.stringContaining(grants.join('; ')) as unknown,
    });
    await client.query(grants.join('; '));
    const granted = await sync(...streams);
    await client.query(
      `REVOKE USAGE ON SCHEMA "a b" FROM ${quoted}; REVOKE SELECT ON "public"."The ""closed""", closed_view, "a b".t FROM ${quoted}`,
    );
    expect(granted.error).toBeUndefined();
    expect(granted.records).toEqual([{ id: 1, secret: 's' }, { id: 1 }]);
  });

  it('what may not be read is not chosen where nobody chooses', async () => {
    const read = await runTap(url(), undefined, { config: { role } });
    expect(read.error).toBeUndefined();
    expect(read.messages.flatMap(({ type, stream }) => (type === 'SCHEMA' ? [stream] : []))).toEqual([
      'public-open',
      'public-owned',
    ]);
  });

  it('rows that policies hide are told, for each stream', async () => {
    const read = await sync('public-owned', 'public-open');
    expect(read.error).toBeUndefined();
    expect(read.records).toEqual([{ id: 1, who: 'me' }, { id: 1 }]);
    expect(read.log.lines.filter(({ level }) => level === 'warn')).toEqual([
      expect.objectContaining({
        message: expect.stringContaining('Row security') as unknown,
        fields: { stream: 'public-owned', role, remedy: expect.stringContaining(`ALTER ROLE ${quoted} BYPASSRLS`) as unknown },
      }),
    ]);
  });

  it('--check says the same of each stream', async () => {
    const write = (name: string, value: object): string => {
      const path = join(folder, name);
      writeFileSync(path, JSON.stringify(value));
      return path;
    };
    const streams = ['public-owned', 'public-closed_view'].map((id) => ({
      tap_stream_id: id,
      metadata: [{ breadcrumb: [], metadata: { selected: true } }],
    }));
    const config = ['--config', write('config.json', { url: url(), role }), '--catalog', write('catalog.json', { streams })];
    const { status, stdout } = await run(executable('tap-postgres'), ['--check', ...config, '--format', 'json']);
    const { checks } = JSON.parse(stdout) as { checks: { ok: boolean; detail: string; hint?: string }[] };
    expect([status, checks.slice(-2)]).toMatchObject([
      1,
      [
        { ok: true, hint: expect.stringMatching(/^Row security .* BYPASSRLS/) as unknown },
        {
          ok: false,
          detail: expect.stringContaining('permission-denied') as unknown,
          hint: expect.stringContaining('GRANT SELECT ON') as unknown,
        },
      ],
    ]);
  });
});
